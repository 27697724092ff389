"""Transfers to the police and listings: stages, their clocks, and what they do to a matter."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.statutory_deadlines import stage_deadline
from serving.auth.principal import Principal
from serving.auth.roles import Role
from serving.matters.repository import Step, all_matters
from serving.matters.rules import matter_rules
from serving.matters.stages import LISTING_STAGES, TRANSFER_STAGES, last_stage
from serving.matters.state import state_on
from serving.matters.steps import MatterClosed, StepInvalid, StepRequest, apply_step
from serving.matters.sync import sync_from_lists
from serving.settings import MatterSettings

from .builders import JUNE, matter, publish_register

NOW = dt.datetime(2025, 6, 10, 9, tzinfo=dt.UTC)
TODAY = dt.date(2025, 6, 10)
RULES = matter_rules(MatterSettings(alerts=()))
HERE = Principal("u", "李", Role.INSPECTOR, "9901")


def step(kind, stage, on):
    data = {"stage": stage, "on": on}
    return Step("case:A", "990102", kind, None, None, None, None, "李", NOW, data)


@pytest.mark.parametrize(
    ("kind", "stage", "on", "ends_on", "owed_by"),
    [
        ("transfer", "sent", "2025-06-03", "2025-06-06", "police"),  # Friday
        ("transfer", "sent", "2025-06-04", "2025-06-09", "police"),  # Saturday, to Monday
        ("transfer", "returned", "2025-09-28", "2025-10-09", "office"),  # over the festival
        ("transfer", "reconsideration", "2025-06-03", "2025-06-06", "police"),
        ("transfer", "upheld", "2025-06-03", "2025-06-06", "office"),
        ("transfer", "explanation", "2025-06-03", "2025-06-10", "police"),
        ("transfer", "filing_ordered", "2025-06-03", "2025-06-18", "police"),
        ("listing", "notified", "2025-05-29", "2025-06-06", "unit"),  # 2 June is a holiday
    ],
)
def test_a_stage_starts_its_term(kind, stage, on, ends_on, owed_by):
    found = last_stage(kind, [step(kind, stage, on)], dt.date.fromisoformat(on))
    assert (found.deadline.ends_on.isoformat(), found.deadline.owed_by) == (ends_on, owed_by)
    assert not found.overdue
    assert not last_stage(kind, [step(kind, stage, on)], found.deadline.ends_on).overdue
    day_after = found.deadline.ends_on + dt.timedelta(days=1)
    assert last_stage(kind, [step(kind, stage, on)], day_after).overdue


def test_stages_that_end_a_transfer_start_no_term():
    for kind, stages in (("transfer", TRANSFER_STAGES), ("listing", LISTING_STAGES)):
        without = [s for s in stages if last_stage(kind, [step(kind, s, "2025-06-03")], TODAY)
                   .deadline is None]  # fmt: skip
        assert (
            set(without)
            == {
                "transfer": {"accepted", "supervision", "not_supervised"},
                "listing": {"objected", "listed", "not_listed"},
            }[kind]
        )
    with pytest.raises(KeyError):
        stage_deadline("transfer", "nothing", TODAY, TODAY)


def test_the_stage_that_took_effect_last_counts():
    steps = [step("transfer", "returned", "2025-06-05"), step("transfer", "sent", "2025-06-02")]
    assert last_stage("transfer", steps, TODAY).stage == "returned"
    assert last_stage("transfer", steps, dt.date(2025, 6, 4)).stage == "sent"
    assert last_stage("transfer", steps, dt.date(2025, 6, 1)) is None
    assert last_stage("listing", steps, TODAY) is None


@pytest.fixture
def ledger(database):
    publish_register(database, JUNE, matters=[matter("case:A", transferred_on="2025-05-20")])
    sync_from_lists(database, RULES, NOW)
    return database


def take(database, **wanted):
    with database.engine.begin() as connection:
        after = apply_step(connection, HERE, "case:A", StepRequest(**wanted), RULES, NOW)
    return state_on(after, RULES, TODAY)


def test_a_case_the_police_return_is_open_again(ledger):
    (found,) = all_matters(ledger.engine, HERE)
    recorded = state_on(found, RULES, TODAY).transfer
    assert (recorded.stage, recorded.on, recorded.deadline) == ("sent", dt.date(2025, 5, 20), None)
    closed = take(ledger, step="closed", reason="transferred", text="移送")
    assert closed.closed
    with pytest.raises(MatterClosed):
        take(ledger, step="given", person="张")
    back = take(ledger, step="transfer", stage="returned", on=dt.date(2025, 6, 9), text="退回")
    assert not back.closed
    assert (back.transfer.stage, back.transfer.deadline.ends_on) == (
        "returned",
        dt.date(2025, 6, 12),
    )
    asked = take(ledger, step="transfer", stage="supervision", on=TODAY)
    assert (asked.transfer.stage, asked.transfer.deadline) == ("supervision", None)
    assert [s.step for s in asked.matter.steps] == ["closed", "transfer", "reopened", "transfer"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"step": "transfer", "on": TODAY},
        {"step": "transfer", "stage": "listed", "on": TODAY},
        {"step": "listing", "stage": "sent", "on": TODAY},
        {"step": "listing", "stage": "notified"},
        {"step": "listing", "stage": "notified", "on": TODAY + dt.timedelta(days=1)},
    ],
)
def test_incomplete_stages_are_refused(ledger, wanted):
    with pytest.raises(StepInvalid):
        take(ledger, **wanted)
