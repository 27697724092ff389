"""Verification of the audit log: the hash chain, and its heads, also those stored elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, select

from serving.db.engine import utc
from serving.db.hash_chain import CHAINED, next_digest
from serving.db.tables import AUDIT, AUDIT_HEADS
from serving.errors import CommandError

_AT_ONCE = 1000


class AuditBroken(CommandError):
    """Audit entries were changed, removed or added outside the service.

    Fields: ``entry`` (the number of the first such entry), ``count`` of problems.
    """

    code = "audit_broken"


class HeadsUnreadable(CommandError):
    """The file does not hold heads of an audit log."""

    code = "audit_heads_unreadable"


@dataclass(frozen=True)
class Head:
    """The digest of the log up to the entry with number ``entry``, the last of ``day``."""

    entry: int
    day: dt.date
    digest: str

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({**asdict(self), "day": self.day.isoformat()})


@dataclass(frozen=True)
class AuditProblem:
    """``altered``: the entry does not fit its digest; ``missing``: a head covers other entries."""

    kind: Literal["altered", "missing"]
    entry: int


@dataclass(frozen=True)
class AuditReport:
    """Number of entries, the newest head (None without entries), and problems in order."""

    entries: int
    head: Head | None
    problems: tuple[AuditProblem, ...]

    def require_whole(self) -> None:
        """Check that there is no problem.

        Raises:
            AuditBroken: there is one.
        """
        if self.problems:
            raise AuditBroken(entry=self.problems[0].entry, count=len(self.problems))


def verify_audit(engine: Engine, heads: Iterable[Head] = ()) -> AuditReport:
    """Compute all digests again and compare them with those stored and with ``heads``.

    Heads stored in the database are compared too. The chain finds altered, removed and inserted
    entries; that the newest ones were removed only a head from elsewhere can show.
    """
    with engine.connect() as connection:
        return verify_entries(connection, heads)


def verify_entries(connection: Connection, heads: Iterable[Head] = ()) -> AuditReport:
    """Do as :func:`verify_audit` in the transaction of ``connection``."""
    expected: dict[int, set[str]] = {}
    for head in (*_stored_heads(connection), *heads):
        expected.setdefault(head.entry, set()).add(head.digest)
    return _verify(connection, expected)


def newest_head(connection: Connection) -> Head | None:
    """Return the head of the newest entry; None if it has no digest or there is none."""
    query = select(AUDIT.c.id, AUDIT.c.at, AUDIT.c.digest).order_by(AUDIT.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None or row.digest is None else _head(row.id, row.at, row.digest)


def heads_after(connection: Connection, entry: int) -> list[Head]:
    """Return the stored heads of entries after number ``entry``, oldest first."""
    return [head for head in _stored_heads(connection) if head.entry > entry]


def read_heads(path: Path) -> list[Head]:
    """Return the heads in a file of JSON lines.

    Raises:
        HeadsUnreadable: it cannot be read or holds something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [parse_head(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadsUnreadable(path=str(path), detail=str(error)) from error


def _verify(connection: Connection, expected: Mapping[int, set[str]]) -> AuditReport:
    digest, count, last, problems = "", 0, None, []
    seen = set()
    for row in _rows(connection):
        count, last = count + 1, row
        computed = next_digest(digest, row[2:])
        wrong = row.digest is not None and row.digest != computed
        if wrong:
            problems.append(AuditProblem("altered", row.id))
        # Continued from what is stored, so that one altered entry is one problem.
        digest = row.digest or computed
        if row.id in expected:
            seen.add(row.id)
            if expected[row.id] != {digest}:
                problems.append(AuditProblem("missing", row.id))
    problems += [AuditProblem("missing", entry) for entry in sorted(set(expected) - seen)]
    head = None if last is None else _head(last.id, last.at, digest)
    return AuditReport(count, head, tuple(problems))


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    columns = [AUDIT.c.id, AUDIT.c.digest, *(AUDIT.c[name] for name in CHAINED)]
    query = select(*columns).order_by(AUDIT.c.id).execution_options(yield_per=_AT_ONCE)
    yield from connection.execute(query)


def _stored_heads(connection: Connection) -> Iterator[Head]:
    query = select(AUDIT_HEADS).order_by(AUDIT_HEADS.c.id)
    for row in connection.execute(query):
        yield Head(row.entry_id, row.day, row.digest)


def _head(entry: int, at: dt.datetime, digest: str) -> Head:
    return Head(entry, utc(at).date(), digest)


def parse_head(values: Mapping[str, Any]) -> Head:
    """Return the head of a JSON object.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    return Head(int(values["entry"]), dt.date.fromisoformat(values["day"]), str(values["digest"]))
