"""What pages read: lists as the reader may see them, and the registers kept with them."""

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
from serving.watchlists.repository import Summary, WatchlistRepository, closest
from serving.watchlists.snapshot_repository import StoredRegister, register

Document = Mapping[str, Any]

_REGISTERS_KEPT = 4
_SPEAKS = dt.timedelta(days=45)


@dataclass(frozen=True)
class ChosenList:
    """A list to show: its document as the reader may see it, and what else could be shown.

    ``lists`` are all there are, newest first.
    """

    document: Document
    summary: Summary
    lists: Sequence[Summary]

    @property
    def kind(self) -> Kind:
        """The kind of unit the list is of."""
        return self.summary.kind


@dataclass(frozen=True)
class Register:
    """The part of a register the reader may see."""

    as_of: dt.date
    projects: Sequence[Document]
    matters: Sequence[Document]
    closed: Sequence[Document]

    def by_id(self) -> Mapping[str, Document]:
        """The projects by project_id."""
        return {row["project_id"]: row for row in self.projects}


class WatchlistReader:
    """Reads for the pages; registers do not change, so the last few stay in memory."""

    def __init__(self, database: Database, views: Views) -> None:
        self.database = database
        self._views = views
        self._registers: OrderedDict[str, StoredRegister] = OrderedDict()

    def choose(
        self,
        request: Request,
        who: Principal,
        as_of: dt.date | None,
        region: str | None,
        kind: Kind = "project",
    ) -> ChosenList | None:
        """The list asked for, else the newest that fits the reader; None while there is none.

        Raises:
            NotPublished: the list asked for is not there, or not in the reader's region.
        """
        lists = WatchlistRepository(self.database, kind).summaries(who)
        summary = _fitting(lists, who, as_of, region)
        if summary is None:
            if as_of is None and region is None:
                return None
            raise WatchlistRepository(self.database, kind).not_published(as_of, region or "", who)
        view = self._views.watchlist(who, summary.as_of, summary.region, kind)
        state = request.scope.setdefault("state", {})
        state["about"] = (view.as_of, view.list_digest, view.model_version)
        return ChosenList(json.loads(view.body), summary, lists)

    def risk(
        self, request: Request, who: Principal, project_id: str, as_of: dt.date | None
    ) -> Document:
        """The risk of a project.

        Raises:
            NothingPublished, NotPublished, ProjectNotScored: there is none, or not in the region.
        """
        view = self._views.risk(who, project_id, as_of)
        request.scope.setdefault("state", {})["about"] = (view.as_of, None, view.model_version)
        document: Document = json.loads(view.body)
        return document

    def day(self, who: Principal, today: dt.date) -> dt.date:
        """Today, or the last day the newest list can speak of: a past world has past dates."""
        newest = max(
            (one.as_of for one in WatchlistRepository(self.database).summaries(who)), default=today
        )
        return min(today, newest + _SPEAKS)

    def register(self, who: Principal, summary: Summary) -> Register:
        """Return the part of a list's register that ``who`` may see.

        It is empty if the list was published without one.
        """
        document = self.register_document(who, summary)
        return Register(
            summary.as_of,
            *(_own(document.get(name, ()), who) for name in ("projects", "matters", "closed")),
        )

    def register_document(self, who: Principal, summary: Summary) -> Document:
        """Return the register published with a list, unfiltered; empty if there is none."""
        stored = self._registers.get(summary.digest)
        if stored is None:
            stored = register(
                self.database.engine, summary.as_of, summary.region, who, summary.kind
            )
            if stored is None:
                return {}
            self._registers[summary.digest] = stored
            while len(self._registers) > _REGISTERS_KEPT:
                self._registers.popitem(last=False)
        return stored.document


def reader_of(request: Request) -> WatchlistReader:
    """What the pages of the application read with."""
    found: WatchlistReader = request.app.state.reader
    return found


def _own(rows: Sequence[Document], who: Principal) -> Sequence[Document]:
    if not who.region:
        return rows
    return [row for row in rows if covers(who, row["region_code"])]


def _fitting(
    lists: Sequence[Summary], who: Principal, as_of: dt.date | None, region: str | None
) -> Summary | None:
    dated = [one for one in lists if as_of in (None, one.as_of) and region in (None, one.region)]
    return closest(dated, who)
