"""Matters: what is followed until it is done. Rows are only added; the last ones tell how it is.

A matter has a stable key (``case:AJ1``, ``inspection:...``, ``complaint:...``,
``alert:UNIT:AS_OF``, ``hand:...``). What is known of it is kept per list; what people and rules
did about it are its steps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from http import HTTPStatus
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Engine, Row, insert, select, text, true

from risk.unit_kinds import Kind as UnitKind
from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc
from serving.db.tables import MATTER_FACTS, MATTER_LISTS, MATTER_STEPS, MATTERS, WATCHLISTS
from serving.errors import ApiError

StepKind = Literal[
    "given", "noted", "extended", "escalated", "duty", "closed", "reopened", "rechecked"
]
STEPS: tuple[StepKind, ...] = get_args(StepKind)
Kind = Literal["case", "rectification", "finding", "complaint", "alert", "hand"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Reason = Literal["paid_in_full", "unfounded", "transferred", "court", "merged", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Recheck = Literal["paid", "partly", "not_paid", "cannot_tell"]
RECHECKS: tuple[Recheck, ...] = get_args(Recheck)


class MatterUnknown(ApiError):
    """There is no such matter in the region."""

    code = "matter_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Step:
    """What was done; by a person, or by rule (``escalated``). ``data`` holds what the kind needs.

    ``data`` may have: ``reason`` (closed), ``outcome`` (rechecked), ``level`` and ``due_on``
    (escalated), ``duty`` and ``found`` (duty), ``unchecked`` (closed: why duties were left),
    ``evidence`` (table and record_id, or file and sha256).
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
    """What is known of a matter as of a list; money in fen, None is unknown.

    ``listed``: the records still show it open. ``duties``: of a confirmed case, from the rules.
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
    funding: str | None = None
    sector: str | None = None
    tier: str | None = None
    text: str | None = None
    duties: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Matter:
    """A matter with what is known of it and every step, in their order."""

    number: int
    key: str
    kind: Kind
    region_code: str
    opened_by: str
    opened_at: dt.datetime
    facts: Facts
    steps: Sequence[Step] = field(default=())

    @property
    def employer(self) -> str | None:
        """The credit code of the employer, where a list of employers tells of the matter.

        Cases and complaints of an organisation come with the lists of projects.
        """
        facts = self.facts
        return facts.org_id if self.kind in _OF_LISTS and facts.project_id is None else None


@dataclass(frozen=True)
class Opening:
    """A matter to be opened, or known more of."""

    key: str
    kind: Kind
    region_code: str
    facts: Facts


_OF_LISTS = frozenset({"rectification", "finding", "alert"})
_DAYS = tuple(one.name for one in fields(Facts) if one.type == "dt.date | None")
_APART = ("as_of", "listed")


def keep_step(connection: Connection, step: Step) -> None:
    """Keep a step."""
    connection.execute(insert(MATTER_STEPS).values(asdict(step)))


def open_matter(
    connection: Connection, opening: Opening, opened_by: str, opened_at: dt.datetime
) -> None:
    """Keep a new matter with what is known of it."""
    connection.execute(
        insert(MATTERS).values(
            matter=opening.key,
            kind=opening.kind,
            region_code=opening.region_code,
            opened_by=opened_by,
            opened_at=opened_at,
        )
    )
    keep_facts(connection, opening)


def keep_facts(connection: Connection, opening: Opening) -> None:
    """Keep what is now known of a matter."""
    connection.execute(
        insert(MATTER_FACTS).values(
            matter=opening.key,
            region_code=opening.region_code,
            as_of=opening.facts.as_of,
            listed=opening.facts.listed,
            facts=_document(opening.facts),
        )
    )


def all_matters(engine: Engine, principal: Principal) -> list[Matter]:
    """Every matter of the region, open or closed, the first first."""
    with engine.connect() as connection:
        return read_matters(connection, principal)


def read_matters(
    connection: Connection, principal: Principal, key: str | None = None
) -> list[Matter]:
    """Every matter of the region, or the one of ``key``, within a transaction."""

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
        )
        for row in heads
    ]


def find_matter(connection: Connection, key: str, principal: Principal) -> Matter:
    """The matter of ``key``.

    Raises:
        MatterUnknown: there is none in the principal's region.
    """
    found = read_matters(connection, principal, key)
    if not found:
        raise MatterUnknown(matter=key)
    return found[0]


def facts_until(connection: Connection, principal: Principal, day: dt.date) -> Mapping[str, Facts]:
    """What was known of each matter of the region from lists up to ``day``."""
    query = select(MATTER_FACTS).where(
        within(MATTER_FACTS.c.region_code, principal), MATTER_FACTS.c.as_of <= day
    )
    rows = connection.execute(query.order_by(MATTER_FACTS.c.id))
    return {row.matter: _facts(row) for row in rows}


@dataclass(frozen=True)
class UntakenList:
    """A list whose matters were not taken yet; ``newest`` of its region and kind or overtaken."""

    number: int
    as_of: dt.date
    region: str
    kind: UnitKind
    newest: bool


def untaken(connection: Connection) -> list[UntakenList]:
    """Lists whose matters were not taken, the oldest first."""
    rows = connection.execute(
        select(
            WATCHLISTS.c.id, WATCHLISTS.c.as_of, WATCHLISTS.c.region, WATCHLISTS.c.kind
        ).order_by(WATCHLISTS.c.as_of, WATCHLISTS.c.id)
    ).all()
    taken = set(connection.execute(select(MATTER_LISTS.c.watchlist_id)).scalars())
    last = {(row.region, row.kind): row.id for row in rows}
    return [
        UntakenList(*row, newest=last[row.region, row.kind] == row.id)
        for row in rows
        if row.id not in taken
    ]


def anything_untaken(engine: Engine) -> bool:
    """Whether some list's matters were not taken yet; cheap."""
    query = select(WATCHLISTS.c.id).where(
        WATCHLISTS.c.id.not_in(select(MATTER_LISTS.c.watchlist_id))
    )
    with engine.connect() as connection:
        return connection.execute(query.limit(1)).first() is not None


def mark_taken(connection: Connection, numbers: Collection[int], now: dt.datetime) -> None:
    """Remember that these lists' matters are taken."""
    rows = [{"watchlist_id": number, "taken_at": now} for number in numbers]
    if rows:
        connection.execute(insert(MATTER_LISTS), rows)


def alone(connection: Connection) -> None:
    """Nobody else opens or escalates matters until this transaction ends."""
    # A SQLite writer is alone anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE matter_lists IN EXCLUSIVE MODE"))


def _document(facts: Facts) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(facts).items()
        if name not in _APART
    }


def _facts(row: Row[Any]) -> Facts:
    known = {one.name for one in fields(Facts)}
    values = {name: value for name, value in row.facts.items() if name in known}
    for name in _DAYS:
        if values.get(name):
            values[name] = dt.date.fromisoformat(values[name])
    return Facts(row.as_of, row.listed, **values)


def _step(row: Row[Any]) -> Step:
    values = {one.name: row._mapping[one.name] for one in fields(Step)}
    return Step(**{**values, "taken_at": utc(values["taken_at"])})
