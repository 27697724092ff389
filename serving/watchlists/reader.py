"""Reads of the pages: lists as a principal may see them, and the registers published with them."""

from __future__ import annotations

import datetime as dt
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from risk.unit_kinds import Kind
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.watchlists.redaction import Views
from serving.watchlists.repository import (
    ListSummary,
    NotPublished,
    WatchlistRepository,
    closest_list,
)
from serving.watchlists.snapshot_repository import StoredRegister, load_register

Document = Mapping[str, Any]

_MAX_REGISTERS = 4
_VALID_FOR = dt.timedelta(days=45)


@dataclass(frozen=True)
class ChosenList:
    """A list to show: its document as the principal may see it, its summary and all lists.

    ``lists`` are ordered from the newest.
    """

    document: Document
    summary: ListSummary
    lists: Sequence[ListSummary]

    @property
    def kind(self) -> Kind:
        """The kind of unit on the list."""
        return self.summary.kind


@dataclass(frozen=True)
class Register:
    """The part of a register that a principal may see."""

    as_of: dt.date
    projects: Sequence[Document]
    matters: Sequence[Document]
    closed: Sequence[Document]

    def by_id(self) -> Mapping[str, Document]:
        """Return the projects by project_id."""
        return {row["project_id"]: row for row in self.projects}


class WatchlistReader:
    """Reads lists and registers; caches the last registers, which never change."""

    def __init__(self, database: Database, views: Views) -> None:
        self.database = database
        self._views = views
        self._registers: OrderedDict[str, StoredRegister] = OrderedDict()

    def choose(
        self,
        request: Request,
        principal: Principal,
        as_of: dt.date | None,
        region: str | None,
        kind: Kind = "project",
    ) -> ChosenList | None:
        """Return the list requested, else the newest of the principal's region; None without lists.

        Raises:
            NotPublished: the list requested does not exist, or not in the principal's region.
        """
        lists = WatchlistRepository(self.database, kind).summaries(principal)
        summary = _fitting(lists, principal, as_of, region)
        if summary is None:
            if as_of is None and region is None:
                return None
            raise WatchlistRepository(self.database, kind).not_published(
                as_of, region or "", principal
            )
        view = self._views.watchlist(principal, summary.as_of, summary.region, kind)
        state = request.scope.setdefault("state", {})
        state["about"] = (view.as_of, view.list_digest, view.model_version)
        return ChosenList(json.loads(view.body), summary, lists)

    def require(
        self,
        request: Request,
        principal: Principal,
        as_of: dt.date | None,
        region: str | None,
        kind: Kind = "project",
    ) -> ChosenList:
        """Return the list requested, as :meth:`choose` does.

        Raises:
            NotPublished, NothingPublished: there is none in the principal's region.
        """
        chosen = self.choose(request, principal, as_of, region, kind)
        if chosen is None:
            lists = WatchlistRepository(self.database, kind)
            raise lists.not_published(as_of, region or "", principal)
        return chosen

    def previous(self, principal: Principal, chosen: ChosenList) -> Document | None:
        """Return the list that a list was compared with when it was published; None without one."""
        reference = chosen.document["previous"]
        if reference is None:
            return None
        day = dt.date.fromisoformat(reference["as_of"])
        try:
            view = self._views.watchlist(principal, day, chosen.summary.region, chosen.kind)
        except NotPublished:
            return None
        document: Document = json.loads(view.body)
        return document

    def risk(
        self, request: Request, principal: Principal, project_id: str, as_of: dt.date | None
    ) -> Document:
        """Return the risk of a project.

        Raises:
            NothingPublished, NotPublished, ProjectNotScored: there is no score in the region.
        """
        view = self._views.risk(principal, project_id, as_of)
        request.scope.setdefault("state", {})["about"] = (view.as_of, None, view.model_version)
        document: Document = json.loads(view.body)
        return document

    def day(self, principal: Principal, today: dt.date) -> dt.date:
        """Return ``today``, at most 45 days after the newest list (data may end in the past)."""
        newest = max(
            (summary.as_of for summary in WatchlistRepository(self.database).summaries(principal)),
            default=today,
        )
        return min(today, newest + _VALID_FOR)

    def register(self, principal: Principal, summary: ListSummary) -> Register:
        """Return the part of a list's register that ``principal`` may see.

        It is empty if the list was published without one.
        """
        document = self.register_document(principal, summary)
        return Register(
            summary.as_of,
            *(
                _own(document.get(name, ()), principal)
                for name in ("projects", "matters", "closed")
            ),
        )

    def register_document(self, principal: Principal, summary: ListSummary) -> Document:
        """Return the register published with a list, unfiltered; empty if there is none."""
        stored = self._registers.get(summary.digest)
        if stored is None:
            stored = load_register(
                self.database.engine, summary.as_of, summary.region, principal, summary.kind
            )
            if stored is None:
                return {}
            self._registers[summary.digest] = stored
            while len(self._registers) > _MAX_REGISTERS:
                self._registers.popitem(last=False)
        return stored.document


def reader_of(request: Request) -> WatchlistReader:
    """Return the reader of the application."""
    reader: WatchlistReader = request.app.state.reader
    return reader


def _own(rows: Sequence[Document], principal: Principal) -> Sequence[Document]:
    if not principal.region:
        return rows
    return [row for row in rows if covers(principal, row["region_code"])]


def _fitting(
    lists: Sequence[ListSummary], principal: Principal, as_of: dt.date | None, region: str | None
) -> ListSummary | None:
    dated = [
        summary
        for summary in lists
        if as_of in (None, summary.as_of) and region in (None, summary.region)
    ]
    return closest_list(dated, principal)
