"""What is struck out in an .ods workbook, which the library that reads its values does not say."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.etree import ElementTree  # expat limits entity expansion
from xml.etree.ElementTree import Element

from risk.intake.readers.sheet_xml import MAX_COLUMNS, MAX_ROWS

_PARTS = ("styles.xml", "content.xml")
_STYLE, _TABLE, _TEXT = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("style", "table", "text")
)
_LINE = re.compile(rb"text-line-through-(?:style|type)=[\"'](?!none)")
_LINES = (f"{_STYLE}text-line-through-style", f"{_STYLE}text-line-through-type")
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_BLOCK_BYTES, _OVERLAP = 2**20, 64

StruckCells: TypeAlias = Mapping[int, Mapping[int, str]]
"""By row number and column from 0: what is left of a cell of which a part is struck out."""


def struck_cells(book: zipfile.ZipFile) -> Mapping[str, StruckCells]:
    """Struck cells by the name of their sheet; those without text left have an empty one.

    Raises:
        ElementTree.ParseError: the workbook is damaged.
    """
    parts = [part for part in _PARTS if part in book.namelist()]
    reader = _Reader()
    if any(_has_line(book, part) for part in parts):
        for part in parts:
            with book.open(part) as source:
                for _, element in ElementTree.iterparse(source):  # noqa: S314
                    reader.add(element)
    return reader.sheets


def _has_line(book: zipfile.ZipFile, part: str) -> bool:
    rest = b""
    with book.open(part) as source:
        while block := source.read(_BLOCK_BYTES):
            if _LINE.search(rest + block):
                return True
            rest = block[-_OVERLAP:]
    return False


@dataclass
class _Reader:
    """Collects the struck cells of the elements of a workbook, each given at its end."""

    sheets: dict[str, StruckCells] = field(default_factory=dict)
    _styles: dict[str, bool] = field(default_factory=dict)
    _columns: list[tuple[int, bool]] = field(default_factory=list)
    _cells: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    _row: int = 0

    def add(self, element: Element) -> None:
        """Add an element; rows and sheets are emptied."""
        if element.tag == f"{_STYLE}style":
            self._add_style(element)
        elif element.tag == f"{_TABLE}table-column":
            until = (self._columns[-1][0] if self._columns else 0) + _times(element, "columns")
            struck = self._strikes(element, "default-cell-style-name")
            self._columns.append((until, bool(struck)))
        elif element.tag == f"{_TABLE}table-row":
            self._add_row(element)
            element.clear()  # bounds the memory
        elif element.tag == f"{_TABLE}table":
            if self._cells:
                self.sheets[element.get(f"{_TABLE}name", "")] = dict(self._cells)
            self._columns, self._cells, self._row = [], defaultdict(dict), 0
            element.clear()

    def _add_style(self, style: Element) -> None:
        properties = style.find(f"{_STYLE}text-properties")
        lines = [] if properties is None else [properties.get(line) for line in _LINES]
        stated = [line != "none" for line in lines if line]
        parent = self._styles.get(style.get(f"{_STYLE}parent-style-name", ""), False)
        self._styles[style.get(f"{_STYLE}name", "")] = all(stated) if stated else parent

    def _add_row(self, row: Element) -> None:
        first = self._row + 1
        self._row += _times(row, "rows")
        found = dict(self._struck(row))
        if found:
            for number in range(first, min(self._row, MAX_ROWS) + 1):
                self._cells[number] = found

    def _struck(self, row: Element) -> Iterator[tuple[int, str]]:
        """Struck cells of a row by column, with the text that is left of them."""
        by_row = self._strikes(row, "default-cell-style-name")
        column = 0
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            first, column = column, column + _times(cell, "columns")
            paragraphs = cell.findall(f"{_TEXT}p")
            if not paragraphs:
                continue
            for index in range(first, min(column, MAX_COLUMNS)):
                own = self._strikes(cell, "style-name")
                default = self._of_column(index) if by_row is None else by_row
                struck = default if own is None else own
                whole = " ".join("".join(one.itertext()) for one in paragraphs)
                left = " ".join("".join(self._left(one, struck)) for one in paragraphs)
                if left.strip() != whole.strip():
                    yield index, left.strip()

    def _left(self, element: Element, struck: bool) -> Iterator[str]:
        """Texts of an element that are not struck out."""
        own = self._styles.get(element.get(f"{_TEXT}style-name", ""), struck)
        if not own:
            yield element.text or ""
        for part in element:
            yield from self._left(part, own)
            if not own:
                yield part.tail or ""

    def _strikes(self, element: Element, name: str) -> bool | None:
        """Whether the style that an element names strikes out; None without a known one."""
        return self._styles.get(element.get(f"{_TABLE}{name}", ""))

    def _of_column(self, index: int) -> bool:
        return next((struck for until, struck in self._columns if index < until), False)


def _times(element: Element, kind: str) -> int:
    stated = element.get(f"{_TABLE}number-{kind}-repeated", "")
    return int(stated) if stated.isdecimal() and len(stated) < 10 else 1
