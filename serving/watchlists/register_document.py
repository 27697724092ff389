"""The JSON of a register read row by row, so that a province's need not fit into memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

_READ_AT_ONCE = 256 * 1024
_SPACE = " \t\r\n"
_AFTER = frozenset(",:]}" + _SPACE)

Wanted = Callable[[str, Any], bool]


def read_register(file: BinaryIO, wanted: Wanted) -> dict[str, Any]:
    """Return the JSON object in ``file`` with those rows of its arrays that ``wanted`` accepts.

    ``wanted`` is given the name of the part of the register and a row of an array in it.

    Raises:
        json.JSONDecodeError: it is not JSON, or no object.

    >>> body = io.BytesIO(b'{"deposits": {"ending": [1, 2]}, "projects": [{"id": 1}, {"id": 2}]}')
    >>> read_register(body, lambda part, row: part == "projects" and row["id"] == 2)
    {'deposits': {'ending': []}, 'projects': [{'id': 2}]}
    """
    text = _Text(file)
    return {name: _part(text, partial(wanted, name)) for name in _names(text)}


def _part(text: _Text, wanted: Callable[[Any], bool]) -> Any:
    if text.peek() == "{":
        return {name: _part(text, wanted) for name in _names(text)}
    return list(filter(wanted, _rows(text))) if text.peek() == "[" else text.value()


def _names(text: _Text) -> Iterator[str]:
    """Yield the names of an object; the caller reads the value after each."""
    for _ in _places(text, "{", "}"):
        name = text.value()
        text.expect(":")
        yield name


def _rows(text: _Text) -> Iterator[Any]:
    for _ in _places(text, "[", "]"):
        yield text.value()


def _places(text: _Text, opening: str, closing: str) -> Iterator[None]:
    """Yield once for each member between the brackets, which the caller reads."""
    text.expect(opening)
    if text.peek() != closing:
        yield
        while text.peek() == ",":
            text.expect(",")
            yield
    text.expect(closing)


class _Text:
    """The text of a file from the place that was read last; what is before it is dropped."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = io.TextIOWrapper(file, encoding="utf-8")
        self._decoder = json.JSONDecoder()
        self._text, self._at = "", 0

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def expect(self, character: str) -> None:
        """Pass ``character``, which must come next."""
        if self.peek() != character:
            raise json.JSONDecodeError(f"expected {character!r}", self._text, self._at)
        self._at += 1

    def value(self) -> Any:
        """The next value."""
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            # A number may go on beyond what was read.
            if self._text[end : end + 1] not in _AFTER and self._more():
                continue
            self._at = end
            return found

    def _more(self) -> bool:
        read = self._file.read(_READ_AT_ONCE)
        self._text, self._at = self._text[self._at :] + read, 0
        return bool(read)
