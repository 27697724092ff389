"""Feature values computed by hand on small worlds."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from features.families import payments, stage, subcontracting
from features.matrix import feature_matrix
from features.season import SEASON_FEATURES
from risk.flags import red_flags

from .conftest import feature_value

AS_OF = dt.date(2024, 7, 1)


def value(store, name, project_id="P1", as_of=AS_OF):
    return feature_value(store, name, project_id, as_of)


def test_unpaid_share_counts_money_of_three_months(world):
    world.project()
    world.payroll("A", "2024-04-15")
    world.payroll("B", "2024-05-15")
    world.payment("A", "2024-04-15", 1_000_000)
    world.payment("B", "2024-05-20", 400_000)
    assert value(world.store, "unpaid_share_3m") == pytest.approx(600_000 / 2_000_000)
    assert value(world.store, "oldest_unpaid_days") == (AS_OF - dt.date(2024, 5, 15)).days
    assert value(world.store, "late_share_3m") == pytest.approx(600_000 / 2_000_000)


def test_wages_are_late_from_the_sixth_day_after_the_due_day(world):
    world.project()
    for number, (due, paid) in enumerate(
        [("2024-05-10", "2024-05-15"), ("2024-05-10", "2024-05-16"), ("2024-06-25", None)]
    ):
        world.payroll(str(number), due)
        if paid:
            world.payment(str(number), paid, 1_000_000)
    # At 1 July the six days of the last payroll are over, at 30 June they are not.
    assert value(world.store, "late_share_3m") == pytest.approx(2 / 3)
    assert value(world.store, "late_share_12m", as_of=dt.date(2024, 6, 30)) == pytest.approx(1 / 2)


@pytest.mark.parametrize(("heads", "expected"), [((10, 30), 0.51), ((10, None), 1.02)])
def test_the_pay_state_counts_earlier_months_for_less(world, heads, expected):
    world.project()
    team = {"contract_id": "a", "workers": heads[0]}
    world.payroll("A1", "2024-04-10", **team)
    world.payroll("A2", "2024-05-10", **team)
    world.payroll("A3", "2024-06-10", **team)
    world.payment("A1", "2024-04-26", 1_000_000)  # on the 16th day after: the month was owed
    world.payment("A2", "2024-05-10", 500_000)
    world.payroll("B", "2024-06-10", contract_id="b", workers=heads[1])
    world.payment("B", "2024-06-25", 1_000_000)
    # Team a: 1 + 0.8 x 0.5 + 0.64 x 1 = 2.04; team b: 0.
    assert value(world.store, "unpaid_state_months") == pytest.approx(expected)
    # On the 15th day after the due day of June its wages do not count yet, and 46 days after that
    # of May a period of 30 days is over: 0.8 x 0.5 + 0.64 x 1.
    before = value(world.store, "unpaid_state_months", as_of=dt.date(2024, 6, 25))
    assert before == pytest.approx(1.04)


def test_a_payment_known_on_the_day_itself_is_not_known_yet(world):
    world.project()
    world.payroll("A", "2024-06-15")
    world.payment("A", "2024-06-20", 1_000_000, known_at="2024-07-01")
    world.payment("B", "2024-06-20", 1, known_at="2024-06-21")
    assert value(world.store, "unpaid_share_3m") == 1.0


def test_without_a_payments_feed_what_is_unpaid_is_unknown(world):
    world.project()
    world.payroll("A", "2024-06-15")
    assert math.isnan(value(world.store, "unpaid_share_3m"))
    assert value(world.store, "payroll_silent_days") == 16


def test_only_projects_gives_rows_and_unknown_features(world):
    world.project(contract_amount=None)
    matrix = feature_matrix(world.store, [AS_OF])
    known = {
        name
        for name, cell in zip(matrix.columns, matrix.values[0], strict=True)
        if not math.isnan(cell)
    }
    assert "before_festival_share" in known
    assert not known & {"unpaid_share_3m", "complaints_90d", "events_all", "deposit_valid"}


def test_no_complaint_is_zero_only_where_the_feed_exists(world):
    world.project()
    world.project("P2")
    assert math.isnan(value(world.store, "complaints_90d"))
    world.add(
        "complaints",
        complaint_id="C1",
        received_on="2024-06-01",
        project_id="P2",
        known_at="2024-06-02",
    )
    assert value(world.store, "complaints_90d") == 0
    assert value(world.store, "complaints_90d", "P2") == 1


def test_contract_depth_follows_the_chain(world):
    world.project()
    parent = None
    for level in range(4):
        world.add(
            "contracts",
            contract_id=f"K{level}",
            project_id="P1",
            parent_contract_id=parent,
            contractor_kind="individual" if level == 3 else "company",
            written=level < 3,
            signed_on="2024-01-01",
            known_at="2024-01-05",
        )
        parent = f"K{level}"
    assert value(world.store, "contract_depth") == 4
    assert value(world.store, "person_share") == pytest.approx(1 / 3)
    assert value(world.store, "oral_share") == pytest.approx(1 / 3)


def test_contract_depth_ends_for_a_contract_that_is_its_own_parent(world):
    world.project()
    world.add(
        "contracts",
        contract_id="K",
        project_id="P1",
        parent_contract_id="K",
        signed_on="2024-01-01",
        known_at="2024-01-05",
    )
    assert feature_matrix(world.store, [AS_OF]).values.shape[0] == 1


def test_transfers_read_the_version_known_then(world):
    world.project()
    due = {
        "transfer_id": "R1",
        "project_id": "P1",
        "period": "2024-05-01",
        "amount_due": 100,
        "due_on": "2024-05-10",
    }
    world.add("transfers", **due, known_at="2024-05-10")
    world.add("transfers", **due, amount_paid=100, paid_on="2024-06-20", known_at="2024-06-21")
    assert value(world.store, "transfer_short_share_3m", as_of=dt.date(2024, 6, 21)) == 1
    assert value(world.store, "transfer_short_share_3m", as_of=dt.date(2024, 6, 22)) == 0
    assert value(world.store, "transfer_delay_3m", as_of=dt.date(2024, 6, 22)) == 41


def test_a_deposit_past_its_last_day_is_not_valid(world):
    world.project()
    world.add(
        "deposits",
        deposit_id="D",
        project_id="P1",
        kind="guarantee",
        status="stored",
        required_amount=100,
        amount=100,
        valid_from="2024-01-10",
        valid_to="2024-06-20",
        known_at="2024-01-11",
    )
    assert value(world.store, "deposit_valid", as_of=dt.date(2024, 6, 20)) == 1
    assert value(world.store, "deposit_valid") == 0
    assert value(world.store, "deposit_lapsed_days") == 11


def test_cohort_leaves_out_what_the_definition_leaves_out(world):
    world.project("running")
    world.project("future", started_on="2024-07-01")
    world.project("recent", completed_on="2024-04-02")
    world.project("old", completed_on="2024-04-01")
    world.project("unknown_yet", known_at="2024-07-01")
    world.project("owing")
    world.add(
        "cases",
        case_id="A",
        project_id="owing",
        opened_on="2024-06-01",
        status="confirmed",
        known_at="2024-06-10",
    )
    assert feature_matrix(world.store, [AS_OF]).project_ids == ("recent", "running")


def test_a_closed_case_lets_the_project_back_in_and_counts_as_history(world):
    world.project()
    case = {"case_id": "A", "project_id": "P1", "opened_on": "2024-05-01"}
    world.add("cases", **case, status="confirmed", known_at="2024-05-10")
    world.add("cases", **case, status="closed", known_at="2024-06-10")
    assert value(world.store, "events_all") == 1
    assert value(world.store, "days_since_event") == 61


def test_the_season_is_counted_from_spring_festival(world):
    unknown = math.nan
    expected = {  # festivals: 10 February 2024, 29 January 2025
        "2024-07-01": (212, 142, 0, 0),
        "2024-11-01": (89, 265, 28 / 90, 1 / 90),
        "2025-01-01": (28, 326, 28 / 90, 28 / 90),
        "2025-01-28": (1, 353, 1 / 90, 28 / 90),
        "2025-01-29": (0, 0, 0, 28 / 90),
        "2025-02-15": (367, 17, 0, 11 / 90),
        # The table begins with 5 February 2000 and ends with 23 January 2050.
        "2000-02-04": (1, unknown, unknown, unknown),
        "2000-02-05": (0, 0, 0, 28 / 90),
        "2050-01-23": (0, 0, 0, 28 / 90),
        "2050-02-01": (unknown, 9, unknown, unknown),
    }
    names = [feature.name for feature in SEASON_FEATURES]
    world.project(started_on="1999-01-01", known_at="1999-01-02")
    days = [dt.date.fromisoformat(day) for day in expected]
    matrix = feature_matrix(world.store, days, families=[stage.FAMILY]).select_columns(names)
    found = dict(zip(map(str, matrix.as_ofs.tolist()), matrix.values.tolist(), strict=True))
    for day, values in expected.items():
        assert found[day] == pytest.approx(list(values), nan_ok=True), day


def test_contractor_features_leave_out_the_project_itself(world):
    world.project("P1", contractor_id="C")
    world.project("P2", contractor_id="C")
    world.payroll("A", "2024-06-15", project_id="P1")
    world.payroll("B", "2024-06-15", project_id="P2")
    world.payment("A", "2024-06-15", 1_000_000)
    assert value(world.store, "contractor_unpaid_share", "P1") == 1
    assert value(world.store, "contractor_unpaid_share", "P2") == 0


def test_linked_and_unlinked_complaints_are_shares_of_the_year(world):
    world.project()
    world.project(project_id="P2")
    day = "2024-05-01"
    for number, project in (("C1", "P1"), ("C2", None), ("C3", None), ("OLD", None)):
        received = "2022-05-01" if number == "OLD" else day
        told = {"complaint_id": number, "received_on": received, "known_at": received}
        world.add("complaints", project_id=project, **told)
    assert value(world.store, "linked_complaint_share_365d") == 0
    assert math.isnan(value(world.store, "linked_complaint_share_365d", "P2"))
    assert value(world.store, "unlinked_complaint_share_365d", "P2") == pytest.approx(2 / 3)
    world.add(
        "links",
        complaint_id="C2",
        decision="linked",
        project_id="P1",
        decided_on="2024-06-30",
        known_at="2024-06-30",
    )
    assert value(world.store, "linked_complaint_share_365d") == pytest.approx(1 / 2)
    assert value(world.store, "unlinked_complaint_share_365d") == pytest.approx(1 / 3)
    before = dt.date(2024, 6, 30)
    assert value(world.store, "linked_complaint_share_365d", as_of=before) == 0


def test_without_a_complaints_feed_linked_shares_are_unknown(world):
    world.project()
    assert math.isnan(value(world.store, "linked_complaint_share_365d"))
    assert math.isnan(value(world.store, "unlinked_complaint_share_365d"))


PAID = {  # region, yuan a head, days of 10 people, whether below
    "lower": ("520300101", 18_899, None, 1),
    "equal": ("520300101", 18_900, None, 0),
    "lower for its days": ("520300101", 8_689, 100, 1),  # 4.6 full months: 8,689.66 yuan
    "equal for its days": ("520300101", 8_690, 100, 0),
    "without a minimum": ("420300101", 1, None, math.nan),
}


def test_mean_pay_below_the_local_minimum_as_for_the_flag(world):
    month = "2024-05-01"
    for name, (region, yuan, days, _) in PAID.items():
        world.project(name, region_code=region)
        due = {"period": month, "workers": 10, "amount_due": yuan * 100}
        world.payroll(name, "2024-06-15", project_id=name, **due)
        if days is not None:
            row = {"project_id": name, "period": month, "known_at": "2024-06-05"}
            world.add("attendance", **row, workers_present=10, worker_days=days)
    world.payment("none", "2024-06-20", 1)  # the county reports payments
    found = feature_matrix(world.store, [AS_OF], families=[subcontracting.FAMILY, payments.FAMILY])
    [shares] = found.select_columns(["below_minimum_share_3m"]).values.T
    below = {name: expected for name, (*_, expected) in PAID.items()}
    assert dict(zip(found.project_ids, shares, strict=True)) == pytest.approx(below, nan_ok=True)
    flags = red_flags(world.store, AS_OF)
    flagged = {
        name for name in PAID if "pay_below_minimum" in {f.code for f in flags.get(name, ())}
    }
    assert flagged == {name for name, share in below.items() if share == 1}
