"""Stores a sealed publication and everything published with it in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from risk.store.marks import StoreMark
from serving.audit.command_entry import command_entry
from serving.audit.repository import AuditEntry, add_audit_entries
from serving.auth.roles import Permission
from serving.db.database import Database
from serving.db.staged_rows import staging
from serving.indicators.repository import CountyRates, save_rates
from serving.models.repository import StoredModel, save_model
from serving.watchlists.document import SealedPublication
from serving.watchlists.events import NO_EVENTS, record_publication, stage_events
from serving.watchlists.mark_repository import save_mark
from serving.watchlists.repository import (
    insert_publication,
    is_published,
    list_id,
    list_rows,
    stage_list,
)
from serving.watchlists.snapshot import Snapshot
from serving.watchlists.snapshot_repository import (
    pack_snapshot,
    save_snapshot,
    stage_snapshot,
)


@dataclass(frozen=True)
class PublicationExtras:
    """Data published with a list: indicators, the model with its card, data for the pages.

    ``mark`` is the record store the list was built from; a replay reads only the rows up to it.
    """

    rates: Sequence[CountyRates]
    model: StoredModel
    snapshot: Snapshot | None = None
    mark: StoreMark | None = None


@dataclass(frozen=True)
class Published:
    """Digest of a stored list; ``new`` is False when the very same list was there already."""

    digest: str
    new: bool


def store_publication(
    database: Database,
    sealed: SealedPublication,
    *,
    published_at: dt.datetime,
    published_by: str,
    extras: PublicationExtras | None = None,
) -> Published:
    """Store a list, its risks, its events and ``extras``, all or nothing.

    Storing the very same list again changes nothing, but a list that has no mark gets one: built
    again, the rows of the store give the same bytes.

    Raises:
        AlreadyPublished: another list is sealed for that as_of, region and kind.
    """
    snapshot = None if extras is None or extras.snapshot is None else pack_snapshot(extras.snapshot)
    rows = list_rows(sealed)
    header, events = sealed.publication.header, NO_EVENTS
    with staging(database.engine) as (connection, staged):
        # Before the transaction that holds the write lock of SQLite. Lists never go.
        with connection.begin():
            if not is_published(connection, header):
                stage_list(staged, sealed, rows)
                events = stage_events(connection, staged, sealed, published_at)
                if snapshot is not None:
                    stage_snapshot(staged, snapshot)
        with connection.execution_options(writing=True).begin():
            number = insert_publication(connection, sealed, rows, published_at, published_by)
            if number is not None:
                staged.insert_list(number)
                record_publication(connection, staged, sealed, events, published_at)
                if snapshot is not None:
                    save_snapshot(connection, number, snapshot)
                if extras is not None:
                    save_rates(connection, extras.rates)
                    save_model(connection, extras.model, published_at)
            if extras is not None and extras.mark is not None:
                save_mark(connection, list_id(connection, header), extras.mark)
            if number is not None:
                add_audit_entries(connection, [_entry(sealed, published_by)])
    return Published(sealed.watchlist.digest, new=number is not None)


def _entry(sealed: SealedPublication, by: str) -> AuditEntry:
    header = sealed.publication.header
    said = command_entry(Permission.RUN_JOBS, f"publish {header.as_of} {header.region or '*'}", by)
    return said._replace(
        as_of=header.as_of,
        list_digest=sealed.watchlist.digest,
        model_version=header.model.version,
    )
