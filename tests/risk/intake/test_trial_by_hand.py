"""Proposals as plain data, and which of them need a layout."""

from dataclasses import replace

import pytest

from risk.contract import TABLES
from risk.intake.file_errors import TableUnknown
from risk.intake.layouts.column_matches import Match, Reason, SampleColumn
from risk.intake.layouts.layout import KeyRule, Layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.proposal import SheetProposal
from risk.intake.layouts.vocabulary import Target
from risk.intake.trial import FileTrial, needs_layout, proposal_json, try_files
from risk.intake.worker_sheets import WorkerSheets

PROJECTS = TABLES["projects"]
HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]


def match(reason=Reason.USED, similarity=1.0, by_name=False, target=True):
    column = SampleColumn(0, "工程", ("甲", "乙", "甲", "", "丙", "丁"))
    wanted = Target(PROJECTS.field("owner_id"), by_name) if target else None
    return Match(column, wanted, similarity, 0.98765, reason)


def proposal(*matches, missing=(), unknown_places=(), **layout):
    named = Layout("项目", PROJECTS, tuple(HEAD), (), **layout)
    return SheetProposal("表", named, matches, missing, {}, unknown_places)


@pytest.mark.parametrize(
    ("found", "needed"),
    [
        (proposal(match()), False),
        (proposal(match(target=False, similarity=0.0, reason=Reason.UNKNOWN)), False),
        (proposal(match(similarity=0.99)), True),
        (proposal(match(by_name=True)), True),
        (proposal(match(), missing=("started_on",)), True),
        (proposal(match(), unknown_places=("河西",)), True),
        (proposal(match(), key=KeyRule(made_from=("project_name",))), True),
        (proposal(match(), key=KeyRule(column="序号")), True),
        (proposal(match(), fill={"sector": "building"}), True),
    ],
)
def test_a_sheet_that_the_contract_does_not_explain_needs_a_layout(found, needed):
    assert needs_layout(found) is needed
    assert proposal_json(found)["layout"] == ("项目" if needed else None)


def test_a_proposal_has_what_is_stated_and_nothing_else():
    plain = proposal_json(proposal(match()))
    assert (plain["region"], plain["key"]) == (None, None)
    key = KeyRule(made_from=("project_name", "started_on"))
    made = proposal_json(proposal(region="330102", key=key))
    assert (made["region"], made["key"]) == ("330102", "项目名称+开工日期")
    numbered = proposal_json(proposal(key=KeyRule(column="序号", prefix="A-")))
    assert numbered["key"] == "A-序号"


@pytest.mark.parametrize(
    ("found", "field", "by_name"),
    [
        (match(), "owner_id", False),
        (match(by_name=True), "owner_id", True),
        (match(Reason.ASK, by_name=True), "owner_id", True),
        (match(Reason.CHOOSE, by_name=True), None, False),
        (match(target=False), None, False),
    ],
)
def test_a_column_has_a_field_where_it_is_used(found, field, by_name):
    [column] = proposal_json(proposal(replace(found, similarity=0.12345)))["columns"]
    assert (column["field"], column["by_name"]) == (field, by_name)
    assert (column["similarity"], column["confidence"]) == (0.123, 0.988)
    assert column["samples"] == ["甲", "乙", "丙"]


def test_a_file_is_readable_with_a_proposal_or_workers():
    failure, workers = TableUnknown(file="a", allowed="b"), WorkerSheets((), (), ())
    assert FileTrial("a", (proposal(),)).is_readable
    assert FileTrial("a", workers=workers).is_readable
    assert not FileTrial("a").is_readable
    assert not FileTrial("a", (proposal(),), failure).is_readable
    assert not FileTrial("a", failure=failure).is_readable


def test_heads_of_one_name_have_numbers_and_equal_heads_one_layout(store, write_csv):
    row = ["P1", "一号楼", "330102", "2025-03-01"]
    heads = {"a": HEAD, "b": HEAD[::-1], "c": HEAD, "d": [HEAD[1], HEAD[0], *HEAD[2:]]}
    paths = [write_csv(f"{name}/工程项目.csv", [head, row]) for name, head in heads.items()]
    trials = try_files(paths, OfficeLayouts(), store)
    names = [one.layout.name for trial in trials for one in trial.proposals]
    assert names == ["工程项目", "工程项目-2", "工程项目", "工程项目-3"]
    assert [(trial.workers, trial.failure) for trial in trials] == [(None, None)] * 4
