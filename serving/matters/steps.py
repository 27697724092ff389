"""Steps by people: validation, and their effects in the same transaction."""

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
from risk.locale import Language, catalogue, text
from serving.auth.jurisdiction import require_covers
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of, regions_of
from serving.clock import office_date
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
    find_matter,
    insert_matters,
    insert_step,
    lock,
)
from serving.matters.rules import MatterRules
from serving.matters.stages import LISTING_STAGES, STAGES, TRANSFER_STAGES
from serving.matters.state import MatterState, state_on

DUTY_FOUND = ("met", "breached", "unclear")
"""Possible results of a duty check on site."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class StepInvalid(ApiError):
    """The step lacks a required field; fields: ``step``, ``found``, ``allowed``."""

    code = "step_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def message(self, language: Language = "en") -> str:
        """Return the message with the step and its fields as the pages name them."""
        step, allowed = str(self.fields["step"]), str(self.fields["allowed"])
        field = allowed.partition(":")[0]
        words = catalogue(language)
        shown = {
            "step": words.get(f"pages.steps.{step}", step),
            "allowed": words.get(f"matters.fields.{field}", allowed),
        }
        return text(f"errors.{self.code}", language, **{**self.fields, **shown})


class DeadlinePast(ApiError):
    """A form sets a deadline before today; fields: ``day``, ``today``."""

    code = "deadline_past"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class MatterClosed(ApiError):
    """The matter is closed and must be reopened first."""

    code = "matter_closed"
    status = HTTPStatus.CONFLICT


class MatterOpen(ApiError):
    """The matter is open, so it cannot be reopened or rechecked."""

    code = "matter_open"
    status = HTTPStatus.CONFLICT


class DutiesUnchecked(ApiError):
    """Duties are unchecked and no reason is given."""

    code = "duties_unchecked"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True)
class StepRequest:
    """A requested step; the required fields depend on ``step``."""

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
    stage: str | None = None
    on: dt.date | None = None


@dataclass(frozen=True)
class NewMatter:
    """A matter to open manually, of a project or an organisation; ``amount`` in fen."""

    name: str
    region_code: str
    text: str
    project_id: str | None = None
    org_id: str | None = None
    workers: int | None = None
    amount: int | None = None
    due_on: dt.date | None = None


def apply_step(
    connection: Connection,
    principal: Principal,
    key: str,
    request: StepRequest,
    rules: MatterRules,
    now: dt.datetime,
) -> Matter:
    """Apply a step and return the matter after it.

    Raises:
        MatterUnknown: the region of the principal has no such matter.
        StepInvalid: a required field is missing.
        MatterClosed, MatterOpen, DutiesUnchecked: the state of the matter does not allow it.
    """
    lock(connection)
    matter = find_matter(connection, key, principal)
    standing = state_on(matter, rules, office_date(now))
    _require_complete(request, matter, office_date(now))
    _require_allowed(request, standing)
    insert_step(connection, _step(matter, request, principal, now))
    not_paid = request.step == "rechecked" and request.outcome == "not_paid"
    sent_back = request.step == "transfer" and request.stage == "returned" and standing.closed
    if not_paid or sent_back:
        again = StepRequest("reopened", text=request.text)
        insert_step(connection, _step(matter, again, principal, now + dt.timedelta(microseconds=1)))
    if request.step == "closed":
        on = office_date(now)
        event = matter_event(MATTER_CLOSED, matter, on, reason=request.reason)
        record_matters(connection, [event], now)
    return find_matter(connection, key, principal)


def open_manually(
    connection: Connection, principal: Principal, new: NewMatter, now: dt.datetime
) -> Matter:
    """Open a matter.

    Raises:
        OutsideRegion: the matter is outside the region of the principal.
        ProjectUnknown: its project is.
    """
    require_covers(principal, new.region_code)
    if new.project_id is not None and regions_of(connection, [new.project_id]):
        region_of(connection, new.project_id, principal)
    lock(connection)
    today = office_date(now)
    key = f"hand:{uuid.uuid4()}"
    facts = Facts(
        as_of=today,
        listed=True,
        project_id=new.project_id,
        org_id=new.org_id,
        name=new.name,
        opened_on=today,
        due_on=new.due_on,
        workers=new.workers,
        amount=new.amount,
        text=new.text,
    )
    opening = Opening(key, "hand", new.region_code, facts)
    insert_matters(connection, [opening], principal.name, now)
    record_matters(connection, [opened_event(opening)], now)
    return find_matter(connection, key, principal)


def _require_complete(request: StepRequest, matter: Matter, on: dt.date) -> None:
    """Check the required fields of the step; ``on`` is today."""
    duties = [duty["code"] for duty in matter.facts.duties]
    needs: Mapping[str, tuple[tuple[str, object, object], ...]] = {
        "given": (("person / unit", request.person or request.unit, "*"),),
        "noted": (("text / evidence", request.text or request.evidence, "*"),),
        "extended": (("text", request.text, "*"),),
        "duty": (("duty", request.duty, duties), ("found", request.found, DUTY_FOUND)),
        "closed": (("reason", request.reason, REASONS), ("text", request.text, "*")),
        "reopened": (("text", request.text, "*"),),
        "rechecked": (("outcome", request.outcome, RECHECKS),),
        "transfer": (("stage", request.stage, TRANSFER_STAGES), ("on", request.on, "YYYY-MM-DD")),
        "listing": (("stage", request.stage, LISTING_STAGES), ("on", request.on, "YYYY-MM-DD")),
    }
    if request.step not in needs:
        raise StepInvalid(step=request.step, found=request.step, allowed=", ".join(needs))
    if request.on is not None and request.on > on:
        raise StepInvalid(step=request.step, found=request.on.isoformat(), allowed=f"<= {on}")
    if request.step == "extended" and matter.kind != "case":
        raise StepInvalid(step=request.step, found=matter.kind, allowed="case")
    for name, found, allowed in needs[request.step]:
        if not found or (isinstance(allowed, list | tuple) and found not in allowed):
            listed = ", ".join(allowed) if isinstance(allowed, list | tuple) else str(allowed)
            shown = name if allowed == "*" else f"{name}: {listed}"
            raise StepInvalid(step=request.step, found=str(found or ""), allowed=shown)
    if request.evidence is not None:
        _require_evidence(request)


def _require_evidence(request: StepRequest) -> None:
    """Check that evidence is a record (table and id) or a file (name and SHA-256)."""
    given = dict(request.evidence or {})
    record = set(given) == {"table", "record_id"} and given["table"] in TABLES
    file = set(given) == {"file", "sha256"} and _SHA256.fullmatch(given["sha256"])
    if not (record or file) or not all(given.values()):
        shown = ", ".join(f"{name}={value}" for name, value in given.items())
        allowed = "table + record_id, file + sha256"
        raise StepInvalid(step=request.step, found=shown[:200], allowed=allowed)


_AFTER_CLOSING = ("noted", "transfer", "listing")
"""Steps that may follow when a matter is closed: one may be closed because it was transferred."""


def _require_allowed(request: StepRequest, standing: MatterState) -> None:
    key = standing.matter.key
    if request.step in ("reopened", "rechecked"):
        if not standing.closed:
            raise MatterOpen(matter=key)
    elif standing.closed and request.step not in _AFTER_CLOSING:
        raise MatterClosed(matter=key)
    if request.step == "closed" and standing.duties_left and not request.unchecked:
        raise DutiesUnchecked(matter=key, left=standing.duties_left)


def _step(matter: Matter, request: StepRequest, principal: Principal, now: dt.datetime) -> Step:
    names: Mapping[str, tuple[str, ...]] = {
        "closed": ("reason", "unchecked"),
        "rechecked": ("outcome",),
        "duty": ("duty", "found"),
        "transfer": ("stage",),
        "listing": ("stage",),
    }
    data: dict[str, Any] = {
        name: getattr(request, name)
        for name in (*names.get(request.step, ()), "evidence")
        if getattr(request, name)
    }
    if request.step in STAGES and request.on is not None:
        data["on"] = request.on.isoformat()
    given = request.step == "given"
    return Step(
        matter=matter.key,
        region_code=matter.region_code,
        step=request.step,
        person=request.person if given else None,
        unit=request.unit if given else None,
        due_on=request.due_on if given else None,
        text=request.text,
        taken_by=principal.name,
        taken_at=now,
        data=data or None,
    )
