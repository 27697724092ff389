"""What people do about open matters. Every step stays; the last ones tell how it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

from sqlalchemy import Connection, Engine, insert, select

from serving.access.jurisdiction import within
from serving.access.principal import Principal
from serving.database.engine import utc
from serving.database.tables import MATTER_STEPS

StepKind = Literal["given", "noted", "closed", "reopened"]
STEPS: tuple[StepKind, ...] = ("given", "noted", "closed", "reopened")


@dataclass(frozen=True)
class Step:
    """A step: ``given`` to a person or unit with a day, ``noted``, ``closed`` or ``reopened``."""

    matter: str
    region_code: str
    step: StepKind
    person: str | None
    unit: str | None
    due_on: dt.date | None
    text: str | None
    taken_by: str
    taken_at: dt.datetime


@dataclass(frozen=True)
class Standing:
    """How a matter stands: who has it, by when, whether it is closed, and all its steps."""

    person: str | None
    unit: str | None
    due_on: dt.date | None
    closed: bool
    steps: Sequence[Step]


UNTOUCHED = Standing(None, None, None, False, ())


def keep_step(connection: Connection, step: Step) -> None:
    """Keep a step."""
    connection.execute(insert(MATTER_STEPS).values(asdict(step)))


def standings(engine: Engine, principal: Principal) -> Mapping[str, Standing]:
    """How every matter of the region stands that somebody did something about."""
    query = select(MATTER_STEPS).where(within(MATTER_STEPS.c.region_code, principal))
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(MATTER_STEPS.c.id)).all()
    found: dict[str, Standing] = {}
    for row in rows:
        values = {field.name: row._mapping[field.name] for field in fields(Step)}
        step = Step(**{**values, "taken_at": utc(values["taken_at"])})
        found[step.matter] = _after(found.get(step.matter, UNTOUCHED), step)
    return found


def _after(before: Standing, step: Step) -> Standing:
    given = step.step == "given"
    return Standing(
        person=step.person if given else before.person,
        unit=step.unit if given else before.unit,
        due_on=step.due_on if given else before.due_on,
        closed=step.step == "closed" or (before.closed and step.step != "reopened"),
        steps=(*before.steps, step),
    )
