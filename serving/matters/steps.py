"""Steps of people: what is allowed, and what follows from a step in the same transaction."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection

from risk.contract import TABLES
from serving.auth.jurisdiction import require_covers
from serving.auth.principal import Principal
from serving.errors import ApiError
from serving.events.types import MATTER_CLOSED
from serving.matters.events import matter_event, opened_event, record_matters
from serving.matters.repository import (
    REASONS,
    RECHECKS,
    Facts,
    Matter,
    Opening,
    Step,
    StepKind,
    alone,
    find_matter,
    keep_step,
    open_matter,
)
from serving.matters.rules import MatterRules
from serving.matters.state import Standing, stand

DUTY_FOUND = ("met", "breached", "unclear")
"""What can be found of a duty on site."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class StepInvalid(ApiError):
    """The step lacks what its kind needs; fields: ``step``, ``found``, ``allowed``."""

    code = "step_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class MatterClosed(ApiError):
    """The matter is closed; it has to be opened again first."""

    code = "matter_closed"
    status = HTTPStatus.CONFLICT


class MatterOpen(ApiError):
    """The matter is not closed, so there is nothing to open again or look at a second time."""

    code = "matter_open"
    status = HTTPStatus.CONFLICT


class DutiesUnchecked(ApiError):
    """Duties of the double check were not looked at, and nothing says why not."""

    code = "duties_unchecked"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True)
class Wanted:
    """A step somebody wants to take. Which fields it needs depends on ``step``."""

    step: StepKind
    person: str | None = None
    unit: str | None = None
    due_on: dt.date | None = None
    text: str | None = None
    reason: str | None = None
    unchecked: str | None = None
    outcome: str | None = None
    duty: str | None = None
    found: str | None = None
    evidence: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Hand:
    """A matter somebody opens by hand, of a project or of an organisation."""

    name: str
    region_code: str
    text: str
    project_id: str | None = None
    org_id: str | None = None
    workers: int | None = None
    amount: int | None = None
    due_on: dt.date | None = None


def take_step(
    connection: Connection,
    who: Principal,
    key: str,
    wanted: Wanted,
    rules: MatterRules,
    now: dt.datetime,
) -> Matter:
    """Take a step; the matter after it.

    Raises:
        MatterUnknown: there is none in the region of ``who``.
        StepInvalid: something the step needs is missing.
        MatterClosed, MatterOpen, DutiesUnchecked: it cannot be taken as the matter stands.
    """
    alone(connection)
    matter = find_matter(connection, key, who)
    standing = stand(matter, rules, now.astimezone().date())
    _require_complete(wanted, matter)
    _require_fitting(wanted, standing)
    keep_step(connection, _step(matter, wanted, who, now))
    if wanted.step == "rechecked" and wanted.outcome == "not_paid":
        again = Wanted("reopened", text=wanted.text)
        keep_step(connection, _step(matter, again, who, now + dt.timedelta(microseconds=1)))
    if wanted.step == "closed":
        on = now.astimezone().date()
        event = matter_event(MATTER_CLOSED, matter, on, reason=wanted.reason)
        record_matters(connection, [event], now)
    return find_matter(connection, key, who)


def open_by_hand(connection: Connection, who: Principal, hand: Hand, now: dt.datetime) -> Matter:
    """Open a matter.

    Raises:
        OutsideRegion: its place is not in the region of ``who``.
    """
    require_covers(who, hand.region_code)
    alone(connection)
    today = now.astimezone().date()
    key = f"hand:{uuid.uuid4()}"
    facts = Facts(
        as_of=today,
        listed=True,
        project_id=hand.project_id,
        org_id=hand.org_id,
        name=hand.name,
        opened_on=today,
        due_on=hand.due_on,
        workers=hand.workers,
        amount=hand.amount,
        text=hand.text,
    )
    opening = Opening(key, "hand", hand.region_code, facts)
    open_matter(connection, opening, who.name, now)
    record_matters(connection, [opened_event(opening)], now)
    return find_matter(connection, key, who)


def _require_complete(wanted: Wanted, matter: Matter) -> None:
    """What each kind of step cannot be without."""
    duties = [one["code"] for one in matter.facts.duties]
    needs: Mapping[str, tuple[tuple[str, object, object], ...]] = {
        "given": (("person / unit", wanted.person or wanted.unit, "*"),),
        "noted": (("text / evidence", wanted.text or wanted.evidence, "*"),),
        "extended": (("text", wanted.text, "*"),),
        "duty": (("duty", wanted.duty, duties), ("found", wanted.found, DUTY_FOUND)),
        "closed": (("reason", wanted.reason, REASONS), ("text", wanted.text, "*")),
        "reopened": (("text", wanted.text, "*"),),
        "rechecked": (("outcome", wanted.outcome, RECHECKS),),
    }
    if wanted.step not in needs:
        raise StepInvalid(step=wanted.step, found=wanted.step, allowed=", ".join(needs))
    if wanted.step == "extended" and matter.kind != "case":
        raise StepInvalid(step=wanted.step, found=matter.kind, allowed="case")
    for name, found, allowed in needs[wanted.step]:
        if not found or (isinstance(allowed, list | tuple) and found not in allowed):
            shown = name if allowed == "*" else f"{name}: {', '.join(map(str, allowed))}"  # type: ignore[call-overload]
            raise StepInvalid(step=wanted.step, found=str(found or ""), allowed=shown)
    if wanted.evidence is not None:
        _require_evidence(wanted)


def _require_evidence(wanted: Wanted) -> None:
    """A record by table and id, or a file by name and SHA-256; nothing is uploaded."""
    given = dict(wanted.evidence or {})
    record = set(given) == {"table", "record_id"} and given["table"] in TABLES
    file = set(given) == {"file", "sha256"} and _SHA256.fullmatch(given["sha256"])
    if not (record or file) or not all(given.values()):
        shown = ", ".join(f"{name}={value}" for name, value in given.items())
        allowed = "table + record_id, file + sha256"
        raise StepInvalid(step=wanted.step, found=shown[:200], allowed=allowed)


def _require_fitting(wanted: Wanted, standing: Standing) -> None:
    key = standing.matter.key
    if wanted.step in ("reopened", "rechecked"):
        if not standing.closed:
            raise MatterOpen(matter=key)
    elif standing.closed and wanted.step != "noted":
        raise MatterClosed(matter=key)
    if wanted.step == "closed" and standing.duties_left and not wanted.unchecked:
        raise DutiesUnchecked(matter=key, left=standing.duties_left)


def _step(matter: Matter, wanted: Wanted, who: Principal, now: dt.datetime) -> Step:
    names: Mapping[str, tuple[str, ...]] = {
        "closed": ("reason", "unchecked"),
        "rechecked": ("outcome",),
        "duty": ("duty", "found"),
    }
    data: dict[str, Any] = {
        name: getattr(wanted, name)
        for name in (*names.get(wanted.step, ()), "evidence")
        if getattr(wanted, name)
    }
    given = wanted.step == "given"
    return Step(
        matter=matter.key,
        region_code=matter.region_code,
        step=wanted.step,
        person=wanted.person if given else None,
        unit=wanted.unit if given else None,
        due_on=wanted.due_on if given else None,
        text=wanted.text,
        taken_by=who.name,
        taken_at=now,
        data=data or None,
    )
