"""Events of a published list: the list itself and the projects whose tier changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from serving.db.staged_rows import StagedRows
from serving.db.tables import EVENTS, PROJECT_RISKS, WATCHLISTS
from serving.events.repository import lock_events, record_deliveries, record_events, with_ids
from serving.events.types import PUBLISHED, TIER_CHANGED
from serving.watchlists.archived import archive_of, refuse_archived
from serving.watchlists.document import Header, SealedPublication

_LOWEST_TIER = "blue"


@dataclass(frozen=True)
class PublicationEvents:
    """Rows of the events of a list that is to be stored, compared with the list ``since``."""

    rows: Sequence[dict[str, Any]]
    since: int | None


NO_EVENTS = PublicationEvents((), None)


def stage_events(
    connection: Connection, staged: StagedRows, sealed: SealedPublication, now: dt.datetime
) -> PublicationEvents:
    """Stage the events of a list that is to be stored."""
    since = _list_before(connection, sealed.publication.header)
    rows = with_ids([_published(sealed), *_tier_changes(connection, sealed, since)], now)
    staged.add(EVENTS, [rows])
    return PublicationEvents(rows, since)


def record_publication(
    connection: Connection,
    staged: StagedRows,
    sealed: SealedPublication,
    found: PublicationEvents,
    now: dt.datetime,
) -> None:
    """Record the events of a list that was just stored, with their deliveries."""
    since = _list_before(connection, sealed.publication.header)
    if since == found.since:
        lock_events(connection)
        staged.insert(EVENTS)
        record_deliveries(connection, found.rows, now)
    else:
        # Another list was stored since the events were staged.
        rows = [_published(sealed), *_tier_changes(connection, sealed, since)]
        record_events(connection, rows, now)


def _published(sealed: SealedPublication) -> dict[str, Any]:
    head = sealed.publication.header
    return {
        "type": PUBLISHED,
        "as_of": head.as_of,
        "region": head.region,
        "project_id": None,
        "data": {
            "as_of": head.as_of.isoformat(),
            "region": head.region,
            **head.kind_fields(),
            "digest": sealed.watchlist.digest,
            "model_version": head.model.version,
        },
    }


def _tier_changes(
    connection: Connection, sealed: SealedPublication, since: int | None
) -> Iterator[dict[str, Any]]:
    head = sealed.publication.header
    before = _tiers(connection, since)
    for one in sealed.outlines:
        was = before.get(one.project_id)
        if one.tier == (was or _LOWEST_TIER):
            continue
        yield {
            "type": TIER_CHANGED,
            "as_of": head.as_of,
            "region": one.region_code,
            "project_id": one.project_id,
            "data": {
                "as_of": head.as_of.isoformat(),
                "project_id": one.project_id,
                "region_code": one.region_code,
                "from": was,
                "to": one.tier,
                "probability": one.probability,
            },
        }


def _list_before(connection: Connection, head: Header) -> int | None:
    """The newest list of an earlier date; None if there is none.

    Raises:
        ListArchived: it was moved to a file.
    """
    last = connection.execute(
        select(WATCHLISTS.c.id, WATCHLISTS.c.as_of, archive_of(WATCHLISTS.c.id).label("archive"))
        .where(
            WATCHLISTS.c.region == head.region,
            WATCHLISTS.c.kind == head.kind,
            WATCHLISTS.c.as_of < head.as_of,
        )
        .order_by(WATCHLISTS.c.as_of.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return None
    refuse_archived(last.as_of, last.archive)
    return int(last.id)


def _tiers(connection: Connection, list_id: int | None) -> dict[str, str | None]:
    query = select(PROJECT_RISKS.c.project_id, PROJECT_RISKS.c.tier)
    rows = connection.execute(query.where(PROJECT_RISKS.c.watchlist_id == list_id))
    return {row.project_id: row.tier for row in rows}
