"""Repository of the audit log; rows are only added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, insert, or_, select, text

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.clock import office_date, office_midnight
from serving.db.engine import utc, writing
from serving.db.hash_chain import moment_text, next_digest
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import AUDIT, AUDIT_HEADS


class AuditEntry(NamedTuple):
    """An audited request; ``subject`` is its URL, ``region`` the principal's region.

    A tuple, because every request makes one: a frozen dataclass takes six times as long.
    """

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


@dataclass(frozen=True)
class AuditFilter:
    """Conditions on entries: by whom, about any of these projects, on a day at the office."""

    who: str | None = None
    projects: Sequence[str] = ()
    day: dt.date | None = None


_NAMES = AuditEntry._fields
_AS_OF = _NAMES.index("as_of")
_AS_STORED = slice(0, len("2025-06-01T08:30:00.000000"))
_LOCK = 7_246_170_018
"""Advisory lock of PostgreSQL, held while entries are chained."""


def write_audit_entries(engine: Engine, entries: Sequence[AuditEntry]) -> None:
    """Store ``entries`` in one transaction."""
    with writing(engine).begin() as connection:
        add_audit_entries(connection, entries)


def add_audit_entries(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Store ``entries`` in the transaction of ``connection``, as its last statements.

    On PostgreSQL other transactions that add entries wait until this one ends.
    """
    if not entries:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    digest = _last_digest(connection, entries[-1].at)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * (len(_NAMES) + 1))
    # Plain SQL, because SQLAlchemy's expression language takes ten times as long for thousands.
    statement = f"INSERT INTO audit ({', '.join(_NAMES)}, digest) VALUES ({marks})"
    plain = connection.dialect.name == "sqlite"
    rows: list[tuple[object, ...]] = []
    for entry in entries:
        at = moment_text(entry.at)
        digest = next_digest(digest, (at, *entry[1:]))
        rows.append((*(_plain(entry, at) if plain else entry), digest))
    connection.exec_driver_sql(statement, rows)


def _last_digest(connection: Connection, at: dt.datetime) -> str:
    """Return the digest of the last entry; store it as head if ``at`` is on a later day."""
    query = select(AUDIT.c.id, AUDIT.c.at, AUDIT.c.digest).order_by(AUDIT.c.id.desc()).limit(1)
    last = connection.execute(query).first()
    if last is None:
        return ""
    if last.digest is None:
        head = select(AUDIT_HEADS.c.digest).where(AUDIT_HEADS.c.entry_id == last.id)
        return str(connection.execute(head).scalar_one_or_none() or "")
    day = office_date(utc(last.at))
    if day < office_date(at):
        connection.execute(
            insert(AUDIT_HEADS).values(entry_id=last.id, day=day, digest=last.digest, at=at)
        )
    return str(last.digest)


def list_audit_entries(
    engine: Engine,
    principal: Principal,
    request: PageRequest,
    wanted: AuditFilter = AuditFilter(),
) -> Page[AuditEntry]:
    """Return the entries of principals of the principal's region, newest first."""
    query = select(AUDIT).where(within(AUDIT.c.region, principal), *_conditions(wanted))
    with engine.connect() as connection:
        rows, after = page(connection, query, AUDIT.c.id, request, newest_first=True)
    entries = [{name: row._mapping[name] for name in _NAMES} for row in rows]
    return Page([AuditEntry(**{**entry, "at": utc(entry["at"])}) for entry in entries], after)


def exported_entries(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield all entries, oldest first, with number, digest and times in UTC."""
    query = select(AUDIT).order_by(AUDIT.c.id).execution_options(yield_per=1000)
    with engine.connect() as connection:
        for row in connection.execute(query):
            yield {**row._mapping, "at": utc(row.at).isoformat()}


def audit_people(engine: Engine, principal: Principal) -> list[str]:
    """Return the names in the entries of the principal's region, in order."""
    query = select(AUDIT.c.who).where(within(AUDIT.c.region, principal), AUDIT.c.who != "")
    with engine.connect() as connection:
        return sorted(connection.execute(query.distinct()).scalars())


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.who is not None:
        found.append(AUDIT.c.who == wanted.who)
    if wanted.day is not None:
        start = office_midnight(wanted.day)
        end = office_midnight(wanted.day + dt.timedelta(days=1))
        found += [AUDIT.c.at >= start.astimezone(dt.UTC), AUDIT.c.at < end.astimezone(dt.UTC)]
    if wanted.projects:
        found.append(or_(*map(_is_about, wanted.projects)))
    return found


def _is_about(project_id: str) -> ColumnElement[bool]:
    """Return the condition that the address of an entry is of a project or below it."""
    bases = [f"{start}/projects/{project_id}" for start in ("", "/v1")]
    subject = AUDIT.c.subject
    return or_(
        *(subject == base for base in bases),
        *(subject.startswith(base + mark, autoescape=True) for base in bases for mark in "/?"),
    )


def _plain(entry: AuditEntry, at: str) -> tuple[object, ...]:
    """Return the values in the formats in which SQLAlchemy stores times and dates in SQLite."""
    moment = at[_AS_STORED].replace("T", " ")
    as_of = entry.as_of.isoformat() if entry.as_of else None
    return (moment, *entry[1:_AS_OF], as_of, *entry[_AS_OF + 1 :])
