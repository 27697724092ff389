"""Ids of projects and firms by name, and headings an office knows, worked out by hand."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.layouts.column_matches import is_synonym
from risk.intake.layouts.errors import SynonymsInvalid
from risk.intake.layouts.names import (
    Namer,
    _projects,
    _unique,
    known_names,
    new_firms,
    single_county,
)
from risk.intake.layouts.vocabulary import (
    _data,
    fits_actual,
    heading_key,
    is_planned,
    made_from,
    term_synonyms,
    vocabulary,
    yes_no_synonyms,
)
from risk.intake.name_ids import name_id

CODE, OTHER = "91510800MA62TEST1X", "91510800MA62TEST2X"


def test_a_name_has_the_id_that_is_known_or_one_made_once():
    namer = Namer({"甲工程": "X1"}, {"乙公司": CODE})
    assert (namer.project("甲 工程", "510822"), namer.firm("乙公司", "510822")) == ("X1", CODE)
    assert (namer.made_projects, namer.made_firms) == ({}, {})
    made = name_id("丙 工程", "510822")
    assert [namer.project(name, "510822") for name in ("丙  工程", "丙工程")] == [made, made]
    assert namer.made_projects == {made: "丙 工程"}
    assert namer.firm("丁公司", "") == name_id("丁公司", "")
    assert namer.made_firms == {name_id("丁公司", ""): "丁公司"}


def test_a_name_of_several_projects_or_firms_is_none_of_them():
    made = name_id("甲", "510822")
    assert _projects([("甲", "X1", "510822"), ("甲", made, "510822"), ("", "X2", "5")]) == {
        "甲": "X1"
    }
    assert _projects([("甲", "X1", "510822"), ("甲", made, "510823")]) == {}
    assert _unique([("甲", "X1"), ("甲 ", "X1"), ("乙", "X1"), ("乙", "X2"), (None, "X3")]) == {
        "甲": "X1"
    }


def test_names_of_the_store_and_of_the_register_are_known(store, world):
    made = name_id("乙公司", "")
    for row in ((CODE, "甲公司"), (made, "乙公司"), (OTHER, "乙公司"), (name_id("丙", ""), "丙")):
        world.add("organizations", org_id=row[0], org_name=row[1])
    world.project(project_id="X1", project_name="甲工程", region_code="510822100")
    world.project(project_id="X2", project_name="乙工程", region_code="510822200")
    world.project(project_id=made, project_name="乙工程", region_code="510822100")
    world.project(project_id="X3", project_name="丙工程", withdrawn=True)
    namer = known_names(store, register=lambda: {"91510800MA62TEST3X": "丁公司"})
    codes = {"x1": "X1", "x2": "X2"}  # a code may be written where names are
    assert dict(namer.projects) == {"甲工程": "X1", "乙工程": "X2", **codes}
    assert dict(namer.firms) == {
        "甲公司": CODE,
        "乙公司": OTHER,  # a code rather than an id made from the name
        "丙": name_id("丙", ""),
        "丁公司": "91510800MA62TEST3X",
        **{code.lower(): code for code in (CODE, OTHER, "91510800MA62TEST3X")},
    }
    namer.firm("戊公司", "")
    namer.firm("乙公司", "")
    namer.made_firms[made] = "乙公司"  # stored already
    sheet = new_firms(store, namer)
    assert sheet.firms == ((name_id("戊公司", ""), "戊公司"),)
    assert (sheet.rows_count, list(sheet.rows())) == (
        1,
        [(1, ["统一社会信用代码", "单位名称"]), (2, [name_id("戊公司", ""), "戊公司"])],
    )
    assert (sheet.strict_width, sheet.hidden) == (False, False)
    assert new_firms(store, Namer()).firms == ()


def test_an_office_has_one_county_where_all_projects_are_in_it(store, world):
    assert single_county(store) == ""
    world.project(project_id="X1", region_code="510822")
    world.project(project_id="X2", region_code="510822100")
    world.project(project_id="X3", region_code="5108")
    assert single_county(store) == "510822"
    world.project(project_id="X4", region_code="510823")
    assert single_county(store) == ""


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("* 合同价 （万元）", "合同价"),
        ("合同金额/万元", "合同金额"),
        ("人数(人)【实名】", "人数"),
        ("金额((万元)含税)", "金额"),
        ("元", "元"),
        (None, ""),
        ("甲" * 61, "甲" * 60),
    ],
)
def test_headings_are_compared_without_brackets_and_units(heading, key):
    assert heading_key(heading) == key


def test_a_heading_is_known_with_its_group_and_alone():
    words, projects = vocabulary(), TABLES["projects"]

    def known(heading, table=projects):
        found = words.target(table, heading)
        return found and (found[0].slot, found[1])

    assert known("合同金额") == ("contract_amount", 1.0)
    assert known("contract_amount") == ("contract_amount", 1.0)
    assert known("合同价(万元)") == ("contract_amount", 0.97)
    assert known("合同/金额") == ("contract_amount", 1.0)
    assert known("金额/合同") == ("contract_amount", 1.0)
    assert known("其他/合同价") == ("contract_amount", 0.97)
    assert known("合同价/") == known("甲") is None
    assert known("乡镇(街道)") == ("region_code", 0.97)
    assert known("入库日期") == ("known_at", 1.0)
    assert known("施工单位") == ("contractor_id by name", 0.97)
    assert known("开工日期(计划)") is None
    assert words.choices(projects, "竣工日期(年月日)") == ("planned_end_on", "completed_on")
    assert words.choices(TABLES["payments"], "竣工日期") == ()


def test_columns_of_persons_are_of_no_field():
    headings = _data("headings.toml")["never"]["headings"]
    assert len(headings) > 60
    assert [one for one in headings if not vocabulary().is_never(one)] == []
    assert [vocabulary().is_never(one) for one in ("姓名", "联系人(电话)", "工程名称")] == [
        *(True, True, False),
    ]


def test_the_words_of_an_office_come_before_the_shipped_ones(tmp_path):
    own = tmp_path / "synonyms.toml"
    assert vocabulary(own) is vocabulary()
    own.write_text(
        '[fields.projects]\nstarted_on = ["动工"]\nproject_id = ["工程名称"]\n'
        '[names.projects]\nowner_id = { x = ["东家"] }\n',
        encoding="utf-8",
    )
    words = vocabulary(own)
    found = [
        words.target(TABLES["projects"], one) for one in ("动工", "工程名称", "东家", "开工日期")
    ]
    assert [(one[0].slot, one[1]) for one in found] == [
        ("started_on", 1.0),
        ("project_id", 1.0),
        ("owner_id by name", 1.0),
        ("started_on", 1.0),
    ]
    assert words.target(TABLES["cases"], "动工") is None


@pytest.mark.parametrize(
    ("content", "at", "found"),
    [
        ('[fields.projects]\nstarted_on = ["动工"', "-", "array"),
        ('[fields.projects]\nstart = ["动工"]', "fields.projects.start", "start"),
        ('[fields.project]\nstarted_on = ["动工"]', "fields.project", "project"),
        ('[field.projects]\nstarted_on = ["动工"]', "field", "field"),
        ('[names.projects]\nowner_id = "东家"', "names.projects.owner_id", "东家"),
        ("[fields.projects]\nstarted_on = [1]", "fields.projects.started_on", "[1]"),
        (
            '[fields.projects]\nstarted_on = { x = ["动工"], y = 1 }',
            "fields.projects.started_on",
            "1",
        ),
        ("[fields]\nprojects = 1", "fields.projects", "1"),
        (f'fields = "{"x" * 201}"', "fields", "x" * 200),
    ],
)
def test_a_fault_in_the_words_of_an_office_is_named_with_its_place(tmp_path, content, at, found):
    own = tmp_path / "synonyms.toml"
    own.write_text(content, encoding="utf-8")
    with pytest.raises(SynonymsInvalid) as failure:
        vocabulary(own)
    assert (failure.value.fields["file"], failure.value.fields["at"]) == ("synonyms.toml", at)
    assert found in failure.value.fields["found"]
    assert len(failure.value.fields["found"]) <= 200


def test_words_that_cannot_be_read_are_a_fault_of_their_file(tmp_path):
    # Root may read every file: a folder is in its place.
    own = tmp_path / "synonyms.toml"
    own.mkdir()
    with pytest.raises(SynonymsInvalid) as failure:
        vocabulary(own)
    assert failure.value.fields == {
        "file": "synonyms.toml",
        "at": "-",
        "found": "Is a directory",
        "allowed": "TOML",
    }


def test_a_planned_date_is_no_actual_one():
    fields = [
        TABLES["projects"].field(name) for name in ("started_on", "planned_end_on", "funding")
    ]
    assert [is_planned(one) for one in ("计划开工", "开工(计划)", "开工")] == [True, True, False]
    assert [fits_actual(one, "计划开工日期") for one in fields] == [False, True, True]
    assert [fits_actual(one, "开工日期") for one in fields] == [True, True, True]


@pytest.mark.parametrize(
    ("field", "yes", "no"),
    [
        ("payment_guarantee", ("已提供", "已办理", "银行保函"), ("未提供", "未办理", "无担保")),
        ("advance_funded", ("垫资", "有垫资"), ("不垫资", "未垫资", "无垫资")),
        ("notice_board", ("设立", "已公示", "已落实"), ("未公示", "未落实")),
    ],
)
def test_some_answers_are_those_of_one_question(field, yes, no):
    answers = yes_no_synonyms(field)
    assert [answers[one] for one in yes] == [True] * len(yes)
    assert [answers[one] for one in no] == [False] * len(no)
    assert (answers["√"], answers["×"]) == (True, False)
    assert not {*yes, *no} & set(yes_no_synonyms())
    column, known = TABLES["projects"].field(field), TABLES["contracts"].field("written")
    assert all(is_synonym(column, one) for one in (*yes, *no))
    assert not any(is_synonym(known, one) for one in (*yes, *no))


def test_terms_and_answers_by_usual_spelling():
    assert term_synonyms("projects", "sector")["房屋建筑"] == "building"
    assert term_synonyms("projects", "x") == {}
    answers = yes_no_synonyms()
    assert (answers["√"], answers["yes"], answers["×"], answers["no"]) == (True, True, False, False)
    assert made_from(TABLES["deposits"]) == ("project_id", "kind", "valid_from")
    assert made_from(TABLES["attendance"]) == ()
