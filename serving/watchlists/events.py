"""Events of a published list: the list itself and the projects whose tier changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from serving.db.tables import PROJECT_RISKS, WATCHLISTS
from serving.events.repository import record_events
from serving.events.types import PUBLISHED, TIER_CHANGED
from serving.watchlists.archived import archive_of, refuse_archived
from serving.watchlists.document import Header, SealedPublication

_LOWEST_TIER = "blue"


def record_publication(
    connection: Connection, sealed: SealedPublication, watchlist_id: int, now: dt.datetime
) -> None:
    """Record the events of a list that was just stored, with their deliveries."""
    rows = [_published(sealed), *_tier_changes(connection, sealed, watchlist_id)]
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
    connection: Connection, sealed: SealedPublication, watchlist_id: int
) -> Iterator[dict[str, Any]]:
    head = sealed.publication.header
    before = _tiers_before(connection, head, watchlist_id)
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


def _tiers_before(connection: Connection, head: Header, watchlist_id: int) -> dict[str, str | None]:
    last = connection.execute(
        select(WATCHLISTS.c.id, WATCHLISTS.c.as_of, archive_of(WATCHLISTS.c.id).label("archive"))
        .where(
            WATCHLISTS.c.region == head.region,
            WATCHLISTS.c.kind == head.kind,
            WATCHLISTS.c.as_of < head.as_of,
            WATCHLISTS.c.id != watchlist_id,
        )
        .order_by(WATCHLISTS.c.as_of.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return {}
    refuse_archived(last.as_of, last.archive)
    query = select(PROJECT_RISKS.c.project_id, PROJECT_RISKS.c.tier)
    rows = connection.execute(query.where(PROJECT_RISKS.c.watchlist_id == last.id))
    return {row.project_id: row.tier for row in rows}
