"""Records behind a statement: those its figure counts, the most telling first, five at most.

One project at 2025-01-01, so that 92 days ago is 2024-10-01, 90 days 2024-10-03 and 365 days
2024-01-02. Records are named by what decides whether and where they are listed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from features.catalogue import Evidence, evidence_of
from features.engines.duckdb import DuckDBEngine
from features.feature_sets import FEATURE_SETS
from features.matrix import compute
from models.reasons import StagedEvidence, top_records_sql

AS_OF = dt.date(2025, 1, 1)
FEATURES = {feature.name: feature for feature in FEATURE_SETS["project"].features}
WAN = 1_000_000
"""Ten thousand yuan, in fen."""

MONTHS = [f"P//2024-{month}" for month in (11, 10, "09", "07")]
EXPECTED = {
    # Each payroll is of 100,000 yuan; unpaid are 10,000 of the one due 31 days ago, 20,000 of that
    # of 32 days, then 30,000, 40,000, 50,000 and, of that of 200 days, 5,000. All the rest was paid
    # on the due day, in cash.
    "unpaid_share_3m": ["P-92", "P-32", "P-31"],
    "unpaid_share_12m": ["P-365", "P-93", "P-92", "P-32", "P-31"],
    "unpaid_months": ["P-365", "P-93", "P-92", "P-32", "P-31"],
    "unpaid_amount": ["P-365", "P-93", "P-92", "P-32", "P-31"],
    "unpaid_per_worker": ["P-365", "P-93", "P-92", "P-32", "P-31"],
    "unpaid_overdue_share": ["P-365", "P-93", "P-92", "P-32", "P-200"],
    "oldest_unpaid_days": ["P-365", "P-200", "P-93", "P-92", "P-32"],
    "open_teams_share": ["P-92", "P-32", "P-31"],
    "late_share_3m": ["P-92", "P-32", "P-31"],
    "late_share_12m": ["P-365", "P-93", "P-92", "P-32", "P-31"],
    "delay_days_3m": ["P-92", "P-32", "P-31"],
    # Amount times days: 50,000 * 365, 40,000 * 93, 30,000 * 92, 5,000 * 200, 20,000 * 32.
    "delay_days_12m": ["P-365", "P-93", "P-92", "P-200", "P-32"],
    "cash_share_3m": ["P-31", "P-32", "P-92"],
    "foreman_share_3m": ["F-40"],
    "foreman_share_12m": ["F-150", "F-40"],  # 20,000 and 10,000 yuan
    "payroll_lag_days": ["P-32", "P-31", "P-92", "F-40"],  # known 9, 5, 3 and 2 days late
    # Of 50,000, 40,000, 30,000 and 20,000 yuan, not received. T-paid came 8 days late, T-soon one.
    "transfer_short_share_3m": ["T-92", "T-31"],
    "transfer_short_share_12m": ["T-93", "T-92", "T-200", "T-31"],
    "transfer_short_amount": ["T-93", "T-92", "T-200", "T-31"],
    "transfer_oldest_days": ["T-200", "T-93", "T-92", "T-31"],
    "transfer_delay_3m": ["T-92", "T-31", "T-paid", "T-soon"],
    "transfer_delay_12m": ["T-200", "T-93", "T-92", "T-31", "T-paid"],
    "account_open": ["A-open", "A-to close"],
    "account_delay_days": ["A-closed", "A-open", "A-to close"],
    "deposit_valid": ["D-exempt", "D-stored"],
    "deposit_lapsed_days": ["D-lapsed longest", "D-lapsed"],
    "deposit_drawn": ["D-stored"],
    "complaints_90d": ["C-1", "C-90"],
    "complaints_365d": ["C-1", "C-90", "C-91", "C-365"],
    "complaints_all": ["C-1", "C-90", "C-91", "C-365", "C-366"],
    "complaint_amount_share": ["C-365", "C-90", "C-91"],
    "events_365d": ["K-again", "V-100", "V-365"],
    "events_all": ["K-again", "V-100", "V-365", "V-366"],
    "last_inspection_found": ["V-100"],
    "rectification_overdue": ["V-365", "V-100"],  # due 365 and 60 days ago, the other 366
    "dispute_open_days": ["G-old", "G-new"],
    "disputes_open": ["G-old", "G-new"],
    "dispute_open_share": ["G-new", "G-old"],
    "contractor_overdue_loans": ["O/overdue_loans/2024-11"],
    "contractor_insured_ratio": [f"O/social_insurance/2024-{month}" for month in (11, 10, "09")],
    # Three, nine and one more present than registered; of July is a fourth reported month.
    "registered_share": ["P//2024-09", "P//2024-11", "P//2024-10"],
    "contract_signed_share": ["P//2024-10", "P//2024-11", "P//2024-09"],
    "contractor_events_365d": ["V-completed", "V-other", "V-other 365"],
    "contractor_complaints_365d": ["C-other", "C-other 365"],
    "contractor_unpaid_share": ["N-1", "N-92"],
    "owner_short_share": ["T-N-92"],
    "owner_overdue_loans": ["W/overdue_loans/2024-11"],
    "returned_share_3m": ["P-92 returned", "P-31 returned"],  # 5,000 and 3,000 yuan
    "cases_open": ["K-filed", "K-accepted"],
    "listed": ["S-owner", "S-contractor"],
    "contract_depth": ["M-4", "M-3"],
    "person_share": ["M-4", "M-3"],
    "oral_share": ["M-4"],
    "advance_funded": ["P"],
    "notice_board": ["P"],
    "settled_at_completion": ["P"],
    "attendance_silent_days": MONTHS,
    "attendance_months_missing_6m": MONTHS,
}
TABLES = {
    **{"A": "accounts", "C": "complaints", "D": "deposits", "F": "payrolls", "G": "disputes"},
    **{"K": "cases", "M": "contracts", "N": "payrolls", "O": "operations", "P": "payrolls"},
    **{"S": "listings", "T": "transfers", "V": "inspections", "W": "operations"},
}
"""The table of a record by its first letter, but for what came back, months and the project."""

ELSEWHERE = {"below_minimum_share_3m"}
"""Tested with the minimum wages."""


def ago(days):
    return (AS_OF - dt.timedelta(days=days)).isoformat()


@pytest.fixture
def county(world):
    """P with its records; N and L, completed 731 days ago, are of its parties, X of others."""
    world.add("organizations", org_id="O", org_name="总包", known_at="2020-01-01")
    world.add("organizations", org_id="W", org_name="业主", known_at="2020-01-01")
    party = {"contractor_id": "O", "owner_id": "W", "started_on": "2022-01-01"}
    party |= {"known_at": "2022-01-02"}
    world.project("P", **party)
    world.project("N", **party)
    world.project("L", **{**party, "completed_on": ago(731)})
    world.project("X", **{**party, "contractor_id": "W", "owner_id": "O"})
    add_payrolls(world)
    add_transfers(world)
    add_deposits(world)
    add_visits(world)
    add_disputes(world)
    add_cases_and_contracts(world)
    add_reports(world)
    return world.store


def add_payrolls(world):
    for days, unpaid, late in (
        *((31, 1, 5), (32, 2, 9), (92, 3, 3)),
        *((93, 4, 4), (200, 0.5, 0), (365, 5, 0)),
    ):
        known = {"known_at": ago(days - late), "amount_due": 10 * WAN, "project_id": "P"}
        world.payroll(f"P-{days}", ago(days), **known)
        paid = int((10 - unpaid) * WAN)
        world.payment(f"P-{days}", ago(days), paid, channel="cash", known_at=ago(days - 1))
    # A return dated as_of has not happened, and one known on as_of is not known; P-31's was first
    # put in as 9,000 yuan, and P-92's is corrected on as_of.
    for key, yuan, back, known in (
        *(("P-32 comes back", 4000, 0, 2), ("P-32 known today", 7000, 1, 0)),
        *(("P-31 returned", 9000, 1, 8), ("P-92 returned", 1000, 1, 0)),
    ):
        row = {"payment_id": key, "returned_on": ago(back), "known_at": ago(known)}
        world.payment(key[:4], ago(9), yuan * 100, **row)
    for days, amount, late in ((40, WAN, 2), (150, 2 * WAN, 0)):
        known = {"known_at": ago(days - late), "amount_due": amount, "project_id": "P"}
        world.payroll(f"F-{days}", ago(days), **known)
        world.payment(f"F-{days}", ago(days), amount, channel="foreman")
    for days, amount in ((31, 0.3), (92, 0.5), (93, 0.9)):
        back = {"returned_on": ago(1), "payment_id": f"P-{days} returned"}
        world.payment(f"P-{days}", ago(9), int(amount * WAN), **back, known_at=ago(7))
    for days, amount in ((1, 2), (92, 1), (93, 3)):
        world.payroll(f"N-{days}", ago(days), project_id="N", amount_due=amount * WAN)
    world.payroll("N-paid", ago(50), project_id="N", amount_due=WAN)
    world.payment("N-paid", ago(50), WAN)
    world.payroll("X-50", ago(50), project_id="X", amount_due=9 * WAN)


def add_transfers(world):
    for name, days, short, paid_on in (
        *(("T-31", 31, 2, None), ("T-92", 92, 4, None), ("T-93", 93, 5, None)),
        *(("T-200", 200, 3, None), ("T-paid", 50, 0, 42), ("T-soon", 50, 0, 49)),
        ("T-at once", 50, 0, 50),
    ):
        world.add(
            *("transfers",), transfer_id=name, project_id="P", amount_due=(short or 9) * WAN,
            due_on=ago(days), period=ago(days)[:8] + "01", known_at=ago(20),
            amount_paid=9 * WAN if paid_on else None, paid_on=ago(paid_on) if paid_on else None,
        )  # fmt: skip
    for days in (92, 93):
        world.add(
            *("transfers",), transfer_id=f"T-N-{days}", project_id="N", amount_due=WAN,
            due_on=ago(days), period=ago(days)[:8] + "01", known_at=ago(20),
        )  # fmt: skip
    for name, paid in (("T-N-paid", WAN), ("T-X", None)):
        world.add(
            *("transfers",), transfer_id=name, project_id=name[2], amount_due=WAN,
            due_on=ago(50), period=ago(50)[:8] + "01", known_at=ago(20),
            amount_paid=paid, paid_on=paid and ago(50),
        )  # fmt: skip
    for name, opened, closed in (
        *(("A-closed", 700, ago(1)), ("A-open", 600, None), ("A-to close", 500, AS_OF)),
    ):
        world.add(
            *("accounts",), account_id=name, project_id="P", opened_on=ago(opened),
            closed_on=closed, known_at=ago(1),
        )  # fmt: skip


def add_deposits(world):
    for name, kind, status, valid_from, valid_to in (
        ("D-stored", "cash", "stored", ago(500), AS_OF),
        ("D-exempt", "exempt", "stored", ago(500), None),
        ("D-returned", "exempt", "returned", ago(500), None),
        ("D-lapsed", "guarantee", "stored", ago(500), ago(1)),
        ("D-lapsed longest", "guarantee", "expired", ago(500), ago(9)),
        ("D-ahead", "cash", "stored", AS_OF, None),
    ):
        row = {"deposit_id": name, "project_id": "P", "kind": kind, "valid_from": valid_from}
        row |= {"valid_to": valid_to, "required_amount": WAN}
        if name == "D-stored":
            world.add("deposits", **row, status="drawn", known_at=ago(450))
        world.add("deposits", **row, status=status, known_at=ago(400))


def add_visits(world):
    for days, claimed in ((1, None), (90, 2), (91, 1), (365, 3), (366, 9)):
        world.add(
            *("complaints",), complaint_id=f"C-{days}", project_id="P", received_on=ago(days),
            amount_claimed=claimed and claimed * WAN, known_at=ago(days),
        )  # fmt: skip
    for days, rectify_by in ((100, 60), (365, 365), (366, 366)):
        world.add(
            *("inspections",), inspection_id=f"V-{days}", project_id="P", inspected_on=ago(days),
            arrears_found=True, rectify_by=ago(rectify_by), known_at=ago(days),
        )  # fmt: skip
    # Of two visits of one day the last is that with the later identifier.
    for project, name, days in (
        *(("N", "V-other", 200), ("N", "V-other 365", 365), ("N", "V-other 366", 366)),
        *(("L", "V-completed", 200), ("X", "V-of others", 200), ("P", "U-100", 100)),
    ):
        world.add(
            *("inspections",), inspection_id=name, project_id=project, inspected_on=ago(days),
            arrears_found=project != "P", known_at=ago(days),
        )  # fmt: skip
    for project, name, days in (
        *(("N", "C-other", 200), ("N", "C-other 365", 365), ("N", "C-other 366", 366)),
        ("X", "C-of others", 200),
    ):
        world.add(
            *("complaints",), complaint_id=name, project_id=project, received_on=ago(days),
            known_at=ago(days),
        )  # fmt: skip


def add_cases_and_contracts(world):
    for number, status in enumerate(("filed", "accepted", "unfounded"), start=1):
        world.add(
            *("cases",), case_id=f"K-{status}", project_id="P", opened_on=ago(number),
            status=status, known_at=ago(number),
        )  # fmt: skip
    again = {"case_id": "K-again", "project_id": "P", "status": "filed"}
    world.add("cases", **again, opened_on=ago(50), confirmed_on=ago(45), known_at=ago(45))
    world.add(
        *("contracts",), contract_id="M-0", project_id="P", contractor_kind="individual",
        written=True, signed_on=ago(20), known_at=ago(20),
    )  # fmt: skip
    for name, org, days, removed in (
        ("contractor", "O", 9, None), ("owner", "W", 8, AS_OF), ("removed", "O", 7, ago(1)),
        ("not yet", "O", 0, None), ("of another", "X", 9, None),
    ):  # fmt: skip
        world.add(
            *("listings",), listing_id=f"S-{name}", org_id=org, listed_on=ago(days),
            removed_on=removed, known_at=ago(20),
        )  # fmt: skip
    for level, kind, written in (
        (1, "company", False), (2, "company", True), (3, "individual", True),
        (4, "individual", False),
    ):  # fmt: skip
        world.add(
            *("contracts",), contract_id=f"M-{level}", project_id="P", contractor_kind=kind,
            parent_contract_id=f"M-{level - 1}" if level > 1 else None, written=written,
            signed_on=ago(20), known_at=ago(20),
        )  # fmt: skip


def add_disputes(world):
    for name, opened, amount, resolved in (
        *(("G-old", 90, 1, None), ("G-new", 9, 2, AS_OF), ("G-resolved", 300, 3, ago(1))),
    ):
        world.add(
            *("disputes",), dispute_id=name, project_id="P", opened_on=ago(opened),
            amount=amount * WAN, resolved_on=resolved, known_at=ago(1),
        )  # fmt: skip


def add_reports(world):
    for month in (8, 9, 10, 11):
        period = f"2024-{month:02d}-01"
        for org, indicator in (
            *(("O", "overdue_loans"), ("O", "social_insurance"), ("W", "overdue_loans")),
        ):
            world.add(
                *("operations",), org_id=org, indicator=indicator, period=period, value=month,
                known_at=f"2024-{month + 1:02d}-05",
            )  # fmt: skip
    # Of a month that has not begun; and N last reported in July.
    world.add(
        *("operations",), org_id="O", indicator="overdue_loans", period=AS_OF, value=9,
        known_at=ago(5),
    )  # fmt: skip
    july = {"period": "2024-07-01", "workers_present": 1, "known_at": "2024-08-05"}
    world.add("attendance", project_id="N", **july)
    for month, registered, signed in ((11, 17, 18), (10, 19, 10), (9, 11, 19), (7, 0, 0)):
        world.add(
            *("attendance",), project_id="P", period=f"2024-{month:02d}-01", worker_days=100,
            workers_registered=registered, workers_present=20, workers_with_contract=signed,
            known_at=f"2024-{month + 1:02d}-05",
        )  # fmt: skip


def test_every_statement_lists_the_records_its_figure_counts(county):
    engine = compute(county, [AS_OF])
    try:
        staged = StagedEvidence(engine, county, 2)
        found = staged.of([(one, "P") for one in evidence_of(FEATURE_SETS["project"].families)])
        one = FEATURES["unpaid_share_3m"].lowers.evidence
        assert staged.of([(one, "P")]) == {(one, "P"): found[one, "P"]}
        assert staged.of([(one, "unknown")]) == staged.of([]) == {}
        others = [(other, "N") for other, _ in found]
        of_both = staged.of([*found, *others])
        assert of_both == found | staged.of(others)
        assert {name for _, name in of_both} == {"N", "P"}
        # Statement by statement, as in a large cohort.
        assert StagedEvidence(engine, county, 1_000_000).of([*found, *others]) == of_both
    finally:
        engine.close()

    def listed(name):
        feature = FEATURES[name]
        statement = feature.raises or feature.lowers
        return [item.record_id for item in found.get((statement.evidence, "P"), ())]

    assert {name: listed(name) for name in EXPECTED} == EXPECTED
    for one in (one for records in found.values() for one in records):
        own = "payments" if "returned" in one.record_id else TABLES[one.record_id[0]]
        own = "attendance" if one.record_id.startswith("P//") else own
        assert one.table == ("projects" if one.record_id == "P" else own), one
    stated = {name for name, feature in FEATURES.items() if feature.raises or feature.lowers}
    assert stated == set(EXPECTED) | ELSEWHERE
    settled = FEATURES["unpaid_share_3m"].lowers.evidence
    assert [item.record_id for item in found[settled, "P"]] == ["P-32", "P-31", "F-40", "P-92"]
    received = FEATURES["transfer_short_share_3m"].lowers.evidence
    assert [item.record_id for item in found[received, "P"]] == ["T-paid", "T-soon", "T-at once"]


def test_five_records_of_most_weight_then_by_table_and_id(store):
    evidence = Evidence(
        """
        SELECT DATE '2025-01-01' AS as_of, * FROM (VALUES
          ('P', 'b', '1', DATE '2024-01-01', 2.0), ('P', 'a', '2', DATE '2024-01-01', 2.0),
          ('P', 'a', '1', DATE '2024-01-01', 2.0), ('P', 'z', '9', DATE '2024-01-01', 9.0),
          ('P', 'c', '1', DATE '2024-01-01', 1.0), ('P', 'c', '2', DATE '2024-01-01', 0.5),
          ('P', 'a', '0', DATE '2024-01-01', NULL), ('Q', 'a', '7', DATE '2024-01-01', -1.0),
          ('Q', 'a', '8', DATE '2024-01-01', NULL)
        ) t(project_id, source_table, record_id, known_at, weight)
        """
    )
    engine = DuckDBEngine(store, [AS_OF])
    try:
        found = top_records_sql({7: evidence, 8: replace(evidence, sql=f"{evidence.sql} LIMIT 1")})
        rows = engine.rows(f"SELECT * FROM ({found}) t ORDER BY statement, project_id, place")
    finally:
        engine.close()
    assert [(*row[:4], row[5]) for row in rows] == [
        (7, "P", "z", "9", 1),
        (7, "P", "a", "1", 2),
        (7, "P", "a", "2", 3),
        (7, "P", "b", "1", 4),
        (7, "P", "c", "1", 5),
        (7, "Q", "a", "7", 1),
        (8, "P", "b", "1", 1),
    ]
