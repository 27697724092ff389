"""Operations on matters for the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.clock import now, office_date
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.http.dependencies import settings_of
from serving.http.schemas import Page
from serving.matters import repository
from serving.matters import steps as acting
from serving.matters.queries import (
    MatterFilter,
    current_states,
    filter_states,
    matter_state,
    unlisted_cases,
)
from serving.matters.rules import MatterRules, matter_rules
from serving.matters.schemas import Matter, MatterIn, MatterStepIn, MatterWithSteps, UnlistedCase
from serving.matters.state import MatterState, state_on
from serving.matters.sync import sync_from_lists


def list_matters(
    request: Request,
    database: Database,
    principal: Principal,
    part: PageRequest,
    wanted: MatterFilter,
) -> Page[Matter]:
    """Return a page of the matters of the region."""
    moment = now()
    found = current_states(database, settings_of(request), principal, office_date(moment), moment)
    rest = [
        state for state in filter_states(found, wanted) if state.matter.number > (part.cursor or 0)
    ]
    shown = rest[: part.limit]
    more = len(rest) > part.limit
    items = [Matter.model_validate(_values(state)) for state in shown]
    return Page(items=items, next=str(shown[-1].matter.number) if more else None)


def get_matter(
    request: Request, database: Database, principal: Principal, key: str
) -> MatterWithSteps:
    """Return a matter.

    Raises:
        MatterUnknown: the region has no such matter.
    """
    rules, moment = _rules(request), now()
    sync_from_lists(database, rules, moment)
    return to_schema(matter_state(database, rules, principal, key, office_date(moment)))


def list_unlisted(
    database: Database, principal: Principal, part: PageRequest
) -> Page[UnlistedCase]:
    """Return a page of the cases of the newest list that were transferred and not listed.

    The cursor is an offset.
    """
    found, start = unlisted_cases(database, principal), part.cursor or 0
    shown = found[start : start + part.limit]
    more = len(found) > start + part.limit
    items = [UnlistedCase.model_validate(_in_yuan(row)) for row in shown]
    return Page(items=items, next=str(start + part.limit) if more else None)


def _in_yuan(row: Mapping[str, Any]) -> dict[str, Any]:
    money = ("amount_owed", "amount_recovered")
    return {n: v / 100 if n in money and v is not None else v for n, v in row.items()}


def open_matter(
    connection: Connection, request: Request, principal: Principal, sent: MatterIn
) -> MatterWithSteps:
    """Open a matter manually.

    Raises:
        OutsideRegion: the matter is outside the region.
    """
    values = sent.model_dump()
    values["amount"] = None if sent.amount is None else round(sent.amount * 100)
    moment = now()
    made = acting.open_manually(connection, principal, acting.NewMatter(**values), moment)
    return to_schema(state_on(made, _rules(request), office_date(moment)))


def apply_step(
    connection: Connection, request: Request, principal: Principal, key: str, sent: MatterStepIn
) -> MatterWithSteps:
    """Apply a step.

    Raises:
        MatterUnknown, StepInvalid, MatterClosed, MatterOpen, DutiesUnchecked: it is not allowed.
    """
    moment, rules = now(), _rules(request)
    wanted = acting.StepRequest(**sent.model_dump())
    after = acting.apply_step(connection, principal, key, wanted, rules, moment)
    return to_schema(state_on(after, rules, office_date(moment)))


def to_schema(standing: MatterState) -> MatterWithSteps:
    """Return the response schema of a matter."""
    steps = [_step(step) for step in standing.matter.steps]
    return MatterWithSteps.model_validate(
        {
            **_values(standing),
            "text": standing.matter.facts.text,
            "duties": [asdict(duty) for duty in standing.duties],
            "steps": steps,
        }
    )


_PARTS = ("due", "clock", "second_look", "transfer", "listing")


def _values(standing: MatterState) -> dict[str, Any]:
    matter, facts = standing.matter, standing.matter.facts
    of_facts = ("project_id", "org_id", "name", "record", "status", "opened_on", "as_of", "workers")
    of_standing = ("closed", "closed_on", "reason", "person", "unit", "overdue", "level")
    parts = {name: getattr(standing, name) for name in _PARTS}
    return {
        "key": matter.key,
        "kind": matter.kind,
        "region_code": matter.region_code,
        **{name: getattr(facts, name) for name in of_facts},
        "amount": None if facts.amount is None else facts.amount / 100,
        **{name: getattr(standing, name) for name in (*of_standing, "group", "backlog")},
        **{name: None if value is None else asdict(value) for name, value in parts.items()},
        "duties_left": standing.duties_left,
    }


def _step(step: repository.Step) -> dict[str, Any]:
    values = asdict(step)
    return {name: value for name, value in values.items() if name not in ("matter", "region_code")}


def _rules(request: Request) -> MatterRules:
    return matter_rules(settings_of(request).matters)
