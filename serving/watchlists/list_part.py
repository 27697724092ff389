"""The part of a stored list that a principal may see, read from its rows.

A page of the list costs its own entries, not the whole sealed document.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from risk.store.staged import in_batches
from serving.auth.jurisdiction import covers, within
from serving.auth.principal import Principal
from serving.auth.project_regions import regions_of
from serving.auth.roles import Permission
from serving.db.compression import unpacked
from serving.db.database import Database
from serving.db.tables import LIST_DICTIONARIES, LIST_HEADS, PROJECT_RISKS, WATCHLIST_ENTRIES
from serving.watchlists.ranking import Ranking, ranking_from
from serving.watchlists.redaction import without_draws
from serving.watchlists.repository import ListSummary, WatchlistRepository
from serving.watchlists.seal_version import parse_sealed

Document = Mapping[str, Any]
Condition = ColumnElement[bool]
ENTRIES = WATCHLIST_ENTRIES.c

_OF_THE_RISK = frozenset(
    {
        *("seal_version", "as_of", "region", "kind", "horizon_days", "model", "missing_feeds"),
        *("records_digest", "listing", "timeline"),
    }
)
"""Fields that a risk has and an entry has not."""

_SHOWN = (ENTRIES.rank, ENTRIES.change, ENTRIES.from_rank, ENTRIES.change_reason, ENTRIES.shown)


class ListPart:
    """The entries of a list that ``principal`` may see, and what the list says beside them."""

    def __init__(self, database: Database, summary: ListSummary, principal: Principal) -> None:
        self.engine = database.engine
        self._principal = principal
        lists = WatchlistRepository(database, summary.kind)
        self._number = lists.sealed_id(summary.as_of, summary.region)
        self._own = (ENTRIES.watchlist_id == self._number) & within(ENTRIES.region_code, principal)

    @cached_property
    def head(self) -> Document:
        """The list without its entries; those of other regions are not among the ``gone``."""
        query = select(LIST_HEADS.c.body).where(LIST_HEADS.c.watchlist_id == self._number)
        with self.engine.connect() as connection:
            head = parse_sealed(unpacked(connection.execute(query).scalar_one(), None))
            head["gone"] = self._seen(connection, head)
        return head

    def _seen(self, connection: Connection, head: Document) -> Sequence[Document]:
        """Return those of the ``gone`` that the principal may see, as in a view of the list."""
        gone: Sequence[Document] = head["gone"]
        whole = covers(self._principal, head["region"]) and self._principal.has(
            Permission.READ_DRAWS
        )
        if whole or not self._principal.region:
            return gone
        places = regions_of(connection, [one["project_id"] for one in gone])
        return [one for one in gone if covers(self._principal, places.get(one["project_id"]))]

    @cached_property
    def _groups(self) -> Sequence[Row[Any]]:
        """The entries counted by tier, region and red flags."""
        by = (ENTRIES.tier, ENTRIES.region_code, ENTRIES.red_flags)
        query = select(*by, func.count().label("entries")).where(self._own).group_by(*by)
        with self.engine.connect() as connection:
            return connection.execute(query).all()

    @property
    def total(self) -> int:
        """The number of entries."""
        return sum(row.entries for row in self._groups)

    def tiers(self) -> Mapping[str, int]:
        """Return the number of entries by tier."""
        found: Counter[str] = Counter()
        for row in self._groups:
            found[row.tier] += row.entries
        return found

    def places(self) -> set[str]:
        """Return the regions of the entries."""
        return {row.region_code for row in self._groups}

    def flag_titles(self) -> Mapping[str, Document]:
        """Return the titles of the red flags of the entries by code."""
        codes = {code for row in self._groups for code in row.red_flags.split()}
        titles = self.head["flag_titles"]
        return {code: titles[code] for code in sorted(codes)}

    def ranking(self) -> Ranking:
        """Return how far the scores rank the entries."""
        counts: Mapping[float, int] = {}
        if self._principal.has(Permission.READ_DRAWS):
            query = select(ENTRIES.probability, func.count()).group_by(ENTRIES.probability)
            with self.engine.connect() as connection:
                of_risk = connection.execute(query.where(self._own, ENTRIES.selection == "risk"))
                counts = {row[0]: row[1] for row in of_risk}
        order = self.head["rules"]["policy"]["order"]
        return ranking_from(counts, order)

    def among(self, project_ids: Collection[str]) -> set[str]:
        """Return those of ``project_ids`` that are entries."""
        ordered, found = sorted(project_ids), set[str]()
        with self.engine.connect() as connection:
            for batch in in_batches(ordered):
                query = select(ENTRIES.project_id).where(self._own, ENTRIES.project_id.in_(batch))
                found.update(connection.execute(query).scalars())
        return found

    def regions(self) -> Mapping[str, str]:
        """Return the region of each entry by its project_id."""
        query = select(ENTRIES.project_id, ENTRIES.region_code).where(self._own)
        with self.engine.connect() as connection:
            return {row.project_id: row.region_code for row in connection.execute(query)}

    def drawn(self) -> set[str] | None:
        """Return the entries that were drawn at random; None if the principal may not know."""
        if not self._principal.has(Permission.READ_DRAWS):
            return None
        query = select(ENTRIES.project_id).where(self._own, ENTRIES.selection == "random")
        with self.engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def changes(self) -> Mapping[str, int]:
        """Return the number of entries by their change since the previous list."""
        query = select(ENTRIES.change, func.count()).where(self._own).group_by(ENTRIES.change)
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def count(self, where: Sequence[Condition]) -> int:
        """Return the number of entries that meet all conditions."""
        query = select(func.count()).select_from(WATCHLIST_ENTRIES).where(self._own, *where)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def entries(
        self,
        where: Sequence[Condition],
        order: Sequence[ColumnElement[Any]],
        limit: int,
        offset: int = 0,
    ) -> list[Document]:
        """Return a page of the entries that meet all conditions, as they are sealed."""
        query = self._whole_entries().where(*where).order_by(*order).limit(limit).offset(offset)
        rows, words = self._rows(query)
        return [without_draws(_entry(row, words), self._principal) for row in rows]

    def shown(
        self,
        where: Sequence[Condition],
        order: Sequence[ColumnElement[Any]],
        limit: int,
        offset: int = 0,
    ) -> list[Document]:
        """Return what a page shows of the entries that :meth:`entries` returns whole.

        They are a third of the bytes to parse, which is most of the work of a page.
        """
        query = select(*_SHOWN).where(self._own, *where).order_by(*order)
        rows, words = self._rows(query.limit(limit).offset(offset))
        return [_shown(row, words) for row in rows]

    def _rows(self, query: Select[Any]) -> tuple[Sequence[Row[Any]], bytes | None]:
        """Return rows and the dictionary of the documents in them."""
        shared = select(LIST_DICTIONARIES.c.body).where(
            LIST_DICTIONARIES.c.watchlist_id == self._number,
            LIST_DICTIONARIES.c.subject == "risk",
        )
        with self.engine.connect() as connection:
            words = connection.execute(shared).scalar_one_or_none()
            return connection.execute(query).all(), words

    def _whole_entries(self) -> Select[Any]:
        same = (PROJECT_RISKS.c.watchlist_id == ENTRIES.watchlist_id) & (
            PROJECT_RISKS.c.project_id == ENTRIES.project_id
        )
        columns = select(WATCHLIST_ENTRIES, PROJECT_RISKS.c.body)
        return columns.join(PROJECT_RISKS, same).where(self._own)


def _entry(row: Row[Any], words: bytes | None) -> dict[str, Any]:
    risk = parse_sealed(unpacked(row.body, words))
    return {
        "rank": row.rank,
        "selection": row.selection,
        "draw_probability": row.draw_probability,
        **{name: value for name, value in risk.items() if name not in _OF_THE_RISK},
        "change": _change(row),
    }


def _shown(row: Row[Any], words: bytes | None) -> Document:
    document = json.loads(unpacked(row.shown, words))
    return {"rank": row.rank, **document, "change": _change(row)}


def _change(row: Row[Any]) -> Document:
    return {"kind": row.change, "from_rank": row.from_rank, "reason": row.change_reason}
