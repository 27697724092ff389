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
    unreadable_groups,
)

PROJECTS = TABLES["projects"]
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
