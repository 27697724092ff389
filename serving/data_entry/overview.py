"""Overview of the record store for the data page, made by jobs and commands after an import.

The service never opens the record store while it answers, so what its page shows is copied here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from risk.contract import STORED_TABLES
from risk.intake.import_accounts import stored_accounts
from risk.intake.orphan_rows import orphan_rows
from risk.intake.project_merges import project_pairs
from risk.intake.quarantine import QuarantinedRow, quarantined_counts, quarantined_rows
from risk.intake.unreadable_cells import UnreadableGroup, unreadable_groups
from risk.locale import LANGUAGES
from risk.sources.pull_log import last_pulls
from risk.store.store import FeedSpan, RecordStore
from risk.workspace import Workspace
from serving.clock import now
from serving.data_entry.overview_state import store_stamp
from serving.data_entry.repository import Account, save_overview
from serving.db.database import Database
from serving.ingest.open_complaints import open_complaint_counts

MOST_ROWS = 200
"""Quarantined rows of a table that the overview holds."""

MOST_GROUPS = 500
"""Groups of unreadable cells that the overview holds."""


def refresh_overview(workspace: Workspace, database: Database) -> None:
    """Copy the overview of the record store and the accounts of its imports.

    Raises:
        RecordStoreBusy: another process is importing; it makes the overview itself.
    """
    stamp = store_stamp(workspace)
    if not stamp:
        return
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        body, accounts = overview(store), _accounts(store)
    save_overview(database.engine, body, stamp, accounts, now())


def overview(store: RecordStore) -> dict[str, Any]:
    """Feeds, missing tables, quarantined rows and unreadable cells as plain data."""
    waiting, quarantined = orphan_rows(store), quarantined_counts(store)
    groups = unreadable_groups(store)
    return {
        "feeds": [
            {
                "table": feed.table,
                "rows": feed.rows,
                "last_known_at": _text(feed.last_known_at),
                "last_month": _last_month(store, feed),
                "waiting": waiting[feed.table],
                "quarantined": quarantined[feed.table],
            }
            for feed in store.feeds()
        ],
        "missing": store.missing_feeds(),
        "complaints": dict(open_complaint_counts(store)),
        "quarantined": [
            _row(row)
            for table in STORED_TABLES.values()
            if quarantined[table.name]
            for row in islice(quarantined_rows(store, table), MOST_ROWS)
        ],
        "unreadable": [_group(group) for group in groups[:MOST_GROUPS]],
        "unreadable_groups": len(groups),
        "pairs": [asdict(one) for one in project_pairs(store)[:MOST_GROUPS]],
        "pulls": {name: one.as_json() for name, one in last_pulls(store).items()},
    }


def _last_month(store: RecordStore, feed: FeedSpan) -> str | None:
    """Month of the newest event of a table up to its last day of knowledge."""
    table = STORED_TABLES[feed.table]
    name = table.starts_on
    if not feed.rows or not name:
        return None
    shown = f"strftime({name}, '%Y-%m')"  # a month is stored as its first day
    found = store.rows(
        f"SELECT max({shown}) FROM {table.name} WHERE {name} <= $1", [feed.last_known_at]
    )
    return found[0][0] if found else None


def _row(row: QuarantinedRow) -> dict[str, Any]:
    table = STORED_TABLES[row.table]
    return {
        "id": row.id,
        "table": row.table,
        "file": row.file,
        "row": row.row,
        "cells": row.cells,
        "problems": [
            {
                "column": one.column,
                **{language: one.message(table, language) for language in LANGUAGES},
            }
            for one in row.problems
        ],
    }


def _group(group: UnreadableGroup) -> dict[str, Any]:
    return {
        "table": group.table,
        "field": group.field,
        "raw": group.raw,
        "rows": group.rows,
        **{language: group.message(language) for language in LANGUAGES},
    }


def _accounts(store: RecordStore) -> Sequence[Account]:
    return [
        Account(one.id, one.at.replace(tzinfo=dt.UTC), one.who, one.files, one.account)
        for one in reversed(stored_accounts(store))
    ]


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
