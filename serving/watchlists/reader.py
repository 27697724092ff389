"""Reads of the pages: lists as a principal may see them, and the registers published with them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from fastapi import Request

from risk.unit_kinds import Kind
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.db.byte_cache import ByteCache
from serving.db.database import Database
from serving.watchlists.list_part import ListPart
from serving.watchlists.redaction import View, Views
from serving.watchlists.repository import (
    ListSummary,
    NotPublished,
    WatchlistRepository,
    closest_list,
)
from serving.watchlists.scored_projects import ScoredProjects
from serving.watchlists.snapshot_repository import load_register

Document = Mapping[str, Any]

_MOST_DRAWING_BYTES = 16_000_000
_VALID_FOR = dt.timedelta(days=45)


@dataclass(frozen=True)
class ChosenList:
    """A list to show: its summary, all lists from the newest on, and its rows."""

    summary: ListSummary
    lists: Sequence[ListSummary]
    part: ListPart
    _view: Callable[[], View]

    @cached_property
    def document(self) -> Document:
        """The whole sealed list as the principal may see it; most pages do without it."""
        document: Document = json.loads(self._view().body)
        return document

    @property
    def kind(self) -> Kind:
        """The kind of unit on the list."""
        return self.summary.kind

    @property
    def newer(self) -> dt.date | None:
        """The date of the newest list of the same region; None where this is that list."""
        days = [one.as_of for one in self.lists if one.region == self.summary.region]
        return max(days) if max(days) > self.summary.as_of else None


class WatchlistReader:
    """Reads lists and what was published with them; keeps drawings, which never change."""

    def __init__(self, database: Database, views: Views) -> None:
        self.database = database
        self._views = views
        self.drawings = ByteCache[tuple[object, ...], Any](_MOST_DRAWING_BYTES)

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
        state = request.scope.setdefault("state", {})
        state["about"] = (summary.as_of, summary.digest, summary.model_version)
        return ChosenList(
            summary,
            lists,
            ListPart(self.database, summary, principal),
            partial(self._views.watchlist, principal, summary.as_of, summary.region, kind),
        )

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
        reference = chosen.part.head["previous"]
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

    def scored(self, principal: Principal, summary: ListSummary) -> ScoredProjects:
        """Return the projects scored with a list that ``principal`` may see."""
        return ScoredProjects(self.database, summary, principal)

    def register_projects(self, principal: Principal, summary: ListSummary) -> Sequence[Document]:
        """Return the whole rows of the projects of a list's register that ``principal`` may see.

        They are tens of megabytes in a province; :meth:`scored` gives what most pages need. There
        are none if the list was published without a register.
        """
        stored = load_register(
            self.database.engine, summary.as_of, summary.region, principal, summary.kind
        )
        return _own(stored.document.get("projects", ()), principal) if stored else ()


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
