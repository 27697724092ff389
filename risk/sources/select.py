"""Check of a query file: one statement that only reads.

The check finds mistakes early and says what they are. What keeps the database safe is that the
session is read only, and that the office gives Wagewatch a user that may only read.
"""

from __future__ import annotations

import re

from risk.sources.errors import SourceError

_SKIPPED = re.compile(
    r"""
    --[^\n]*                                  # comments
    | /\*.*?\*/
    | '(?:[^'\\]|''|\\.)*'                    # texts
    | "(?:[^"]|"")*" | `[^`]*` | \[[^\]'"]*\] # quoted names
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$         # texts of PostgreSQL
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_FIRST = ("select", "with", "table", "values")
_WRITING = frozenset(("insert", "update", "delete", "merge", "into"))
"""Words by which a statement that begins like a SELECT writes; other words may be functions."""

_OPENED = ("/*", "'", '"', "`")


class QueryRefused(SourceError):
    """A query file is not one SELECT. Carries ``file`` and ``found``."""

    code = "query_refused"


def require_select(sql: str, *, source: str, file: str) -> str:
    """Return the statement of a query file without comments and final semicolon.

    Words in texts and quoted names do not count.

    Raises:
        QueryRefused: it is empty, several statements, or no SELECT.
    """
    plain = _SKIPPED.sub(_without_comment, sql).strip().removesuffix(";").strip()
    statement = _SKIPPED.sub(" ", plain)
    words = [word.lower() for word in _WORD.findall(statement)]
    found = ""
    if not words:
        found = "-"
    elif ";" in statement:
        found = ";"
    elif any(mark in statement for mark in _OPENED):
        found = next(mark for mark in _OPENED if mark in statement)
    elif words[0] not in _FIRST:
        found = words[0].upper()
    elif writing := next((word for word in words if word in _WRITING), ""):
        found = writing.upper()
    if found:
        raise QueryRefused(source=source, file=file, found=found)
    return plain


def _without_comment(found: re.Match[str]) -> str:
    return " " if found[0].startswith(("--", "/*")) else found[0]
