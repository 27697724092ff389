"""Reads matters for the API, and says them as they are sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.clock import now
from serving.db.database import Database
from serving.db.pagination import Wanted
from serving.http.dependencies import settings_of
from serving.http.schemas import Page
from serving.matters import repository
from serving.matters import steps as acting
from serving.matters.queries import Filter, current, narrowed, one_standing
from serving.matters.rules import MatterRules, rules_of
from serving.matters.schemas import Matter, MatterIn, MatterWithSteps, StepIn
from serving.matters.state import Standing, stand
from serving.matters.sync import take_lists


def every(
    request: Request, database: Database, who: Principal, part: Wanted, wanted: Filter
) -> Page[Matter]:
    """A page of the region's matters."""
    moment = now()
    found = current(database, settings_of(request), who, _day(moment), moment)
    rest = [one for one in narrowed(found, wanted) if one.matter.number > (part.cursor or 0)]
    shown = rest[: part.limit]
    more = len(rest) > part.limit
    items = [Matter.model_validate(_values(one)) for one in shown]
    return Page(items=items, next=str(shown[-1].matter.number) if more else None)


def one(request: Request, database: Database, who: Principal, key: str) -> MatterWithSteps:
    """A matter.

    Raises:
        MatterUnknown: there is none in the region.
    """
    rules, moment = _rules(request), now()
    take_lists(database, rules, moment)
    return told(one_standing(database, rules, who, key, _day(moment)))


def open_one(
    connection: Connection, request: Request, who: Principal, sent: MatterIn
) -> MatterWithSteps:
    """Open a matter by hand.

    Raises:
        OutsideRegion: its place is not in the region.
    """
    values = sent.model_dump()
    values["amount"] = None if sent.amount is None else round(sent.amount * 100)
    moment = now()
    made = acting.open_by_hand(connection, who, acting.Hand(**values), moment)
    return told(stand(made, _rules(request), _day(moment)))


def step(
    connection: Connection, request: Request, who: Principal, key: str, sent: StepIn
) -> MatterWithSteps:
    """Take a step.

    Raises:
        MatterUnknown, StepInvalid, MatterClosed, MatterOpen, DutiesUnchecked: it cannot be taken.
    """
    moment, rules = now(), _rules(request)
    wanted = acting.Wanted(**sent.model_dump())
    after = acting.take_step(connection, who, key, wanted, rules, moment)
    return told(stand(after, rules, _day(moment)))


def told(standing: Standing) -> MatterWithSteps:
    """A matter as it is sent."""
    steps = [_step(step) for step in standing.matter.steps]
    return MatterWithSteps.model_validate(
        {
            **_values(standing),
            "text": standing.matter.facts.text,
            "duties": [asdict(duty) for duty in standing.duties],
            "steps": steps,
        }
    )


def _values(standing: Standing) -> dict[str, Any]:
    matter, facts = standing.matter, standing.matter.facts
    of_facts = ("project_id", "org_id", "name", "record", "status", "opened_on", "as_of", "workers")
    of_standing = ("closed", "closed_on", "reason", "person", "unit", "overdue", "level", "group")
    parts = {name: getattr(standing, name) for name in ("due", "clock", "second_look")}
    return {
        "key": matter.key,
        "kind": matter.kind,
        "region_code": matter.region_code,
        **{name: getattr(facts, name) for name in of_facts},
        "amount": None if facts.amount is None else facts.amount / 100,
        **{name: getattr(standing, name) for name in of_standing},
        **{name: None if value is None else asdict(value) for name, value in parts.items()},
        "duties_left": standing.duties_left,
    }


def _step(step: repository.Step) -> dict[str, Any]:
    values = asdict(step)
    return {name: value for name, value in values.items() if name not in ("matter", "region_code")}


def _rules(request: Request) -> MatterRules:
    return rules_of(settings_of(request).matters)


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone().date()
