"""The projects scored with a list that a principal may see, read from the rows of its register."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from risk.store.staged import in_batches
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.db.page_rows import OWED, SEARCHED, owed_summary
from serving.db.tables import SCORED_PROJECTS
from serving.db.text_match import by_code_point, holds
from serving.watchlists.archived import refuse_archived
from serving.watchlists.list_rows import visible_rows
from serving.watchlists.repository import ListSummary

Document = Mapping[str, Any]
Role = Literal["contractor_id", "owner_id"]

_COLUMNS = SCORED_PROJECTS.c
_HIDDEN = frozenset({"watchlist_id", "search", "owner_name"})
_SHOWN = [column for column in _COLUMNS if column.name not in _HIDDEN]
_OWED = [_COLUMNS.amount_owed, *(_COLUMNS[f"owed_{name}"] for name in OWED)]
_FOUND_BY = [_COLUMNS.search, *(_COLUMNS[name] for name in SEARCHED)]


class ScoredProjects:
    """Rows of the projects scored with a list; none for lists published without a register.

    Of an archived list only the entries stayed; what needs all its projects raises
    :class:`~serving.watchlists.archived.ListArchived`.
    """

    def __init__(self, database: Database, summary: ListSummary, principal: Principal) -> None:
        self._engine = database.engine
        self._own = visible_rows(database, summary, principal, SCORED_PROJECTS)
        self._list = summary

    def tiers(self) -> Mapping[str, int]:
        """Return the number of projects by tier."""
        return self.totals()[0]

    def totals(self) -> tuple[Mapping[str, int], int | None]:
        """Return the number of projects by tier, and the wages owed by all, None if unknown."""
        self.require_all()
        count, owed = func.count().label("projects"), func.sum(_COLUMNS.amount_owed).label("owed")
        query = select(_COLUMNS.tier, count, owed).where(self._own).group_by(_COLUMNS.tier)
        rows = self._all(query)
        known = [int(row.owed) for row in rows if row.owed is not None]
        return {row.tier: row.projects for row in rows}, sum(known) if known else None

    def search(self, words: str, tier: str, limit: int) -> tuple[int, list[Document]]:
        """Return how many match, and the first of them by probability."""
        self.require_all()
        where: list[ColumnElement[bool]] = [self._own]
        if wanted := words.strip().casefold():
            where.append(or_(*(holds(self._engine, one, wanted) for one in _FOUND_BY)))
        if tier:
            where.append(_COLUMNS.tier == tier)
        by = (_COLUMNS.probability.desc(), by_code_point(self._engine, _COLUMNS.project_id))
        query = select(*_SHOWN).where(*where).order_by(*by).limit(limit)
        rows = self._rows(query)
        if len(rows) < limit:
            return len(rows), rows
        [(found,)] = self._all(select(func.count()).select_from(SCORED_PROJECTS).where(*where))
        return found, rows

    def by_id(self, project_ids: Collection[str]) -> Mapping[str, Document]:
        """Return those of the projects that there are, by project_id."""
        ordered, found = sorted(set(project_ids)), {}
        for batch in in_batches(ordered):
            among = _COLUMNS.project_id.in_(batch)
            rows = self._rows(select(*_SHOWN).where(self._own, among))
            found.update({row["project_id"]: row for row in rows})
        return found

    def named(self, words: str, limit: int) -> list[str]:
        """Return the ids of the first projects whose name contains ``words`` as written."""
        self.require_all()
        name = func.coalesce(_COLUMNS.project_name, _COLUMNS.project_id)
        query = select(_COLUMNS.project_id).where(self._own, holds(self._engine, name, words))
        by = by_code_point(self._engine, _COLUMNS.project_id)
        return [row.project_id for row in self._all(query.order_by(by).limit(limit))]

    def owed(self, project_ids: Collection[str]) -> Mapping[str, Document]:
        """Return the summary of teams owed wages by project, of those where there are any.

        ``project_ids`` holds at most a few hundred.
        """
        query = select(_COLUMNS.project_id, *_OWED).where(
            self._own, _COLUMNS.amount_owed > 0, _COLUMNS.project_id.in_(list(project_ids))
        )
        found = {row.project_id: owed_summary(dict(row._mapping)) for row in self._all(query)}
        return {project_id: owed for project_id, owed in found.items() if owed}

    def of_party(self, role: Role, party: str, besides: str, limit: int) -> list[Document]:
        """Return the projects of a contractor or owner, the likeliest first."""
        self.require_all()
        query = select(*_SHOWN).where(
            self._own, _COLUMNS[role] == party, _COLUMNS.project_id != besides
        )
        # Both databases would rather read all projects of the list: in the order of its index, and
        # SQLite by the key.
        likeliest = func.abs(_COLUMNS.probability).desc()
        index = f"INDEXED BY ix_{SCORED_PROJECTS.name}_watchlist_id_{role}"
        query = query.with_hint(SCORED_PROJECTS, index, "sqlite")
        code = by_code_point(self._engine, _COLUMNS.project_id)
        return self._rows(query.order_by(likeliest, code).limit(limit))

    def listed(self, limit: int) -> list[Document]:
        """Return the projects on the list by rank."""
        query = select(*_SHOWN).where(self._own, _COLUMNS.rank.is_not(None))
        return self._rows(query.order_by(_COLUMNS.rank).limit(limit))

    def placed(self) -> Sequence[Row[Any]]:
        """Return place, region and tier of the projects that have coordinates, listed ones first,
        then by probability.
        """
        self.require_all()
        names = ("project_id", "latitude", "longitude", "region_code", "tier", "rank")
        query = select(*(_COLUMNS[name] for name in names)).where(
            self._own, _COLUMNS.latitude.is_not(None), _COLUMNS.longitude.is_not(None)
        )
        by = (_COLUMNS.rank.is_(None), _COLUMNS.probability.desc())
        code = by_code_point(self._engine, _COLUMNS.project_id)
        return self._all(query.order_by(*by, code))

    def require_all(self) -> None:
        """Raise ListArchived where only the entries of the list stayed."""
        refuse_archived(self._list.as_of, self._list.archive)

    def _rows(self, query: Select[Any]) -> list[Document]:
        return [_document(dict(row._mapping)) for row in self._all(query)]

    def _all(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()


def _document(row: Mapping[str, Any]) -> Document:
    """A row as in the register, with the summary of wages owed."""
    shown = {name: value for name, value in row.items() if not name.startswith("owed_")}
    return {**shown, "owed": owed_summary(row)}
