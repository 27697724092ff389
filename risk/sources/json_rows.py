"""Rows of a JSON file: an array of flat objects, an object with one such array, or a line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from risk.sources.cells import Cell
from risk.sources.errors import UnitRefused
from risk.sources.private_files import open_no_link

SUFFIXES = frozenset((".json", ".jsonl", ".ndjson"))

MOST_BYTES = 50_000_000
"""Most bytes of a file that is read as a whole; files of lines have no such limit."""

_MOST_LINE = 1_000_000
_MOST_COLUMNS = 500


class JsonUnreadable(UnitRefused):
    """A JSON file is not one of rows. Carries ``file``, ``row`` (0 for the file), ``found``."""

    code = "json_unreadable"


def json_columns(path: Path, source: str) -> list[str]:
    """Return all keys of the objects in the order in which they occur first.

    Raises:
        JsonUnreadable: see :func:`json_rows`; or there are too many keys.
    """
    columns: dict[str, None] = {}
    for row in json_rows(path, source):
        columns.update(dict.fromkeys(row))
        if len(columns) > _MOST_COLUMNS:
            raise _refusal(path, source, 0, f"> {_MOST_COLUMNS} keys")
    return list(columns)


def json_rows(path: Path, source: str) -> Iterator[Mapping[str, Cell]]:
    """Yield the objects of a file; numbers are exact.

    Raises:
        JsonUnreadable: the file is no JSON, is too large, or a value is an object or a list.
    """
    with open_no_link(path) as file:
        values = _lines(file, path, source) if path.suffix.lower() != ".json" else iter(())
        if path.suffix.lower() == ".json":
            values = enumerate(_array(file, path, source), start=1)
        for number, value in values:
            if not isinstance(value, dict):
                raise _refusal(path, source, number, type(value).__name__)
            for key, cell in value.items():
                if isinstance(cell, dict | list):
                    raise _refusal(path, source, number, f"{key}: {type(cell).__name__}")
            yield value


def _lines(file: IO[bytes], path: Path, source: str) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(_MOST_LINE + 1):
        number += 1
        if len(line) > _MOST_LINE:
            raise _refusal(path, source, number, f"> {_MOST_LINE} bytes")
        if line.strip():
            yield number, _parsed(line, path, source, number)


def _array(file: IO[bytes], path: Path, source: str) -> list[Any]:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _refusal(path, source, 0, f"> {MOST_BYTES // 1_000_000} MB")
    document = _parsed(content, path, source, 0)
    if isinstance(document, dict):
        arrays = [value for value in document.values() if isinstance(value, list)]
        document = arrays[0] if len(arrays) == 1 else None
    if not isinstance(document, list):
        raise _refusal(path, source, 0, "{}")
    return document


def _parsed(content: bytes, path: Path, source: str, number: int) -> Any:
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        # The message of the parser has positions only, but that of a repeated key has the key.
        raise _refusal(path, source, number, type(error).__name__) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("repeated key")
    return found


def _refusal(path: Path, source: str, row: int, found: str) -> JsonUnreadable:
    return JsonUnreadable(source=source, file=path.name, row=row, found=found)
