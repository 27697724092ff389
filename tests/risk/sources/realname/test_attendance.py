"""Registered workers and monthly attendance, worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.sources.realname.attendance import Pass, attendance_rows, days_of, months_of
from risk.sources.realname.projects import Project
from risk.sources.realname.registers import Entry, LabourContract, Worker, build_register
from risk.sources.realname.wages import contract_finder

MONTH, UNTIL = dt.date(2025, 11, 1), dt.date(2025, 12, 31)
FIELDS = ("workers_registered", "workers_present", "worker_days", "workers_with_contract")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2025-{text}")


def worker(person, corp="A", entered="01-05", left=None, signed=None, team=None) -> Worker:
    dates = (day(one) if one else None for one in (entered, left))
    return Worker(person, corp, team, *dates, signed)


def passed(person, on: str, corp="A") -> Pass:
    return Pass(person, corp, None, day(on).toordinal())


def rows(passes, register, *, without=frozenset(), until=UNTIL):
    found = attendance_rows(
        "P1",
        MONTH,
        passes,
        register,
        until=until,
        corp_of=lambda one: one.corp,
        contract_of=contract_finder("P1", without),
    )
    return {row.cells["contract_id"]: tuple(row.cells[name] for name in FIELDS) for row in found}


def test_people_days_and_contracts_are_distinct():
    register = build_register(
        [worker(1, signed=True), worker(2, signed=False), worker(3), worker(4, entered="12-01")],
        [],
        [
            LabourContract(2, "A", day("11-20"), None),
            LabourContract(3, "A", day("01-01"), day("10-31")),
        ],
        {},
    )
    passes = [passed(1, "11-03"), passed(1, "11-03"), passed(1, "11-04"), passed(9, "11-30")]
    assert rows(passes, register) == {"P1-A": (3, 2, 3, 2)}


@pytest.mark.parametrize(
    ("entered", "left", "events", "expected"),
    [
        ("11-30", None, [], 1),
        ("12-01", None, [], 0),
        ("01-05", "11-01", [], 1),
        ("01-05", "10-31", [], 0),
        ("01-05", None, [("01-05", True), ("10-31", False)], 0),
        ("12-03", None, [("01-05", True), ("11-01", False)], 1),
        ("12-03", None, [("01-05", True), ("10-31", False)], 0),
        ("11-10", None, [("01-05", True), ("10-31", False)], 1),
        ("01-05", "10-01", [("01-05", True)], 0),
        (None, None, [("11-02", True), ("11-02", False)], 1),
        (None, None, [("11-02", False)], None),
    ],
)
def test_a_worker_is_registered_from_entry_to_exit(entered, left, events, expected):
    entries = [Entry(1, "A", None, day(on), came) for on, came in events]
    register = build_register([worker(1, entered=entered, left=left)], entries, [], {})
    assert register.registered("A", MONTH, day("11-30")) == expected


def test_what_nobody_states_is_unknown():
    assert rows([passed(1, "11-03")], build_register([], [], None, {})) == {
        "P1-A": (None, 1, 1, None)
    }
    undated = build_register([worker(1, entered=None)], [], None, {})
    assert rows([], undated) == {"P1-A": (None, None, None, None)}
    # Neither the registration nor a labour contract says whether worker 2 has one.
    open_question = build_register([worker(1, signed=True), worker(2)], [], [], {})
    assert rows([], open_question) == {"P1-A": (2, None, None, None)}


def test_no_pass_in_the_whole_project_is_unknown_and_of_one_firm_zero():
    register = build_register([worker(1), worker(2, "B")], [], None, {})
    assert rows([], register)["P1-A"][1:3] == (None, None)
    found = rows([passed(2, "11-03", "B")], register)
    assert (found["P1-A"][1:3], found["P1-B"][1:3]) == ((0, 0), (1, 1))


def test_passes_without_a_person_count_nobody():
    register = build_register([worker(1), worker(2, "B")], [], None, {})
    passes = [passed(None, "11-03"), passed(None, "11-03", "B"), passed(2, "11-04", "B")]
    found = rows(passes, register)
    assert (found["P1-A"][1:3], found["P1-B"][1:3]) == ((None, None), (1, 1))


def test_people_of_firms_without_a_contract_share_a_row():
    register = build_register(
        [worker(1), worker(2, "OWNER"), worker(3, "SUPERVISOR")], [], None, {}
    )
    found = rows(
        [passed(2, "11-03", "OWNER")], register, without=frozenset(("OWNER", "SUPERVISOR"))
    )
    assert found == {None: (2, 1, 1, None), "P1-A": (1, 0, 0, None)}


def test_an_open_month_ends_with_the_last_day_pulled():
    register = build_register([worker(1), worker(2, entered="11-20")], [], None, {})
    passes = [passed(1, "11-10"), passed(1, "11-11")]
    assert rows(passes, register, until=day("11-10"))["P1-A"] == (1, 1, 1, None)


def test_rows_without_a_firm_take_that_of_their_team():
    workers = [worker(1, corp=None, team="7"), worker(2, corp=None, team="8")]
    register = build_register(workers, [], None, {"7": "A"})
    assert rows([], register) == {"P1-A": (1, None, None, None)}


def test_months_come_newest_first_within_the_life_of_the_project():
    project = Project("P1", start=day("09-15"), end=day("11-20"), completed=True)
    assert months_of(project, None, UNTIL) == [day("11-01"), day("10-01"), day("09-01")]
    assert months_of(project, day("10-20"), UNTIL) == [day("11-01"), day("10-01")]
    planned = Project("P1", start=day("11-15"), end=day("11-20"))
    assert months_of(planned, None, UNTIL) == [day("12-01"), day("11-01")]
    assert len(months_of(Project("P1"), None, UNTIL)) == 24
    assert days_of(day("11-01"), day("11-03")) == [day("11-03"), day("11-02"), day("11-01")]
