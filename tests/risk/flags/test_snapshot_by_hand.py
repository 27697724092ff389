"""The tables that rules read, as of 1 June 2025: every row of a few records, worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from risk.flags import read_law
from risk.flags.duckdb_tables import DuckDBTables
from risk.flags.law import Law
from risk.flags.snapshot import _bindings, _dated_values, create_snapshot
from risk.store.settled import settled_sql

from ...empty_store import empty_store

AS_OF = dt.date(2025, 6, 1)
EVE, DAY, AFTER = "2025-05-31", "2025-06-01", "2025-06-02"


def day(text):
    return dt.date.fromisoformat(text)


def made_law():
    """A duty from 2020 on whose number is 3, from 2022 on 5, and in region 42 from 2021 on 4.

    In region 42 another value, which the duty needs, is in force from 2021 to 2023.
    """
    shipped = read_law()
    duty = replace(
        shipped.duties[0],
        code="duty",
        region="",
        from_day=day("2020-01-01"),
        to_day=None,
        acts_from=day("2019-07-01"),
        needs=("days",),
    )
    number = replace(
        *shipped.values[:1], code="duty", name="days", region="", from_day=day("2020-01-01")
    )
    values = (
        replace(number, number=3, to_day=day("2022-01-01")),
        replace(number, number=5, from_day=day("2022-01-01"), to_day=None),
        replace(number, number=4, region="42", from_day=day("2021-01-01"), to_day=None),
        replace(
            *(number,),
            name="people",
            number=10,
            region="42",
            from_day=day("2021-01-01"),
            to_day=day("2023-01-01"),
        ),
        replace(number, number=1, region="420301102", from_day=day("2030-01-01"), to_day=None),
    )
    return Law((duty,), values)


def law_with_terms():
    """The same with terms of four and of two working days everywhere, and nothing else needed."""
    law = made_law()
    terms = (("working_days", 4), ("filing_days", 2))
    whole = [replace(law.values[1], name=name, number=number) for name, number in terms]
    since = day("2020-01-01")
    values = [one for one in law.values if one.name != "people"]
    return Law(law.duties, (*values, *(replace(one, from_day=since) for one in whole)))


def projects(site):
    """P1 and P3 run, P2 of another town is done on the day; the others are of other days."""
    here, town = {"region_code": "420301101"}, {"region_code": "420301102"}
    site.add("projects", project_id="P1", **here)
    site.add("projects", project_id="P2", **town, completed_on=DAY)
    site.add("projects", project_id="P3", region_code="430000101", completed_on="2025-03-03")
    site.add("projects", project_id="P4", **here, completed_on="2025-03-02")
    site.add("projects", project_id="P5", **here, started_on=DAY)
    site.add("projects", project_id="P6", **here, started_on=EVE, completed_on=EVE)
    site.add("projects", project_id="P7", **here, known_at=DAY)
    # The second version became known on the day itself, so it is not known yet.
    site.add("projects", project_id="P6", **here, started_on=EVE, known_at=DAY)
    # This one is known from the eve on.
    site.add("projects", project_id="P8", **here)
    site.add("projects", project_id="P8", **here, started_on=AFTER, known_at=EVE)


def wages(site):
    """Payrolls of P1 in two months, of P3 with a payment of unknown heads, and of P4, not run."""
    march, april = {"period": "2025-03-01"}, {"period": "2025-04-01"}
    rolls = {
        "R1": ("P1", {**march, "contract_id": "A", "amount_due": 100, "due_on": "2025-04-15"}),
        "R2": ("P1", {**march, "contract_id": "A", "amount_due": 30, "due_on": "2025-04-20"}),
        "R3": ("P1", {**march, "contract_id": "B", "amount_due": 7, "due_on": "2025-04-10"}),
        "R4": ("P1", {**april, "contract_id": "A", "amount_due": 50, "workers": None}),
        "R5": ("P3", {**march, "contract_id": "C", "amount_due": 60}),
        "R6": ("P4", {**march, "contract_id": "D", "amount_due": 70}),
        "R7": ("P1", {**march, "contract_id": "A", "amount_due": 999, "known_at": DAY}),
    }
    for number, (project, values) in rolls.items():
        site.add("payrolls", payroll_id=number, project_id=project, **values)
    site.add("payments", payment_id="M1", payroll_id="R1", amount=40, workers_paid=8)
    site.add("payments", payment_id="M2", payroll_id="R1", amount=20, workers_paid=4)
    site.add("payments", payment_id="M3", payroll_id="R2", amount=30, workers_paid=6,
             known_at="2025-05-20")  # fmt: skip
    site.add("payments", payment_id="M4", payroll_id="R5", amount=5, workers_paid=2)
    site.add("payments", payment_id="M5", payroll_id="R5", amount=6, workers_paid=None,
             known_at="2025-05-02")  # fmt: skip
    site.add("payments", payment_id="M6", payroll_id="R3", amount=7, returned_on=EVE,
             known_at="2025-05-03")  # fmt: skip
    site.add("payments", payment_id="M7", payroll_id="R4", amount=1, workers_paid=3,
             returned_on=DAY, known_at="2025-05-04")  # fmt: skip


def contracts(site):
    """P1's oldest contract is a subcontract; of P2's two without a day the first counts."""
    for number, project, signed, parent in (
        ("C1", "P1", "2024-01-05", None),
        ("C2", "P1", "2024-01-04", None),
        ("C3", "P1", "2024-01-01", "C2"),
        ("C4", "P1", None, None),
        ("C6", "P2", None, None),
        ("C5", "P2", None, None),
    ):
        site.add("contracts", contract_id=number, project_id=project, signed_on=signed,
                 parent_contract_id=parent)  # fmt: skip


def accounts(site):
    """A1 was of P1, twice, and is of P2; the version that names P3 is not known yet."""
    for project, known, closed in (
        ("P1", "2024-02-01", None),
        ("P1", "2024-02-02", None),
        ("P2", EVE, "2025-05-01"),
        ("P3", DAY, None),
    ):
        site.add("accounts", account_id="A1", project_id=project, closed_on=closed, known_at=known)
    site.add("accounts", account_id="A2", project_id="P3", known_at="2024-03-01")


def attendance(site):
    """P1 in March with two teams, in April without all figures of one of them; P4 does not run."""
    march = {"period": "2025-03-01", "known_at": "2025-04-05"}
    april = {"period": "2025-04-01", "known_at": "2025-05-05"}
    full = {"worker_days": 100, "workers_present": 10, "workers_registered": 9}
    site.add("attendance", contract_id="A", **march, **full, workers_with_contract=8)
    site.add("attendance", contract_id=None, **march, worker_days=20, workers_present=2,
             workers_registered=1, workers_with_contract=1)  # fmt: skip
    site.add("attendance", contract_id="A", **april, **full, workers_with_contract=8)
    site.add("attendance", contract_id="B", **april)
    site.add("attendance", contract_id="D", project_id="P4", **march, **full)


def others(site):
    """Feeds of two towns of one county and of another county, with rows of all causes."""
    site.add("deposits", known_at="2024-01-20")
    site.add("deposits", deposit_id="D2", project_id="P2", known_at=EVE)
    site.add("deposits", deposit_id="D3", project_id="P3", known_at="2024-05-05")
    site.add("transfers", paid_on="2025-03-10", known_at="2025-03-11")
    site.add("transfers", transfer_id="T2", known_at="2025-05-11")  # not paid
    cause = {"complaint_id": "K1", "cause": "project_payment"}
    site.add("complaints", known_at="2025-04-01")
    site.add("cases", **cause, known_at="2025-04-02")
    site.add("complaints", complaint_id="K2", known_at="2025-04-03")
    site.add("cases", case_id="F2", complaint_id="K2", cause="wages", known_at="2025-04-04")
    site.add("complaints", complaint_id="K3", known_at="2025-04-05")
    site.add("cases", case_id="F3", **{**cause, "complaint_id": "K3"}, known_at=DAY)
    site.add("complaints", complaint_id="K4", cause="project_payment", known_at="2025-04-06")
    # A case that found another cause until the eve, when it became one about wages.
    site.add("complaints", complaint_id="K5", known_at="2025-04-07")
    site.add("cases", case_id="F5", **{**cause, "complaint_id": "K5"}, known_at="2025-04-08")
    site.add("cases", case_id="F5", complaint_id="K5", cause="wages", known_at=EVE)


@pytest.fixture(scope="module")
def tables(site_in):
    """Reads rows of the snapshot."""
    with empty_store() as store:
        site = site_in(store)
        store.connection.execute("DELETE FROM projects")  # no neighbour
        for add in (projects, wages, contracts, accounts, attendance, others):
            add(site)
        with store.cursor() as cursor:
            create_snapshot(
                DuckDBTables(cursor), AS_OF, None, law_with_terms(), settled_sql(store, AS_OF)
            )
            yield lambda sql: cursor.execute(f"SELECT {sql} ORDER BY ALL").fetchall()


def test_running_are_started_and_not_long_completed(tables):
    assert tables("project_id, as_of, county, law_region, under_way FROM running") == [
        ("P1", AS_OF, "420301", "42", True),
        ("P2", AS_OF, "420301", "420301102", True),
        ("P3", AS_OF, "430000", "", False),
        ("P6", AS_OF, "420301", "42", False),
    ]


def test_payrolls_of_running_projects_with_what_was_paid(tables):
    """Twelve heads were paid on the ten of R1; those of R5 and of the unpaid R3 differ."""
    assert tables("payroll_id, paid, heads_paid, team_due, month_due FROM pay") == [
        ("R1", 60, 10, 130, 137),
        ("R2", 30, 6, 130, 137),
        ("R3", 0, 0, 7, 137),
        ("R4", 1, 3, 50, 50),
        ("R5", 11, None, 60, 60),
    ]


def test_payrolls_of_a_month(tables):
    assert tables(
        "project_id, period, amount_due, paid, due_on, heads_due, heads_paid FROM pay_months"
    ) == [
        ("P1", day("2025-03-01"), 137, 90, day("2025-04-20"), 30, 16),
        ("P1", day("2025-04-01"), 50, 1, day("2025-04-15"), None, 3),
        ("P3", day("2025-03-01"), 60, 11, day("2025-04-15"), 10, None),
    ]


def test_the_general_contract_is_the_first_without_a_parent(tables):
    assert tables("project_id, contract_id, signed_on, known_at FROM general") == [
        ("P1", "C2", day("2024-01-04"), day("2024-01-01")),
        ("P2", "C5", None, day("2024-01-01")),
    ]


def test_an_account_is_of_all_projects_that_it_was_known_to_be_of(tables):
    assert tables("account_id, project_id, closed_on FROM account_projects") == [
        ("A1", "P1", day("2025-05-01")),
        ("A1", "P2", day("2025-05-01")),
        ("A2", "P3", None),
    ]


def test_people_on_site_are_unknown_where_a_team_does_not_say(tables):
    assert tables("* FROM site_months") == [
        ("P1", day("2025-03-01"), 120, 12, 10, 9),
        ("P1", day("2025-04-01"), None, None, None, None),
    ]


def test_records_of_a_month_are_teams_and_payrolls(tables):
    found = tables("project_id, source_table, record_id, known_at, weight FROM month_records")
    april, march = day("2025-05-05"), day("2025-04-05")
    assert [one for one in found if one[1] == "attendance"] == [
        ("P1", "attendance", "P1//2025-03", march, 2),
        ("P1", "attendance", "P1/A/2025-03", march, 10),
        ("P1", "attendance", "P1/A/2025-04", april, 10),
        ("P1", "attendance", "P1/B/2025-04", april, None),
    ]
    known = day("2025-04-15")
    assert [one for one in found if one[1] != "attendance"] == [
        *(("P1", "payrolls", f"R{number}", known, 10) for number in (1, 2, 3)),
        ("P1", "payrolls", "R4", known, None),
        ("P3", "payrolls", "R5", known, 10),
    ]


def test_a_feed_of_a_county_is_known_from_its_first_day_to_its_last(tables):
    """The town of P2 is of the county of P1; transfers count once they are paid."""
    assert tables("county, feed, since, until FROM feeds") == [
        ("420301", "accounts", day(EVE), day(EVE)),
        ("420301", "cases", day("2025-04-04"), day(EVE)),
        ("420301", "deposits", day("2024-01-20"), day(EVE)),
        ("420301", "payments", day("2025-04-15"), day("2025-05-20")),
        ("420301", "payrolls", day("2025-04-15"), day("2025-04-15")),
        ("420301", "transfers", day("2025-03-11"), day("2025-03-11")),
        ("430000", "accounts", day("2024-03-01"), day("2024-03-01")),
        ("430000", "deposits", day("2024-05-05"), day("2024-05-05")),
        ("430000", "payments", day("2025-04-15"), day("2025-05-02")),
        ("430000", "payrolls", day("2025-04-15"), day("2025-04-15")),
    ]


def test_complaints_and_cases_are_those_about_wages_as_known(tables):
    assert tables("complaint_id FROM known_complaints") == [("K2",), ("K3",), ("K5",)]
    assert tables("case_id FROM known_cases") == [("F2",), ("F5",)]


def test_terms_end_on_working_days(tables):
    """1 to 8 October 2025 are days of rest, Saturday the 11th and Sunday the 28th are worked."""
    found = tables(
        "day, worked, number - (SELECT number FROM civil_days WHERE day = DATE '2025-09-27'),"
        " next_working FROM civil_days WHERE day BETWEEN DATE '2025-09-27' AND DATE '2025-10-12'"
    )
    worked = ["09-28", "09-29", "09-30", "10-09", "10-10", "10-11"]
    days = [dt.date(2025, 9, 27) + dt.timedelta(days=number) for number in range(16)]
    assert found == [
        (
            one,
            f"{one:%m-%d}" in worked,
            sum(f"{one:%m-%d}" >= other for other in worked),
            day(f"2025-{next((w for w in worked if w >= f'{one:%m-%d}'), '10-13')}"),
        )
        for one in days
    ]
    # From the 29th on four working days are the 29th, the 30th, the 9th and the 10th.
    for first, days, last in (
        *(("2025-09-28", 4, "2025-10-10"), ("2025-09-27", 2, "2025-09-29")),
        *(("2025-10-01", 2, "2025-10-10"), ("2025-10-01", 3, None)),
        ("2025-09-28", 2, "2025-09-30"),
    ):
        found = tables(f"working_days_after(DATE '{first}', {days})")
        assert found == [(day(last) if last else None,)]
    for first, days, last in (("28", 4, "2025-10-09"), ("28", 2, "2025-09-30")):
        assert tables(f"term_end(DATE '2025-09-{first}', {days})") == [(day(last),)]


def test_the_calendar_of_terms_is_that_of_all_days_of_a_year(tables):
    """400 days after the end of the next year."""
    assert tables("min(day), max(day) FROM civil_days") == [(day("2004-01-01"), day("2028-02-04"))]


def test_a_duty_binds_where_all_its_values_are_in_force():
    """On the last day of 2022 the second value is known in region 42 only, a day later nowhere."""
    law = made_law()
    assert law.regions() == ("", "42", "420301102")
    found = _bindings(law, day("2022-12-31"))
    assert [row[:3] for row in found] == [
        ("duty", "42", day("2019-07-01")),
        ("duty", "420301102", day("2019-07-01")),
    ]
    numbers = [[one for one in row[3:] if one is not None] for row in found]
    assert numbers == [[4.0, 10.0, day("2021-01-01"), day("2021-01-01")]] * 2
    assert _bindings(law, day("2023-01-01")) == ()
    only = Law(law.duties, law.values[:3])
    days_alone = [(row[1], row[4]) for row in _bindings(only, day("2022-01-01"))]
    assert days_alone == [("", 5.0), ("42", 4.0)]
    assert [(row[1], row[4]) for row in _bindings(only, day("2020-01-01"))] == [
        ("", 3.0),
        ("42", 3.0),
    ]
    assert _bindings(only, day("2019-12-31")) == ()


def test_values_of_law_by_the_span_they_are_in_force():
    law = Law(made_law().duties, made_law().values[:3])
    starts = [day(f"{year}-01-01") for year in (2020, 2021, 2022)]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    assert _dated_values(law) == tuple(
        ("duty", "days", region, number, *span)
        for region, numbers in (("", (3, 3, 5)), ("42", (3, 4, 4)))
        for number, span in zip(numbers, spans, strict=True)
    )
    needing = Law((replace(law.duties[0], needs=("days", "steps")),), law.values)
    assert _dated_values(needing) == _dated_values(law)
    assert _bindings(needing, day("2022-01-01")) == ()
