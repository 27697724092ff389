"""State of a matter on a day: open or closed, deadline, escalation, duty checks, second look.

Pure functions of the facts and steps of the matter, the rules and the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from risk.calendar.working_days import add_working_days, working_days_left
from risk.statutory_deadlines import CaseDeadline, case_deadline
from serving.clock import office_date
from serving.matters.repository import Matter, Step
from serving.matters.rules import MatterRules
from serving.matters.stages import Stage, last_stage

LARGE, VERY_LARGE = 10, 50
"""Workers from which a group is large; 10 is also the criminal threshold (2013 No. 3)."""

Basis = Literal["given", "assigned", "records", "term"]


@dataclass(frozen=True)
class Deadline:
    """The day a matter is due; ``working_days_left`` is negative when overdue.

    ``basis``: set by a person, the term of the settings from the assignment on, from the records,
    or the term of the settings for its kind.
    ``planned`` is False if the holiday plan of a year was not known.
    """

    day: dt.date
    basis: Basis
    working_days_left: int
    planned: bool


@dataclass(frozen=True)
class DutyCheck:
    """A duty to check: what the records show and what was found on site."""

    code: str
    article: str
    state: str
    finding: Mapping[str, str] | None
    found: str | None
    text: str | None


@dataclass(frozen=True)
class SecondLook:
    """Second look at a closed matter, due on ``day``; ``outcome`` is None until it took place.

    ``outcome`` is a result of a recheck, or ``visited``: the records show a visit without result.
    """

    day: dt.date
    outcome: str | None
    overdue: bool
    planned: bool


@dataclass(frozen=True)
class MatterState:
    """State of a matter on a day.

    ``backlog``: its deadline had passed when its county began to follow matters, and nobody has
    been assigned since; it has no deadline until then.
    """

    matter: Matter
    closed: bool
    closed_on: dt.date | None
    reason: str | None
    person: str | None
    unit: str | None
    due: Deadline | None
    overdue: bool
    level: int
    clock: CaseDeadline | None
    duties: Sequence[DutyCheck]
    second_look: SecondLook | None
    transfer: Stage | None
    listing: Stage | None
    backlog: bool

    @property
    def group(self) -> int | None:
        """50 or 10 if at least so many workers are owed; None if fewer or unknown."""
        workers = self.matter.facts.workers
        sizes = (VERY_LARGE, LARGE)
        return next((size for size in sizes if workers is not None and workers >= size), None)

    @property
    def duties_left(self) -> int:
        """Number of unchecked duties."""
        return sum(duty.found is None for duty in self.duties)


def state_on(matter: Matter, rules: MatterRules, on: dt.date) -> MatterState:
    """Return the state of ``matter`` on ``on``, ignoring later steps."""
    steps = [step for step in matter.steps if day_of(step) <= on]
    closed_on, reason = _closing(matter, steps)
    closed = closed_on is not None
    given = _last(steps, "given")
    old = not closed and _is_old(matter, rules, on)
    due = None if closed else _deadline(matter, steps, rules, on, old)
    return MatterState(
        matter=matter,
        closed=closed,
        closed_on=closed_on,
        reason=reason,
        person=given.person if given else None,
        unit=given.unit if given else None,
        due=due,
        overdue=due is not None and due.day < on,
        level=max((_level(step) for step in steps if _is_for(step, due)), default=0),
        clock=None if closed else _clock(matter, steps, on),
        duties=_duties(matter, steps),
        second_look=_second_look(matter, steps, closed_on, rules, on) if closed_on else None,
        transfer=last_stage("transfer", steps, on) or _transferred(matter, on),
        listing=last_stage("listing", steps, on),
        backlog=old and due is None,
    )


def day_of(step: Step) -> dt.date:
    """Return the day of a step at the office."""
    return office_date(step.taken_at)


def _last(steps: Sequence[Step], *kinds: str) -> Step | None:
    return next((step for step in reversed(steps) if step.step in kinds), None)


def _closing(matter: Matter, steps: Sequence[Step]) -> tuple[dt.date | None, str | None]:
    """Return when and why it was closed, by a person or by the records; None while open."""
    last, facts = _last(steps, "closed", "reopened"), matter.facts
    if last is not None and last.step == "closed":
        return day_of(last), str((last.data or {}).get("reason", "other"))
    if facts.listed:
        return None, None
    # A list contains what was known before its date.
    ended = facts.closed_on or facts.as_of - dt.timedelta(days=1)
    if last is not None and day_of(last) >= ended:
        return None, None
    return ended, "records"


def _is_old(matter: Matter, rules: MatterRules, on: dt.date) -> bool:
    """Whether the deadline had passed before anybody of the county could see it here."""
    if matter.go_live is None:
        return False
    due = _own_deadline(matter, rules, on)
    return due is not None and due.day < matter.go_live


def _deadline(
    matter: Matter, steps: Sequence[Step], rules: MatterRules, on: dt.date, old: bool
) -> Deadline | None:
    given = _last(steps, "given")
    if given is not None and given.due_on is not None:
        left = working_days_left(on, given.due_on)
        return Deadline(given.due_on, "given", left.days, left.planned)
    if not old:
        return _own_deadline(matter, rules, on)
    first = next((step for step in steps if step.step == "given"), None)
    return None if first is None else _term(matter, rules, day_of(first), "assigned", on)


def _own_deadline(matter: Matter, rules: MatterRules, on: dt.date) -> Deadline | None:
    """Return the deadline of the records or of the settings, without regard to assignments."""
    facts = matter.facts
    if facts.due_on is not None:
        left = working_days_left(on, facts.due_on)
        return Deadline(facts.due_on, "records", left.days, left.planned)
    if facts.opened_on is None:
        return None
    return _term(matter, rules, facts.opened_on, "term", on)


def _term(
    matter: Matter, rules: MatterRules, start: dt.date, basis: Basis, on: dt.date
) -> Deadline:
    end = add_working_days(start, rules.terms[matter.kind])
    left = working_days_left(on, end.day)
    return Deadline(end.day, basis, left.days, end.planned and left.planned)


def _is_for(step: Step, due: Deadline | None) -> bool:
    """Whether an escalation was written for this deadline; a new deadline resets the level."""
    if step.step != "escalated" or due is None:
        return False
    return (step.data or {}).get("due_on") == due.day.isoformat()


def _level(step: Step) -> int:
    return int((step.data or {}).get("level", 0))


def _clock(matter: Matter, steps: Sequence[Step], on: dt.date) -> CaseDeadline | None:
    """Return the statutory time limit of a filed or confirmed case; accepted ones have none."""
    facts = matter.facts
    if matter.kind != "case" or facts.opened_on is None or facts.status == "accepted":
        return None
    return case_deadline(facts.opened_on, on, extended=_last(steps, "extended") is not None)


def _transferred(matter: Matter, on: dt.date) -> Stage | None:
    """Return the stage of a transfer that only the records have; its clock is long over or unknown.

    The records say that a case was transferred, not what the police decided.
    """
    day = matter.facts.transferred_on
    return Stage("sent", day, None) if day is not None and day <= on else None


def _duties(matter: Matter, steps: Sequence[Step]) -> tuple[DutyCheck, ...]:
    ticked: dict[str, Step] = {}
    for step in steps:
        if step.step == "duty":
            ticked[str((step.data or {}).get("duty"))] = step
    return tuple(_duty(duty, ticked.get(duty["code"])) for duty in matter.facts.duties)


def _duty(duty: Mapping[str, Any], step: Step | None) -> DutyCheck:
    return DutyCheck(
        code=duty["code"],
        article=duty["article"],
        state=duty["state"],
        finding=duty["finding"],
        found=str((step.data or {})["found"]) if step else None,
        text=step.text if step else None,
    )


def _second_look(
    matter: Matter, steps: Sequence[Step], closed_on: dt.date, rules: MatterRules, on: dt.date
) -> SecondLook:
    due = add_working_days(closed_on, rules.recheck)
    # A look before the matter was opened again says nothing about its present end.
    last = _last(steps, "rechecked", "closed", "reopened")
    outcome: str | None = None
    if last is not None and last.step == "rechecked":
        outcome = str((last.data or {}).get("outcome"))
    elif matter.facts.checked_on is not None and matter.facts.checked_on > closed_on:
        outcome = "visited"
    overdue = outcome is None and due.day < on
    return SecondLook(due.day, outcome, overdue, due.planned)
