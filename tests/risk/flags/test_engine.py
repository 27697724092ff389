from __future__ import annotations

import datetime as dt
import functools
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.contract import STORED_TABLES, TABLES, FieldType
from risk.flags import (
    CODES,
    MUST_VISIT,
    RULES,
    Evidence,
    FlagUnknown,
    StagedFlags,
    red_flags,
)
from risk.flags.engine import flags_of_rows, rule_sql
from risk.flags.law import Law, read_law
from risk.store.settled import with_settled
from risk.store.store import RecordStore

from ...conftest import MUST_RUN_ALL, thorough
from ...empty_store import empty_store

AS_OF = dt.date(2025, 6, 1)
SOME = {"group_complaint_open", "deposit_missing", "notice_board_missing"}
"""Flags of :func:`messy`."""
FILLED = {
    *("notice_board_missing", "labour_cost_overdue", "labour_cost_short", "wages_overdue"),
    "paid_through_foreman",
}
"""Flags of :func:`_fill`."""


def asked(codes):
    """A few rules run sooner than all, which WAGEWATCH_TEST_ALL=1 asks for."""
    return None if MUST_RUN_ALL else codes


def messy(site, project_id="P1"):
    """A site with much wrong at once."""
    site.add("projects", project_id=project_id, notice_board=False, funding="government",
             advance_funded=True, contractor_id="ORG")  # fmt: skip
    site.add("listings")
    site.add("complaints", complaint_id=f"K{project_id}", project_id=project_id)
    site.add("payrolls", payroll_id=f"R{project_id}", project_id=project_id)
    site.add("transfers", transfer_id=f"T{project_id}", project_id=project_id)
    site.add("attendance", project_id=project_id, workers_present=30, workers_registered=4)
    site.add("deposits", deposit_id=f"D{project_id}", project_id=project_id, status="missing")


def test_red_flags_are_in_rule_order_without_empty_projects(reporting):
    messy(reporting)
    found = red_flags(reporting.store, AS_OF)
    codes = [flag.code for flag in found["P1"]]
    assert codes == [code for code in CODES if code in codes]
    assert len(codes) >= 9
    assert all(found.values())


def test_flags_read_a_few_projects_at_a_time_are_the_same(reporting):
    messy(reporting)
    messy(reporting, "P2")
    whole = red_flags(reporting.store, AS_OF)
    found = StagedFlags(reporting.store, AS_OF, MUST_VISIT, read_law())
    assert found.of(["P1", "none"]) == {"P1": whole["P1"]}
    assert found.of(["P2", "P1"]) == whole
    assert found.codes == {key: tuple(one.code for one in flags) for key, flags in whole.items()}
    with pytest.raises(FlagUnknown):
        StagedFlags(reporting.store, AS_OF, ["no such flag"], read_law())


def test_finding_flags_leaves_no_copy_of_the_records(reporting):
    messy(reporting)
    with closing(with_settled(reporting.store, AS_OF)) as view:
        before = _temporary(view)
        found = StagedFlags(view, AS_OF, MUST_VISIT, read_law())
        left = _temporary(view) - before - {"settled_payrolls"}  # read by later steps as well
        assert left
        assert all(name.startswith("staged_") for name in left)
        assert found.of(["P1"]) == red_flags(reporting.store, AS_OF, ["P1"])


def _temporary(store):
    return {
        name for (name,) in store.rows("SELECT table_name FROM duckdb_tables() WHERE temporary")
    }


def test_red_flags_of_one_project_equal_those_of_all(reporting):
    messy(reporting)
    messy(reporting, "P2")
    found = functools.partial(red_flags, reporting.store, AS_OF, codes=asked(SOME))
    everybody = found()
    assert {flag.code for flag in everybody["P1"]} >= SOME
    assert found(["P2"]) == {"P2": everybody["P2"]}
    assert found([]) == found(["nobody"]) == {}


def test_red_flags_of_some_codes_equal_those_of_all(reporting):
    messy(reporting)
    every = red_flags(reporting.store, AS_OF)["P1"]
    wanted = {every[0].code, every[-1].code}
    found = red_flags(reporting.store, AS_OF, codes=wanted)["P1"]
    assert len(found) == 2
    assert found == tuple(flag for flag in every if flag.code in wanted)
    assert red_flags(reporting.store, AS_OF, codes=()) == {}
    with pytest.raises(FlagUnknown):
        red_flags(reporting.store, AS_OF, codes=["no such flag"])


def test_a_flag_lists_the_twenty_records_of_most_weight(reporting):
    reporting.add("projects")
    for number in range(21):
        row = {"transfer_id": f"T{number}", "amount_due": 1000 + number}
        due_on = "2025-03-10" if number else "2025-03-09"
        reporting.add("transfers", **row, due_on=due_on, known_at="2025-03-10")
    (flag,) = red_flags(reporting.store, AS_OF, codes=("labour_cost_overdue",))["P1"]
    assert [one.record_id for one in flag.evidence] == [f"T{n}" for n in range(20, 0, -1)]
    assert flag.values["transfers"] == 21
    assert flag.since == dt.date(2025, 3, 10)  # of the one that is not listed


def test_red_flags_cover_only_running_projects(reporting):
    reporting.add("projects", notice_board=False, started_on="2025-06-01", known_at="2025-05-01")
    assert not reporting.flags()
    reporting.add("projects", notice_board=False, known_at="2025-05-02")
    assert "notice_board_missing" in reporting.flags()
    reporting.add("projects", completed_on="2025-03-02", known_at="2025-05-03")
    reporting.add("transfers")
    assert not reporting.flags()
    reporting.add("projects", completed_on="2025-03-03", known_at="2025-05-04")
    assert set(reporting.flags()) == {"labour_cost_overdue"}


def test_red_flags_take_must_visit_from_the_caller(reporting):
    messy(reporting)
    usual = red_flags(reporting.store, AS_OF, codes=SOME)["P1"]
    assert {flag.code for flag in usual if flag.must_visit} == {"group_complaint_open"}
    found = red_flags(reporting.store, AS_OF, must_visit=["deposit_missing"], codes=SOME)
    other = found["P1"]
    assert [flag.code for flag in other if flag.must_visit] == ["deposit_missing"]
    assert set(CODES) >= MUST_VISIT


def test_red_flags_refuse_unknown_codes(store):
    with pytest.raises(FlagUnknown) as refused:
        red_flags(store, AS_OF, must_visit=["no_such_flag"])
    assert "no_such_flag" in refused.value.message("zh")
    assert "wages_overdue" in refused.value.message("en")


def test_red_flags_of_an_empty_store_are_empty(store):
    assert red_flags(store, AS_OF) == {}


def test_red_flags_of_projects_alone_use_only_project_fields(site):
    site.add("projects", notice_board=False)
    assert set(site.flags()) == {"notice_board_missing"}


def test_red_flags_without_law_are_empty(reporting):
    messy(reporting)
    assert red_flags(reporting.store, AS_OF, law=Law((), ())) == {}
    assert red_flags(reporting.store, AS_OF, law=read_law())["P1"]


def test_red_flags_ignore_events_before_the_decree(site):
    site.add("projects", started_on="2019-01-01", known_at="2019-01-01", notice_board=False)
    site.add("contracts", parent_contract_id="C9", contractor_kind="individual",
             signed_on="2019-02-01", known_at="2019-02-01")  # fmt: skip
    assert not site.flags(dt.date(2020, 5, 1))
    assert set(site.flags(dt.date(2020, 5, 2))) == {"notice_board_missing"}


def test_red_flags_of_settled_payrolls_equal_those_of_the_store(reporting):
    messy(reporting)
    reporting.add("payments", payment_id="M1", payroll_id="RP1", amount=1_000_00)
    reporting.add("payments", payment_id="M2", payroll_id="RP1", amount=1_000_00,
                  known_at="2025-06-01")  # fmt: skip
    codes = ("wages_overdue", "wages_partly_paid")
    days = (AS_OF, AS_OF + dt.timedelta(days=1))
    expected = [red_flags(reporting.store, day, codes=codes) for day in days]
    view = with_settled(reporting.store, AS_OF)
    assert [red_flags(view, day, codes=codes) for day in days] == expected
    view.close()
    (flag,), (later,) = (found["P1"] for found in expected)
    assert (flag.values["unpaid_fen"], later.values["unpaid_fen"]) == (99_000_00, 98_000_00)


def test_red_flags_leave_other_tables_of_the_connection_alone(reporting):
    before = reporting.store.rows("SHOW TABLES")
    messy(reporting)
    red_flags(reporting.store, AS_OF)
    assert reporting.store.rows("SHOW TABLES") == before


def test_staged_flags_leave_other_tables_of_the_connection_alone(store, monkeypatch):
    monkeypatch.setattr("risk.flags.engine.RULES", RULES[:1])  # each takes some milliseconds
    before = store.rows("SHOW TABLES")
    assert StagedFlags(store, AS_OF, (), read_law()).codes == {}
    assert store.rows("SHOW TABLES") == before
    # The payments of a view that is settled are in its own connection.
    view = with_settled(store, AS_OF)
    assert StagedFlags(view, AS_OF, (), read_law()).codes == {}
    view.close()


def test_a_rule_of_one_monthly_feed_asks_for_no_least_of_one():
    """Spark's least() takes no single value."""
    rule = next(one for one in RULES if one.code == "labour_cost_overdue")
    assert "CASE WHEN transfers.until < r.as_of - 45" in rule_sql(rule)
    both = replace(rule, feeds=("payrolls", "transfers", "deposits"))
    assert "CASE WHEN least(payrolls.until, transfers.until) < r.as_of" in rule_sql(both)


def test_flags_of_rows_that_another_engine_gave():
    """A row of a rule: project, region, since, records, and what the rule measured."""
    rule = next(one for one in RULES if one.code == "labour_share_low")
    since = dt.date(2024, 1, 10)
    record = {"place": 1, "table": "projects", "record_id": "P1", "known_at": since}
    rows = [("P1", "6401", since, [record], 0.2, 0.22)]
    (flag,) = flags_of_rows([(rule, rows)], AS_OF)["P1"]
    assert (flag.threshold, flag.basis, flag.since) == (0.22, "yinchuan_share", since)
    assert flag.evidence == (Evidence("projects", "P1", since),)
    assert flag.values == {"labour_share": 0.2, "required_share": 0.22}
    law = read_law()
    duties = tuple(replace(one, article="99") for one in law.duties)
    (flag,) = flags_of_rows([(rule, rows)], AS_OF, law=Law(duties, ()))["P1"]
    assert (flag.article, flag.threshold, flag.basis) == ("99", None, None)


@pytest.fixture(scope="module")
def flagged(tmp_path_factory):
    """A store with flags of many kinds, and those flags."""
    path = tmp_path_factory.mktemp("flags") / "records.duckdb"
    with RecordStore(path) as store:
        _fill(store)
        yield store, red_flags(store, AS_OF, codes=asked(FILLED))


def _fill(store):
    for number in range(4):
        key, day = f"P{number}", f"2025-0{number + 1}-10"
        store.connection.execute(
            "INSERT INTO projects (project_id, project_name, region_code, started_on, known_at,"
            " notice_board, contractor_id, arrival) VALUES"
            " (?, 'x', '420301', '2024-01-01', '2024-01-01', false, 'ORG', nextval('arrivals'))",
            [key],
        )
        store.connection.execute(
            "INSERT INTO transfers (transfer_id, project_id, period, amount_due, due_on, paid_on,"
            " amount_paid, known_at, arrival)"
            " VALUES (?, ?, ?, 100, ?, ?, ?, ?, nextval('arrivals'))",
            [f"T{number}", key, f"{day[:7]}-01", day, *((day, 90) if number > 2 else (None, None)),
             day if number < 3 else "2025-05-31"],
        )  # fmt: skip
        store.connection.execute(
            "INSERT INTO payrolls (payroll_id, project_id, period, workers, amount_due, due_on,"
            " known_at, arrival) VALUES (?, ?, ?, 5, 100, ?, ?, nextval('arrivals'))",
            [f"R{number}", key, f"{day[:7]}-01", day, day],
        )
    store.connection.execute(
        "INSERT INTO payments (payment_id, payroll_id, paid_on, amount, known_at, channel, arrival)"
        " VALUES ('M0', 'R0', '2025-01-10', 60, '2025-01-10', 'cash', nextval('arrivals')),"
        " ('M3', 'R3', '2025-05-31', 100, '2025-05-31', 'foreman', nextval('arrivals'))"
    )


_KEYS = st.sampled_from([*(f"{letter}{n}" for letter in "PTRM" for n in range(4)), "ORG", "new"])
_DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31))
_CELLS = {
    FieldType.ID: _KEYS,
    FieldType.TEXT: st.just("x"),
    FieldType.DATE: _DAYS,
    FieldType.MONTH: _DAYS.map(lambda day: day.replace(day=1)),
    FieldType.MONEY: st.integers(0, 1000),
    FieldType.COUNT: st.integers(0, 50),
    FieldType.SHARE: st.floats(0, 1),
    FieldType.NUMBER: st.floats(-1, 1),
    FieldType.BOOL: st.booleans(),
}


@st.composite
def later_versions(draw):
    table = STORED_TABLES[draw(st.sampled_from(sorted(STORED_TABLES)))]
    cells = {
        field.name: draw(
            st.sampled_from(sorted(field.values)) if field.values else _CELLS[field.type]
        )
        for field in table.fields
        if field.required or draw(st.booleans())
    }
    known_at = AS_OF + dt.timedelta(days=draw(st.sampled_from([0, 0, 1, 30, 400])))
    return table.name, {**cells, "known_at": known_at}


@settings(max_examples=15 if MUST_RUN_ALL else 5)
@given(st.lists(later_versions(), min_size=1, max_size=20))
def test_red_flags_ignore_records_known_on_or_after_as_of(flagged, versions):
    store, before = flagged
    assert {flag.code for flags in before.values() for flag in flags} >= FILLED
    store.connection.execute("BEGIN")
    try:
        for table, cells in versions:
            names, marks = ", ".join(cells), ", ".join("?" * len(cells))
            store.connection.execute(
                f"INSERT INTO {table} ({names}, arrival) VALUES ({marks}, nextval('arrivals'))",
                list(cells.values()),
            )
        store.connection.execute("COMMIT")
        assert red_flags(store, AS_OF, codes=asked(FILLED)) == before
    finally:
        for table in STORED_TABLES:
            store.connection.execute(f"DELETE FROM {table} WHERE known_at >= ?", [AS_OF])


@thorough
def test_red_flags_of_a_prefecture(samples):
    with empty_store() as store:
        _load(store, samples / "prefecture")
        found = red_flags(store, dt.date(2025, 1, 1))
        codes = {flag.code for flags in found.values() for flag in flags}
        assert len(found) > 100
        assert len(codes) >= 18
        some = sorted(found)[:5]
        again = red_flags(store, dt.date(2025, 1, 1), some)
        assert again == {project_id: found[project_id] for project_id in some}


def _load(store, folder):
    cast = {
        FieldType.MONEY: "CAST(round({0} * 100) AS BIGINT)",
        FieldType.MONTH: "CAST({0} || '-01' AS DATE)",
        FieldType.DATE: "CAST({0} AS DATE)",
    }
    for table in TABLES.values():
        fields = [field for field in table.fields if not field.added]
        names = ", ".join(field.name for field in fields)
        cells = ", ".join(cast.get(field.type, "{0}").format(field.name) for field in fields)
        store.connection.execute(
            f"INSERT INTO {table.name} ({names}, known_at, arrival)"
            f" SELECT {cells}, CAST(known_at AS DATE), nextval('arrivals')"
            f" FROM read_parquet('{folder / table.name}.parquet')"
        )
