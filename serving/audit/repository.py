"""Repository of the audit log; rows are only added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

from sqlalchemy import Connection, Engine, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.db.engine import utc, writing
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import AUDIT


@dataclass(frozen=True)
class AuditEntry:
    """An audited request; ``subject`` is its URL, ``region`` the principal's region."""

    at: dt.datetime
    request_id: str
    who: str
    role: str
    action: str
    method: str
    subject: str
    region: str
    as_of: dt.date | None
    list_digest: str | None
    model_version: str | None
    status: int


_NAMES = tuple(field.name for field in fields(AuditEntry))
_FIELDS = attrgetter(*_NAMES)
_AT, _AS_OF = _NAMES.index("at"), _NAMES.index("as_of")


def write_audit_entries(engine: Engine, entries: Sequence[AuditEntry]) -> None:
    """Store ``entries`` in one transaction."""
    with writing(engine).begin() as connection:
        add_audit_entries(connection, entries)


def add_audit_entries(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Store ``entries`` in the transaction of ``connection``."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(_NAMES))
    # Plain SQL, because SQLAlchemy's expression language takes ten times as long for thousands.
    statement = f"INSERT INTO audit ({', '.join(_NAMES)}) VALUES ({marks})"
    plain = connection.dialect.name == "sqlite"
    rows = [tuple(_values(entry, plain)) for entry in entries]
    connection.exec_driver_sql(statement, rows)


def list_audit_entries(
    engine: Engine, principal: Principal, request: PageRequest
) -> Page[AuditEntry]:
    """Return the entries of principals of the principal's region, newest first."""
    query = select(AUDIT).where(within(AUDIT.c.region, principal))
    with engine.connect() as connection:
        rows, after = page(connection, query, AUDIT.c.id, request, newest_first=True)
    entries = [{name: row._mapping[name] for name in _NAMES} for row in rows]
    return Page([AuditEntry(**{**entry, "at": utc(entry["at"])}) for entry in entries], after)


def _values(entry: AuditEntry, plain: bool) -> list[object]:
    values = list(_FIELDS(entry))
    if plain:
        # The format in which SQLAlchemy stores times and dates in SQLite.
        at = entry.at.astimezone(dt.UTC).replace(tzinfo=None)
        values[_AT] = at.isoformat(" ", "microseconds")
        values[_AS_OF] = entry.as_of.isoformat() if entry.as_of else None
    return values
