"""Teams that are owed wages: amounts, people and months worked out by hand."""

from __future__ import annotations

import datetime as dt

from serving.snapshot.wages_owed import PayrollTeams, load_owed_teams, owed_summary
from serving.watchlists.document import EvidenceRef, LocalizedText, TimelineItem

AS_OF = dt.date(2025, 6, 1)


def _payroll(world, number, contract, period, due_on, amount, workers):
    world.add(
        "payrolls",
        payroll_id=number,
        project_id="P1",
        contract_id=contract,
        period=period,
        workers=workers,
        amount_due=100 * amount,
        due_on=due_on,
        known_at=due_on,
    )


def _payment(world, payroll, amount, paid_on="2025-04-20"):
    world.add(
        "payments",
        payment_id=f"Z-{payroll}",
        payroll_id=payroll,
        paid_on=paid_on,
        amount=100 * amount,
        known_at=paid_on,
    )


def _two_teams(world):
    world.project()
    world.add(
        "contracts",
        contract_id="K1",
        project_id="P1",
        contractor_kind="individual",
        contractor_name="木工班组",
        signed_on="2025-01-01",
        known_at="2025-01-02",
    )
    _payroll(world, "R1", "K1", "2025-03-01", "2025-04-15", 10_000, 5)
    _payroll(world, "R2", "K1", "2025-04-01", "2025-05-15", 8_000, 4)
    _payroll(world, "R3", None, "2025-04-01", "2025-05-15", 3_000, 7)
    _payroll(world, "R4", "K1", "2025-02-01", "2025-03-15", 10_000, 50)
    _payment(world, "R1", 4_000)
    _payment(world, "R4", 9_900)


def test_teams_are_owed_what_is_due_and_unpaid(world):
    _two_teams(world)
    first, second = load_owed_teams(world.store, AS_OF)["P1"]
    # 6,000 + 8,000 yuan; 99 % of February is paid, which settles it.
    assert (first["name"], first["amount"]) == ("木工班组", 1_400_000)
    assert (first["workers"], first["months"], first["since"]) == (5, 2, "2025-03-01")
    assert first["due_since"] == "2025-04-15"
    assert (second["name"], second["amount"], second["workers"]) == (None, 300_000, 7)


def test_workers_owed_for_two_months_count_once(world):
    _two_teams(world)
    # April: 4 + 7 workers; March: 5.
    assert owed_summary(load_owed_teams(world.store, AS_OF)["P1"]) == {
        "amount": 1_700_000,
        "workers": 11,
        "teams": 2,
        "largest": "木工班组",
        "since": "2025-03-01",
        "due_since": "2025-04-15",
    }
    _payroll(world, "R5", None, "2025-03-01", "2025-04-15", 100, None)
    assert owed_summary(load_owed_teams(world.store, AS_OF)["P1"])["workers"] is None


def test_what_is_due_or_known_from_as_of_on_is_not_owed(world):
    _two_teams(world)
    before = load_owed_teams(world.store, AS_OF)
    _payroll(world, "R6", "K1", "2025-05-01", "2025-06-01", 9_000, 3)
    _payment(world, "R2", 8_000, paid_on="2025-06-01")
    assert load_owed_teams(world.store, AS_OF) == before
    assert owed_summary(()) is None


def test_nothing_is_known_to_be_owed_without_payments(world):
    world.project()
    _payroll(world, "R1", None, "2025-03-01", "2025-04-15", 10_000, 5)
    assert load_owed_teams(world.store, AS_OF) == {}


def test_payrolls_of_timelines_have_the_team_of_their_contract(world):
    _two_teams(world)
    stories = {"P": ["R1", "R2", "R3", "R4"], "Q": ["R2", "R9"], "R": []}
    assert _teams(world, AS_OF, stories) == {
        "P": dict.fromkeys(("R1", "R2", "R4"), "木工班组"),
        "Q": {"R2": "木工班组"},
    }
    assert _teams(world, dt.date(2025, 4, 15), stories) == {"P": {"R4": "木工班组"}}
    assert _teams(world, AS_OF, {}) == {}


def _teams(world, as_of, stories):
    teams = PayrollTeams(world.store, as_of)
    for project, rolls in stories.items():
        story = [_event("payrolls", one) for one in rolls]
        teams.add(project, [_event("complaints", "R1"), *story])
    return dict(teams.load(stories))


def _event(table, record_id):
    said = LocalizedText("", "")
    return TimelineItem(AS_OF, "", said, EvidenceRef(table, record_id, AS_OF))
