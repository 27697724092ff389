"""Closing accounts of past imports, stored with the records."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any

from risk.intake.report import ImportReport
from risk.store.store import RecordStore

_MOST = 200


@dataclass(frozen=True)
class ImportAccount:
    """Closing account of an import: when (UTC), by whom, and the report as JSON."""

    id: str
    at: dt.datetime
    who: str
    files: tuple[str, ...]
    account: dict[str, Any]


def store_account(store: RecordStore, report: ImportReport, *, who: str) -> str:
    """Store the account of ``report`` and return its id."""
    store.rows(
        "CREATE TABLE IF NOT EXISTS imports (id VARCHAR NOT NULL, imported_at TIMESTAMP NOT NULL,"
        " who VARCHAR NOT NULL, files VARCHAR NOT NULL, account VARCHAR NOT NULL)"
    )
    document = report.as_json()
    failed = [failure["file"] for failure in document["failed"]]
    names = list(dict.fromkeys([*(file.file for file in report.files), *failed]))
    identity = uuid.uuid4().hex
    store.rows(
        "INSERT INTO imports VALUES (?, now() AT TIME ZONE 'UTC', ?, ?, ?)",
        [identity, who, _json(names), _json(document)],
    )
    return identity


def stored_accounts(store: RecordStore, *, most: int = _MOST) -> list[ImportAccount]:
    """Accounts of the last imports, the newest first."""
    if not store.has_table("imports"):
        return []
    found = store.rows(
        "SELECT id, imported_at, who, files, account FROM imports"
        " ORDER BY imported_at DESC, id LIMIT ?",
        [most],
    )
    return [
        ImportAccount(identity, at, who, tuple(json.loads(files)), json.loads(account))
        for identity, at, who, files, account in found
    ]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
