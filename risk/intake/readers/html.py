"""Tables of an HTML page, which many office systems offer under the suffix .xls.

What an element, a style or a class strikes out is marked as in a workbook.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from html.parser import HTMLParser
from pathlib import Path

from risk.intake.cells import Row, struck_out
from risk.intake.file_errors import EncodingUnknown, FileEmpty, WorkbookTooLarge
from risk.intake.readers.sheet import CellRange, Sheet

MAX_BYTES = 16 * 2**20
"""Maximum size of a page; it is read into memory."""

_MAX_SPAN = 16_384
_ENCODINGS = ("utf-8-sig", "gb18030")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SPACES = re.compile(r"\s+")
_HIDDEN = re.compile(r"display\s*:\s*none")
_STRUCK_CLASS = re.compile(r"\.([\w-]+)\s*\{[^{}]*line-through")
_STRIKING = ("s", "del", "strike")


@dataclass(frozen=True)
class HtmlSheet:
    """The rows of all tables of a page; a cell over several rows or columns is a merged range."""

    table: tuple[Row, ...]
    merges: tuple[CellRange, ...]
    name: str = ""
    strict_width: bool = False
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield the rows, numbered from 1."""
        yield from self.table


@contextmanager
def html_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open a page as one sheet.

    Raises:
        EncodingUnknown: the page is neither UTF-8, UTF-16 nor GB18030.
        FileEmpty: it has no table.
        WorkbookTooLarge: it is too large.
    """
    if (size := path.stat().st_size) > MAX_BYTES:
        raise WorkbookTooLarge(file=path.name, found=size >> 20, allowed=MAX_BYTES >> 20)
    parser = _Tables()
    parser.feed(_decoded(path))
    parser.close()
    if not parser.table:
        raise FileEmpty(file=path.name)
    rows, merges = tuple(enumerate(parser.table, start=1)), tuple(parser.merges)
    yield [HtmlSheet(rows, merges, hidden_rows=tuple(parser.hidden))]


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-16",) if raw.startswith(_UTF16_MARKS) else _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise EncodingUnknown(file=path.name, allowed="UTF-8, UTF-16, GB18030")


class _Tables(HTMLParser):
    """Cells of all tables; spanned positions are empty, as in a workbook."""

    def __init__(self) -> None:
        super().__init__()
        self.table: list[list[str | None]] = []
        self.merges: list[CellRange] = []
        self._spanned: dict[tuple[int, int], None] = {}
        self.hidden: list[int] = []
        self._text: list[tuple[str, bool]] | None = None
        self._number = ""
        self._classes: set[str] = set()
        self._in_style = self._struck_row = self._struck_cell = False
        self._striking: list[str] = []  # a struck element of a cell and those open within it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        struck = self._strikes(tag, dict(attrs))
        if tag == "tr":
            self._finish_cell()
            self.table.append([])
            self._struck_row = struck
            if _HIDDEN.search(dict(attrs).get("style") or ""):
                self.hidden.append(len(self.table))
        elif tag in ("td", "th"):
            self._finish_cell()
            self._start_cell(dict(attrs))
            self._struck_cell = struck
        elif tag == "br" and self._text is not None:
            self._text.append((" ", False))
        elif tag == "style":
            self._in_style = True
        elif self._text is not None and (struck or self._striking):
            self._striking.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._finish_cell()
        elif tag == "style":
            self._in_style = False
        elif tag in self._striking:
            while self._striking.pop() != tag:  # one without an end of its own
                pass

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            struck = self._struck_row or self._struck_cell or bool(self._striking)
            self._text.append((data, struck))
        elif self._in_style:
            self._classes.update(_STRUCK_CLASS.findall(data))

    def _strikes(self, tag: str, attributes: dict[str, str | None]) -> bool:
        classes = (attributes.get("class") or "").split()
        by_style = "line-through" in (attributes.get("style") or "")
        return tag in _STRIKING or by_style or not self._classes.isdisjoint(classes)

    def close(self) -> None:
        super().close()
        self._finish_cell()

    def _start_cell(self, attributes: dict[str, str | None]) -> None:
        if not self.table:
            self.table.append([])
        row, top = self.table[-1], len(self.table)
        while self._spanned.pop((top, len(row)), ...) is None:
            row.append(None)
        bottom = top + _span(attributes.get("rowspan")) - 1
        right = len(row) + _span(attributes.get("colspan")) - 1
        if (top, len(row)) != (bottom, right):
            self.merges.append(CellRange(top, len(row), bottom, right))
        below = ((y, x) for y in range(top + 1, bottom + 1) for x in range(len(row), right + 1))
        self._spanned.update(dict.fromkeys(below))
        self._text = []
        self._number = attributes.get("x:num") or ""
        self._width = right - len(row) + 1

    def _finish_cell(self) -> None:
        if self._text is not None:
            whole, left = _joined(self._text), _joined(self._text, struck=False)
            text = left or whole
            if self._number:
                text = _exact(text, self._number)
            if whole and not left:
                text = str(struck_out(text))
            self.table[-1].extend([text or None, *[None] * (self._width - 1)])
            self._text = None
            self._striking = []


def _joined(parts: Sequence[tuple[str, bool]], *, struck: bool = True) -> str:
    """Text of the parts of a cell on one line, with what is ``struck`` out or without it."""
    texts = (text for text, is_struck in parts if struck or not is_struck)
    return _SPACES.sub(" ", "".join(texts)).strip()


def _exact(shown: str, number: str) -> str:
    """The number that a spreadsheet wrote of a cell that shows it rounded; else what it shows.

    >>> _exact("100,001", "100000.5"), _exact("2025.12", "46022"), _exact("0012", "12")
    ('100000.5', '2025.12', '0012')
    """
    try:
        near, exact = Decimal(shown.replace(",", "")), Decimal(number)
        rounded = exact.quantize(near, ROUND_HALF_UP)
    except InvalidOperation:
        return shown
    shortened = exact != near or "E" in shown.upper()
    return f"{exact:f}" if rounded == near and shortened else shown


def _span(value: str | None) -> int:
    return min(max(int(value), 1), _MAX_SPAN) if value and value.isdecimal() else 1
