"""Escalation of overdue matters by rule: first to the head of the unit, then to the leader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from risk.calendar.working_days import add_working_days
from serving.audit.repository import add_audit_entries
from serving.auth.principal import OFFICE
from serving.db.database import Database
from serving.db.engine import writing
from serving.events.types import MATTER_ESCALATED
from serving.matters.events import matter_event, record_matters
from serving.matters.repository import (
    BY_RULE,
    Matter,
    Step,
    all_matters,
    insert_step,
    lock,
    read_matters,
)
from serving.matters.rules import MatterRules
from serving.matters.state import state_on
from serving.matters.sync import rule_audit_entry


def escalate(database: Database, rules: MatterRules, on: dt.date, now: dt.datetime) -> int:
    """Write the escalations due on ``on`` and return their number. Idempotent."""
    if not any(_due(matter, rules, on, now) for matter in all_matters(database.engine, OFFICE)):
        return 0
    written = 0
    with writing(database.engine).begin() as connection:
        lock(connection)
        for matter in read_matters(connection, OFFICE):
            for kept in _due(matter, rules, on, now):
                insert_step(connection, kept)
                data = kept.data or {}
                event = matter_event(MATTER_ESCALATED, matter, on, unit=kept.unit, **data)
                record_matters(connection, [event], now)
                subject = f"matters/{matter.key}?level={data['level']}"
                entry = rule_audit_entry("escalate_matter", subject, matter.region_code, now)
                add_audit_entries(connection, [entry])
                written += 1
    return written


def _due(matter: Matter, rules: MatterRules, on: dt.date, now: dt.datetime) -> list[Step]:
    return [*_steps(matter, rules, on, now)]


def _steps(matter: Matter, rules: MatterRules, on: dt.date, now: dt.datetime) -> Iterator[Step]:
    standing = state_on(matter, rules, on)
    if standing.closed or standing.due is None or not standing.overdue:
        return
    due = standing.due.day.isoformat()
    had = {
        (step.data or {}).get("level")
        for step in matter.steps
        if step.step == "escalated" and (step.data or {}).get("due_on") == due
    }
    for level, days in sorted(rules.escalate.items()):
        if level not in had and add_working_days(standing.due.day, days).day < on:
            yield Step(
                matter=matter.key,
                region_code=matter.region_code,
                step="escalated",
                person=None,
                unit=standing.unit,
                due_on=None,
                text=None,
                taken_by=BY_RULE,
                taken_at=now,
                data={"level": level, "due_on": due},
            )
