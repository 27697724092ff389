"""Views of sealed documents: whole, restricted to a region, or without the random selection.

A principal with full access receives the sealed bytes. Others receive a document derived from them
and marked with ``view``. Views are cached in memory until something else is published.
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Engine

from risk.unit_kinds import Kind
from risk.watchlist.sealed_document import seal
from serving.auth.jurisdiction import covers, touches
from serving.auth.principal import Principal
from serving.auth.project_regions import regions_of
from serving.auth.roles import Permission
from serving.db.byte_cache import ByteCache
from serving.db.change_stamp import ChangeStamp
from serving.db.database import Database
from serving.watchlists.repository import StoredDocument, WatchlistRepository
from serving.watchlists.snapshot_repository import load_case_file

MAX_BYTES = 64_000_000
_SMALL = 1_000


@dataclass(frozen=True)
class View:
    """A document as bytes, plain and compressed, with the fields of its audit entry."""

    body: bytes
    compressed: bytes | None
    digest: str
    as_of: dt.date
    list_digest: str | None
    model_version: str


class Views:
    """Creates and caches views; the cache is cleared when the change stamp changes."""

    def __init__(self, database: Database, change_stamp: ChangeStamp) -> None:
        self._database = database
        self._freshness = change_stamp
        self._stamp: object = None
        self._views = ByteCache[tuple[object, ...], View](MAX_BYTES)

    @property
    def engine(self) -> Engine:
        """The engine of the service database."""
        return self._database.engine

    def watchlist(
        self, principal: Principal, as_of: dt.date | None, region: str, kind: Kind = "project"
    ) -> View:
        """Return a list as the principal may see it.

        Raises:
            NothingPublished, NotPublished: there is none, or none of their region.
        """
        draws = principal.has(Permission.READ_DRAWS)
        key = ("list", kind, as_of, region, principal.region, draws)
        lists = WatchlistRepository(self._database, kind)
        return self._get(key, lambda: _watchlist(lists, principal, as_of, region))

    def risk(self, principal: Principal, project_id: str, as_of: dt.date | None) -> View:
        """Return the risk of a project as the principal may see it.

        If the newest list no longer scores the project, since a case was confirmed, the risk of the
        last list that did names its date as ``case_file_as_of``.

        Raises:
            NothingPublished, NotPublished, ProjectNotScored: there is none, or not in their region.
        """
        draws = principal.has(Permission.READ_DRAWS)
        key = ("risk", project_id, as_of, principal.region, draws)
        return self._get(key, lambda: self._risk(principal, project_id, as_of))

    def _get(self, key: tuple[object, ...], make: Callable[[], View]) -> View:
        stamp = self._freshness.current()
        if stamp != self._stamp:
            self._views.clear()
            self._stamp = stamp
        view = self._views.get(key)
        if view is None:
            view = make()
            self._views.put(key, view, _size(view))
        return view

    def _risk(self, principal: Principal, project_id: str, as_of: dt.date | None) -> View:
        stored = WatchlistRepository(self._database).project_risk(project_id, as_of, principal)
        document = stored.document()
        newer = None if as_of else load_case_file(self.engine, project_id, None, principal)
        if principal.has(Permission.READ_DRAWS) and newer is None:
            return _view(stored, document, None)
        if newer is not None:
            document["case_file_as_of"] = newer["as_of"]
        if document["listing"] is not None:
            document["listing"] = without_draws(document["listing"], principal)
        _mark(document, principal, stored.digest)
        sealed = seal(document)
        return _view(StoredDocument(sealed.body, sealed.digest), document, None)


def _watchlist(
    lists: WatchlistRepository, principal: Principal, as_of: dt.date | None, region: str
) -> View:
    if not touches(principal, region):
        raise lists.not_published(as_of, region, principal)
    stored = lists.watchlist(as_of, region, principal)
    document = stored.document()
    if covers(principal, region) and principal.has(Permission.READ_DRAWS):
        return _view(stored, document, stored.digest)
    gone = [item["project_id"] for item in document["gone"]]
    with lists.engine.connect() as connection:
        places = regions_of(connection, gone)
    document["entries"] = [
        without_draws(entry, principal)
        for entry in document["entries"]
        if covers(principal, entry["region_code"])
    ]
    document["gone"] = [
        item
        for item in document["gone"]
        if not principal.region or covers(principal, places.get(item["project_id"]))
    ]
    _mark(document, principal, stored.digest)
    sealed = seal(document)
    return _view(StoredDocument(sealed.body, sealed.digest), document, stored.digest)


def without_draws(entry: dict[str, Any], principal: Principal) -> dict[str, Any]:
    """Return ``entry`` without the random selection: only ``must`` remains visible."""
    if principal.has(Permission.READ_DRAWS):
        return entry
    selection = entry["selection"] if entry["selection"] == "must" else None
    return {**entry, "selection": selection, "draw_probability": None}


def _mark(document: dict[str, Any], principal: Principal, digest: str) -> None:
    hidden = not principal.has(Permission.READ_DRAWS)
    if hidden and "rules" in document:
        # With the seed the random selection could be repeated.
        document["rules"]["policy"]["seed"] = None
    document["view"] = {"of": digest, "region": principal.region, "draws_hidden": hidden}


def _view(stored: StoredDocument, document: dict[str, Any], list_digest: str | None) -> View:
    body = stored.body
    return View(
        body,
        gzip.compress(body, 6, mtime=0) if len(body) >= _SMALL else None,
        stored.digest,
        dt.date.fromisoformat(document["as_of"]),
        list_digest,
        document["model"]["version"],
    )


def _size(view: View) -> int:
    return len(view.body) + len(view.compressed or b"")


async def views_of(request: Request) -> Views:
    """Return the redacted views of the application."""
    views: Views = request.app.state.views
    return views


LiveViews = Annotated[Views, Depends(views_of)]
"""Type of an endpoint parameter that receives the redacted views."""
