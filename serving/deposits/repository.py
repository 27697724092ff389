"""Reads the rows about deposits that were published with a list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select

from risk.store.staged import AT_ONCE
from serving.auth.principal import Principal
from serving.db.compression import unpacked
from serving.db.database import Database
from serving.db.tables import DEPOSIT_ROWS, WATCHLISTS
from serving.db.text_match import holds
from serving.watchlists.archived import refuse_archived
from serving.watchlists.dictionaries import dictionary
from serving.watchlists.list_rows import visible_rows
from serving.watchlists.repository import ListSummary

Row = Mapping[str, Any]
Part = Literal["advice", "ending", "returns"]
Condition = ColumnElement[bool]

_COLUMNS = DEPOSIT_ROWS.c


class DepositRows:
    """Rows of the register of a list that a principal may see; none without a register.

    Raises:
        ListArchived: the register was moved to a file.
    """

    def __init__(self, database: Database, summary: ListSummary, principal: Principal) -> None:
        self._engine = database.engine
        refuse_archived(summary.as_of, summary.archive)
        self._own = visible_rows(database, summary, principal, DEPOSIT_ROWS)
        self._words = select(dictionary("deposit", WATCHLISTS.c.id)).where(
            WATCHLISTS.c.digest == summary.digest
        )

    def page(
        self, part: Part, where: Sequence[Condition] = (), limit: int | None = None, skip: int = 0
    ) -> tuple[int, list[Row]]:
        """Return the number of rows of a part that meet all conditions, and those after ``skip``.

        Without a full page the number is that of the rows up to its end.
        """
        every = (self._own, _COLUMNS.part == part, *where)
        query = select(_COLUMNS.body).where(*every).order_by(_COLUMNS.position)
        query = query.limit(limit).offset(skip or None)
        count = select(func.count()).select_from(DEPOSIT_ROWS).where(*every)
        with self._engine.connect() as connection:
            words = connection.execute(self._words).scalar_one_or_none()
            bodies = connection.execute(query).scalars()
            rows = [json.loads(unpacked(body, words)) for body in bodies]
            full = limit is not None and len(rows) == limit
            return (connection.execute(count).scalar_one() if full else skip + len(rows)), rows

    def each(self, part: Part, where: Sequence[Condition] = ()) -> Iterator[Row]:
        """Yield the rows of a part that meet all conditions, a thousand in memory at a time."""
        every = (self._own, _COLUMNS.part == part, *where)
        query = select(_COLUMNS.body).where(*every).order_by(_COLUMNS.position)
        with self._engine.connect() as connection:
            words = connection.execute(self._words).scalar_one_or_none()
            bodies = connection.execute(query.execution_options(yield_per=AT_ONCE)).scalars()
            for body in bodies:
                yield json.loads(unpacked(body, words))

    def named(self, words: str) -> Condition:
        """Return the condition that name or code of the contractor contain ``words``."""
        return holds(self._engine, _COLUMNS.search, words.strip().casefold())

    def with_step(self, step: str) -> Condition:
        """Return the condition that an advice has that step; ``no_table`` is none."""
        return _COLUMNS.code.is_(None) if step == "no_table" else _COLUMNS.code == step

    def of_region(self, region: str) -> Condition:
        """Return the condition that a row is of ``region``."""
        return _COLUMNS.region_code.startswith(region, autoescape=True)

    def within_days(self, days: int) -> Condition:
        """Return the condition that a deposit is missing, expired, or expires within ``days``."""
        return or_(
            _COLUMNS.code != "ending",
            and_(_COLUMNS.code == "ending", _COLUMNS.days_left <= days),
        )
