"""Append-only store of matters; the current state is derived from the latest rows.

A matter has a stable key (``case:AJ1``, ``inspection:...``, ``complaint:...``,
``alert:UNIT:AS_OF``, ``hand:...``), facts per published list, and steps by people and rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from http import HTTPStatus
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    exists,
    func,
    insert,
    select,
    text,
    true,
)

from risk.unit_kinds import Kind as UnitKind
from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.clock import office_date
from serving.db.engine import utc
from serving.db.tables import (
    MATTER_FACTS,
    MATTER_LISTS,
    MATTER_STEPS,
    MATTERS,
    OUTCOMES,
    WATCHLISTS,
)
from serving.errors import ApiError

StepKind = Literal[
    "given",
    "noted",
    "extended",
    "escalated",
    "duty",
    "closed",
    "reopened",
    "rechecked",
    "transfer",
    "listing",
]
STEPS: tuple[StepKind, ...] = get_args(StepKind)
Kind = Literal["case", "rectification", "finding", "complaint", "alert", "hand"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Reason = Literal["paid_in_full", "unfounded", "transferred", "court", "merged", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Recheck = Literal["paid", "partly", "not_paid", "cannot_tell"]
RECHECKS: tuple[Recheck, ...] = get_args(Recheck)


BY_RULE = "wagewatch"
"""Name recorded for actions by rule."""


class MatterUnknown(ApiError):
    """The region has no such matter."""

    code = "matter_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Step:
    """A step by a person or by rule (``escalated``); the content of ``data`` depends on the kind.

    ``data`` may have: ``reason`` (closed), ``outcome`` (rechecked), ``level`` and ``due_on``
    (escalated), ``duty`` and ``found`` (duty), ``unchecked`` (closed: why duties were left),
    ``stage`` and ``on`` (transfer, listing: the stage and the day it took effect), ``evidence``
    (table and record_id, or file and sha256).
    """

    matter: str
    region_code: str
    step: StepKind
    person: str | None
    unit: str | None
    due_on: dt.date | None
    text: str | None
    taken_by: str
    taken_at: dt.datetime
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Facts:
    """Facts of a matter as of a list; money in fen, None is unknown.

    ``listed``: the records still show it open. ``duties``: duty checks of a confirmed case.
    """

    as_of: dt.date
    listed: bool
    project_id: str | None = None
    org_id: str | None = None
    name: str | None = None
    opened_on: dt.date | None = None
    due_on: dt.date | None = None
    workers: int | None = None
    amount: int | None = None
    recovered: int | None = None
    status: str | None = None
    record: str | None = None
    confirmed_on: dt.date | None = None
    closed_on: dt.date | None = None
    checked_on: dt.date | None = None
    transferred_on: dt.date | None = None
    funding: str | None = None
    sector: str | None = None
    tier: str | None = None
    text: str | None = None
    duties: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Matter:
    """A matter with its latest facts and all steps in order.

    ``go_live`` is the day on which its county began to follow matters, for the matters that were
    opened on that day from the records; else None.
    """

    number: int
    key: str
    kind: Kind
    region_code: str
    opened_by: str
    opened_at: dt.datetime
    facts: Facts
    steps: Sequence[Step] = field(default=())
    go_live: dt.date | None = None

    @property
    def employer(self) -> str | None:
        """Credit code of the employer, if the matter comes from a list of employers.

        Cases and complaints of an organisation come from the lists of projects.
        """
        facts = self.facts
        return facts.org_id if self.kind in _OF_LISTS and facts.project_id is None else None


@dataclass(frozen=True)
class Opening:
    """A matter to open, or new facts of one."""

    key: str
    kind: Kind
    region_code: str
    facts: Facts


_OF_LISTS = frozenset({"rectification", "finding", "alert"})
_DAYS = tuple(field_.name for field_ in fields(Facts) if field_.type == "dt.date | None")
_OWN_COLUMNS = ("as_of", "listed")


def insert_step(connection: Connection, step: Step) -> None:
    """Insert a step."""
    connection.execute(insert(MATTER_STEPS).values(asdict(step)))


def insert_matters(
    connection: Connection, openings: Sequence[Opening], opened_by: str, opened_at: dt.datetime
) -> None:
    """Insert new matters with their facts."""
    rows = [
        {
            "matter": opening.key,
            "kind": opening.kind,
            "region_code": opening.region_code,
            "opened_by": opened_by,
            "opened_at": opened_at,
        }
        for opening in openings
    ]
    if rows:
        connection.execute(insert(MATTERS), rows)
    insert_facts(connection, openings)


def insert_facts(connection: Connection, openings: Sequence[Opening]) -> None:
    """Insert new facts of matters."""
    rows = [
        {
            "matter": opening.key,
            "region_code": opening.region_code,
            "as_of": opening.facts.as_of,
            "listed": opening.facts.listed,
            "facts": _document(opening.facts),
        }
        for opening in openings
    ]
    if rows:
        connection.execute(insert(MATTER_FACTS), rows)


def all_matters(engine: Engine, principal: Principal) -> list[Matter]:
    """Return all matters of the region, open or closed, in order of creation."""
    with engine.connect() as connection:
        return read_matters(connection, principal)


def read_matters(
    connection: Connection, principal: Principal, key: str | None = None
) -> list[Matter]:
    """Return all matters of the region, or the one of ``key``, within a transaction."""

    def own(table: Any) -> ColumnElement[bool]:
        here = within(table.c.region_code, principal)
        return here & (table.c.matter == key if key is not None else true())

    heads = connection.execute(select(MATTERS).where(own(MATTERS)).order_by(MATTERS.c.id)).all()
    known = connection.execute(
        select(MATTER_FACTS).where(own(MATTER_FACTS)).order_by(MATTER_FACTS.c.id)
    )
    facts = {row.matter: row for row in known}
    steps: dict[str, list[Step]] = {}
    taken = connection.execute(
        select(MATTER_STEPS).where(own(MATTER_STEPS)).order_by(MATTER_STEPS.c.id)
    )
    for row in taken:
        steps.setdefault(row.matter, []).append(_step(row))
    begun = _go_live_days(connection)
    return [
        Matter(
            row.id,
            row.matter,
            row.kind,
            row.region_code,
            row.opened_by,
            utc(row.opened_at),
            _facts(facts[row.matter]),
            tuple(steps.get(row.matter, ())),
            _go_live(row, begun),
        )
        for row in heads
    ]


def rows_stamp(engine: Engine) -> tuple[int | None, ...]:
    """Return numbers that change with every row that the state of a matter is derived from.

    Rows are only added. Writers of matters wait for each other, so that the last number says all;
    outcomes are written at the same time, and one with a smaller number may come later.
    """
    last = [func.max(table.c.id) for table in (MATTERS, MATTER_FACTS, MATTER_STEPS, OUTCOMES)]
    each = [select(one).scalar_subquery() for one in (*last, func.count(OUTCOMES.c.id))]
    with engine.connect() as connection:
        return tuple(connection.execute(select(*each)).one())


_COUNTY = 6
"""Digits of a region code up to the county."""


def _go_live_days(connection: Connection) -> Mapping[str, dt.date]:
    """Return the day on which the first matter of each county was opened from the records."""
    county = func.substr(MATTERS.c.region_code, 1, _COUNTY)
    query = select(county, func.min(MATTERS.c.opened_at)).where(MATTERS.c.opened_by == BY_RULE)
    rows = connection.execute(query.group_by(county)).all()
    return {code: office_date(utc(first)) for code, first in rows}


def _go_live(row: Row[Any], begun: Mapping[str, dt.date]) -> dt.date | None:
    first = begun.get(row.region_code[:_COUNTY])
    by_rule = row.opened_by == BY_RULE
    return first if by_rule and office_date(utc(row.opened_at)) == first else None


def find_matter(connection: Connection, key: str, principal: Principal) -> Matter:
    """Return the matter of ``key``.

    Raises:
        MatterUnknown: the principal's region has no such matter.
    """
    found = read_matters(connection, principal, key)
    if not found:
        raise MatterUnknown(matter=key)
    return found[0]


def facts_until(connection: Connection, principal: Principal, day: dt.date) -> Mapping[str, Facts]:
    """Return the facts of each matter of the region from lists up to ``day``, by key."""
    query = select(MATTER_FACTS).where(
        within(MATTER_FACTS.c.region_code, principal), MATTER_FACTS.c.as_of <= day
    )
    rows = connection.execute(query.order_by(MATTER_FACTS.c.id))
    return {row.matter: _facts(row) for row in rows}


@dataclass(frozen=True)
class UnprocessedList:
    """A list whose matters were not processed; ``newest``: the newest of its region and kind."""

    number: int
    as_of: dt.date
    region: str
    kind: UnitKind
    newest: bool


def unprocessed_lists(connection: Connection) -> list[UnprocessedList]:
    """Return the lists whose matters were not processed, oldest first."""
    rows = connection.execute(
        select(
            WATCHLISTS.c.id, WATCHLISTS.c.as_of, WATCHLISTS.c.region, WATCHLISTS.c.kind
        ).order_by(WATCHLISTS.c.as_of, WATCHLISTS.c.id)
    ).all()
    taken = set(connection.execute(select(MATTER_LISTS.c.watchlist_id)).scalars())
    last = {(row.region, row.kind): row.id for row in rows}
    return [
        UnprocessedList(*row, newest=last[row.region, row.kind] == row.id)
        for row in rows
        if row.id not in taken
    ]


def has_unprocessed_lists(engine: Engine) -> bool:
    """Whether any list is unprocessed; a cheap query."""
    unprocessed = exists().where(WATCHLISTS.c.id.not_in(select(MATTER_LISTS.c.watchlist_id)))
    with engine.connect() as connection:
        return connection.execute(select(unprocessed)).scalar_one()


def mark_processed(connection: Connection, numbers: Collection[int], now: dt.datetime) -> None:
    """Mark lists as processed."""
    rows = [{"watchlist_id": number, "taken_at": now} for number in numbers]
    if rows:
        connection.execute(insert(MATTER_LISTS), rows)


def lock(connection: Connection) -> None:
    """Block other writers of matters until the transaction ends."""
    # SQLite allows only one writer.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE matter_lists IN EXCLUSIVE MODE"))


def _document(facts: Facts) -> dict[str, Any]:
    """What is known: a fact that is left out is read as unknown."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(facts).items()
        if name not in _OWN_COLUMNS and value is not None
    }


def _facts(row: Row[Any]) -> Facts:
    known = {field_.name for field_ in fields(Facts)}
    values = {name: value for name, value in row.facts.items() if name in known}
    for name in _DAYS:
        if values.get(name):
            values[name] = dt.date.fromisoformat(values[name])
    return Facts(row.as_of, row.listed, **values)


def _step(row: Row[Any]) -> Step:
    values = {field_.name: row._mapping[field_.name] for field_ in fields(Step)}
    return Step(**{**values, "taken_at": utc(values["taken_at"])})
