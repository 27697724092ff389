"""Rows stay when an optional cell is unreadable; the cells are listed and answered at once."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_file, import_into
from risk.intake.quarantine import quarantined_counts
from risk.intake.unreadable_cells import (
    AnswerRefused,
    NothingToAnswer,
    UnreadableGroup,
    answer_cells,
    field_called,
    stored_answers,
    unreadable_groups,
)

PROJECTS, CASES, INSPECTIONS = (TABLES[name] for name in ("projects", "cases", "inspections"))
HEADER = ["项目编码", "项目名称", "行政区划代码", "开工日期", "行业", "合同金额", "入库日期"]


def _row(code, sector="房屋建筑", amount="5", known="2025-02-01"):
    return [code, f"{code}工程", "420322", "2025-01-05", sector, amount, known]


def _import(store, write_csv, today, *rows, name="工程项目.csv"):
    return import_into(store, [write_csv(name, [HEADER, *rows])], today=today)


def _answer(store, field, raw, value, today):
    return answer_cells(store, PROJECTS, PROJECTS.field(field), raw, value, today=today)


@pytest.mark.parametrize("write", ["write_csv", "write_xlsx"])
def test_an_unreadable_optional_cell_is_unknown_and_its_row_stays(store, request, today, write):
    path = request.getfixturevalue(write)(
        f"工程项目.{write[6:]}", [HEADER, _row("P1"), _row("P2", amount="若干")]
    )
    report = import_into(store, [path], today=today).files[0]
    assert (report.accepted, report.quarantined) == (2, 0)
    assert report.unreadable == {"sector": 2, "contract_amount": 1}
    assert store.rows("SELECT project_id, sector, contract_amount FROM projects ORDER BY 1") == [
        ("P1", None, 500),
        ("P2", None, None),
    ]
    assert unreadable_groups(store) == [
        UnreadableGroup("projects", "sector", "房屋建筑", "not_in_values", 2),
        UnreadableGroup("projects", "contract_amount", "若干", "not_an_amount", 1),
    ]


def test_a_bad_row_lists_its_unreadable_cells_in_the_order_of_columns(store, write_csv, today):
    _import(store, write_csv, today, ["P1", "", "420322", "昨天", "红色", "5", ""])
    assert quarantined_counts(store)["projects"] == 1
    assert unreadable_groups(store) == []
    [problems] = store.rows("SELECT problems FROM quarantine")[0]
    assert [part.split('"')[0] for part in problems.split('"column": "')[1:]] == [
        *("project_name", "started_on", "sector")
    ]


def test_one_answer_mends_all_rows_and_later_imports(store, write_csv, today):
    rows = [_row("P1"), _row("P1", known="2025-03-01"), _row("P2"), _row("P3", sector="市政")]
    _import(store, write_csv, today, *rows)
    assert _answer(store, "sector", "房屋建筑", "房建", today) == 2
    assert unreadable_groups(store) == []
    assert store.rows(
        "SELECT project_id, known_at, sector FROM projects_versions"
        " WHERE superseded_at IS NULL OR superseded_at > known_at ORDER BY 1, 2"
    ) == [
        ("P1", dt.date(2025, 2, 1), "building"),
        ("P1", dt.date(2025, 3, 1), "building"),
        ("P2", dt.date(2025, 2, 1), "building"),
        ("P3", dt.date(2025, 2, 1), "municipal"),
    ]
    again = _import(store, write_csv, today, *rows, _row("P4")).files[0]
    assert (again.accepted, again.repeated, again.unreadable) == (1, 4, {})


def test_the_same_cell_of_each_month_is_one_row_until_it_is_readable(store, write_csv, today):
    for month in ("8月", "9月"):
        undated = _row("P1", known="")
        _import(store, write_csv, today, undated, name=f"2025年{month}工程项目.csv")
        assert [group.rows for group in unreadable_groups(store)] == [1]
    _import(
        store, write_csv, today, _row("P1", sector="房建", known=""), name="2025年10月工程项目.csv"
    )
    assert unreadable_groups(store) == []


def test_a_cell_that_came_back_readable_is_gone_while_that_of_another_row_stays(
    store, write_csv, today
):
    _import(
        store, write_csv, today, *(_row(key, sector="房建", amount="若干") for key in ("P1", "P2"))
    )
    assert [group.rows for group in unreadable_groups(store)] == [2]
    amounts = (("P1", "若干"), ("P2", "5"))
    _import(store, write_csv, today, *(_row(key, "房建", amount) for key, amount in amounts))
    assert [group.rows for group in unreadable_groups(store)] == [1]


def test_an_answer_of_unknown_takes_the_cells_off_the_list(store, write_csv, today):
    _import(store, write_csv, today, _row("P1", amount="若干"))
    assert _answer(store, "contract_amount", "若干", "不详", today) == 0
    assert [group.field for group in unreadable_groups(store)] == ["sector"]
    _import(store, write_csv, today, _row("P2", sector="房建", amount="若干"), name="b工程项目.csv")
    assert [group.field for group in unreadable_groups(store)] == ["sector"]


def test_a_past_date_is_not_known_before_its_day(store, write_csv, today):
    header = [*HEADER[:4], "实际竣工日期", "入库日期"]
    row = ["P1", "甲", "420322", "2025-01-05", "去年年底完工", "2025-02-01"]
    import_into(store, [write_csv("工程项目.csv", [header, row])], today=today)
    assert _answer(store, "completed_on", "去年年底完工", "2025-12-20", today) == 1
    assert store.rows("SELECT known_at, completed_on FROM projects ORDER BY arrival") == [
        (dt.date(2025, 2, 1), None),
        (dt.date(2025, 12, 20), dt.date(2025, 12, 20)),
    ]


def test_an_amount_that_came_with_a_payment_is_not_known_before_it(store, write_csv, today):
    header = ["拨付编号", "项目编码", "拨付月份", "应拨金额", "应拨日期", "实拨金额", "实拨日期"]
    row = ["B1", "P1", "2025-01", "100", "2025-02-05", "若干", "2025-03-20"]
    import_into(store, [write_csv("人工费拨付.csv", [header, row])], today=today)
    transfers = TABLES["transfers"]
    amount = transfers.field("amount_paid")
    assert answer_cells(store, transfers, amount, "若干", "90", today=today) == 1
    assert store.rows(
        "SELECT known_at, paid_on, amount_paid FROM transfers_versions"
        " WHERE superseded_at IS NULL OR superseded_at > known_at ORDER BY known_at"
    ) == [
        (dt.date(2025, 2, 5), None, None),
        (dt.date(2025, 3, 20), dt.date(2025, 3, 20), 9_000),
    ]


def test_answers_are_checked(store, write_csv, today):
    _import(store, write_csv, today, _row("P1"))
    with pytest.raises(AnswerRefused) as refused:
        _answer(store, "sector", "房屋建筑", "红色", today)
    assert "房建、市政" in refused.value.fields["reason"]
    with pytest.raises(NothingToAnswer):
        _answer(store, "sector", "别的", "房建", today)


def test_personal_numbers_are_masked_on_the_list(store, write_csv, today):
    _import(store, write_csv, today, _row("P1", amount="问13912345678"))
    raws = [group.raw for group in unreadable_groups(store)]
    assert sorted(raws) == ["房屋建筑", "问139****5678"]


def test_a_strict_import_rejects_the_row(store, write_csv, today):
    path = write_csv("工程项目.csv", [HEADER, _row("P1")])
    assert import_file(store, path, today=today).quarantined == 1


def test_cells_of_two_tables_with_the_same_key_and_text(store, write_csv, today):
    head = ["案件编号", "立案日期", "状态", "拖欠金额", "结案日期", "入库日期"]
    case = ["C1", "2025-03-10", "立案", "若干", "不久", "2025-04-01"]
    visits = [
        ["检查编号", "项目编码", "检查日期", "是否发现欠薪", "欠薪金额", "入库日期"],
        ["C1", "X1", "2025-03-10", "是", "若干", "2025-04-01"],
    ]
    both = [write_csv("案件.csv", [head, case]), write_csv("检查.csv", visits)]
    import_into(store, both, today=today)
    amount, closed, visit = (
        UnreadableGroup(table, field, raw, code, 1)
        for table, field, raw, code in (
            ("cases", "amount_owed", "若干", "not_an_amount"),
            ("cases", "closed_on", "不久", "not_a_date"),
            ("inspections", "amount_owed", "若干", "not_an_amount"),
        )
    )
    assert unreadable_groups(store) == [amount, closed, visit]
    before = [dt.date(2025, 4, day) for day in (1, 2)]
    assert [len(unreadable_groups(store, before=day)) for day in before] == [0, 3]
    # Only the field that came back readable is taken off, and of this table.
    readable = [*case[:3], "5", *case[4:]]
    import_into(store, [write_csv("案件.csv", [head, readable])], today=today)
    assert unreadable_groups(store) == [closed, visit]
    owed = INSPECTIONS.field("amount_owed")
    assert answer_cells(store, INSPECTIONS, owed, "若干", "7", today=today) == 1
    assert unreadable_groups(store) == [closed]
    stored = "SELECT amount_owed FROM {} WHERE superseded_at IS NULL"
    assert store.rows(stored.format("cases_versions")) == [(500,)]
    assert store.rows(stored.format("inspections_versions")) == [(700,)]
    assert (stored_answers(store, CASES), stored_answers(store, INSPECTIONS)) == (
        *({}, {("amount_owed", "若干"): 700}),
    )
    again = ["inspections", "amount_owed", "若干", "8", today, ""]
    store.rows("INSERT INTO cell_answers VALUES (?, ?, ?, ?, ?, ?)", again)
    assert stored_answers(store, INSPECTIONS) == {("amount_owed", "若干"): 800}


def test_only_the_newest_version_of_the_day_of_a_cell_is_mended(store, write_csv, today):
    raw = "房屋建筑"
    rows = [
        *(_row("P1", amount="5"), _row("P1", amount="7")),
        *(_row("P1", "", known="2025-03-01"), _row("P2", "别的"), _row("P3", "", raw)),
    ]
    _import(store, write_csv, today, *rows)
    _import(store, write_csv, today, _row("P1", known="2025-04-01"))
    [(last,)] = store.rows("SELECT max(arrival) FROM projects")
    # Two versions of a row with the same cell are one row.
    assert [one.rows for one in unreadable_groups(store)] == [1, 1, 1]
    assert _answer(store, "sector", raw, "房建", today) == 1
    assert store.rows(
        "SELECT project_id, known_at::VARCHAR, sector, contract_amount FROM projects"
        " WHERE arrival > $1 ORDER BY known_at",
        [last],
    ) == [("P1", "2025-02-01", "building", 700), ("P1", "2025-04-01", "building", 500)]
    assert [(one.field, one.raw) for one in unreadable_groups(store)] == [
        *(("contract_amount", raw), ("sector", "别的")),
    ]


def test_a_past_date_counts_from_its_own_day_in_the_version_of_that_day(store, write_csv, today):
    """Today is past; a date to come counts from the days of the rows."""
    answers = {
        "2026-03-01": ["2026-03-01"],
        "2026-03-02": ["2025-02-01", "2025-02-15", "2025-02-20"],
        "2025-02-10": ["2025-02-10", "2025-02-15", "2025-02-20"],
        "2025-02-15": ["2025-02-15", "2025-02-20"],
        "2025-02-18": ["2025-02-18", "2025-02-20"],
    }
    header = [*HEADER[:4], "实际竣工日期", "入库日期"]
    rows = [
        [f"P{answer}", "甲", "420322", "2025-01-05", f"年底{answer}", f"2025-02-{day}"]
        for answer in answers
        for day in ("01", "15", "20")
    ]
    # A later row says otherwise, before the day of the answer.
    later = (("年底", "2025-02-01"), ("2025-02-03", "2025-02-05"))
    rows += [["P", "甲", "420322", "2025-01-05", *cells] for cells in later]
    import_into(store, [write_csv("工程项目.csv", [header, *rows])], today=today)
    found = [_answer(store, "completed_on", f"年底{day}", day, today) for day in answers]
    assert found == [1] * 5
    assert _answer(store, "completed_on", "年底", "2025-02-10", today) == 0
    assert unreadable_groups(store) == []
    days = dict(
        store.rows(
            "SELECT project_id, list(known_at::VARCHAR ORDER BY known_at) FROM projects"
            " WHERE completed_on IS NOT NULL GROUP BY project_id"
        )
    )
    assert days.pop("P") == ["2025-02-05"]
    assert days == {f"P{answer}": known for answer, known in answers.items()}


def test_optional_fields_are_called_by_name_or_heading():
    names = ("sector", "行业", "项目名称", "project_name", "x")
    found = [field_called(PROJECTS, name) for name in names]
    assert [one and one.name for one in found] == ["sector", "sector", None, None, None]
