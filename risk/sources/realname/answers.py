"""Parsing of answers: only the fields that a dialect names leave the parser.

Every JSON object is reduced to these fields when it is parsed, and identities are hashed there, so
that names, telephone numbers and ciphertexts are dropped with the body of the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from risk.sources.realname.dialect import Dialect, Method, Names
from risk.sources.realname.identities import Identities

PERSON = "person"
"""Name of the hash of a person's identity in a row."""

DETAILS = "details"

Row = Mapping[str, Any]
"""Row by our names; the values are those of the JSON, or None."""


class BadAnswer(Exception):
    """An answer is not of the form of the interface; ``reason`` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """Answer to one request.

    ``total`` is the stated number of rows of the whole query, None if it is not stated. ``digest``
    is the same for equal rows.
    """

    code: str
    message: str
    total: int | None
    rows: Sequence[Row]
    digest: bytes


def read_answer(body: bytes, method: Method, dialect: Dialect, identities: Identities) -> Answer:
    """Return the answer in ``body``.

    Raises:
        BadAnswer: it is no JSON, or not of the form of the interface.
    """
    keep = _filter(method, dialect, identities)
    try:
        document = json.loads(
            _decoded(body), object_pairs_hook=keep, parse_float=Decimal, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        # The error has the text it failed on, which may be personal.
        raise BadAnswer("not_json") from None
    if not isinstance(document, Mapping):
        raise BadAnswer("not_an_object")
    names = dialect.answer
    code = document.get(names["code"])
    if code is None:
        raise BadAnswer("no_code")
    total, rows = _rows(document.get(names["data"]), names)
    return Answer(
        str(code),
        str(document.get(names["message"]) or ""),
        total,
        [_renamed(row, method.fields, method.details) for row in rows],
        hashlib.blake2b(repr(rows).encode(), digest_size=16).digest(),
    )


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _filter(
    method: Method, dialect: Dialect, identities: Identities
) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Hook for JSON objects that drops all fields but those named, and hashes identities."""
    answer = dialect.answer
    wanted = {str(answer[name]) for name in ("code", "message", "data", "total", "rows")}
    for names in (*method.fields.values(), *method.details.values()):
        wanted.update(names)
    wanted -= dialect.identity

    def reduced(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in dialect.identity:
                if found.get(PERSON) is None:
                    found[PERSON] = identities.hash(value)
            elif name in wanted:
                found[name] = value
        return found

    return reduced


def _rows(data: object, names: Mapping[str, Any]) -> tuple[int | None, list[Mapping[str, Any]]]:
    """Stated number of rows, and the rows; an object in place of rows is one row."""
    if data is None:
        return 0, []
    if isinstance(data, list):
        return None, list(_objects(data))
    if not isinstance(data, Mapping):
        raise BadAnswer("no_rows")
    if names["rows"] not in data and names["total"] not in data:
        return (1, [data]) if data else (0, [])
    rows = data.get(names["rows"])
    total = _total(data.get(names["total"]))
    if rows is None:
        return total, []
    if isinstance(rows, Mapping):
        return total, [rows]
    if not isinstance(rows, list):
        raise BadAnswer("no_rows")
    return total, list(_objects(rows))


def _objects(rows: list[Any]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        if isinstance(row, Mapping):
            yield row
        elif row is not None:
            raise BadAnswer("no_rows")


def _total(value: object) -> int | None:
    if value is None or value == "":
        return None
    try:
        total = int(str(value))
    except ValueError:
        raise BadAnswer("no_total") from None
    if total < 0:
        raise BadAnswer("no_total")
    return total


def _renamed(row: Mapping[str, Any], fields: Names, details: Names) -> Row:
    renamed = {ours: _first(row, theirs) for ours, theirs in fields.items()}
    renamed[PERSON] = row.get(PERSON)
    if DETAILS in fields:
        renamed[DETAILS] = [_renamed(one, details, {}) for one in _details(renamed[DETAILS])]
    return renamed


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _details(found: object) -> list[Mapping[str, Any]]:
    if isinstance(found, Mapping):
        return [found]
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadAnswer("no_rows")
    return list(_objects(found))
