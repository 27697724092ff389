"""What the XML of a worksheet says beyond its values.

Merged ranges, hidden rows, formulas without a saved result, error values and what is struck out are
lost by the libraries that read values. They are searched as bytes, some rows at a time.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree  # expat limits entity expansion

from openpyxl.utils.cell import column_index_from_string, coordinate_to_tuple

from risk.intake.cells import FORMULA_WITHOUT_VALUE, struck_out
from risk.intake.file_errors import SheetTooLarge
from risk.intake.readers.cell_formats import FormattedCells, StruckFormat, shown_styles
from risk.intake.readers.number_formats import CellFormat
from risk.intake.readers.rich_text import RichText, rich_strings, rich_text
from risk.intake.readers.sheet import CellRange

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
"""Limits of spreadsheet programs."""

MAX_MERGES = 100_000
"""Merged ranges read per sheet; bounds the memory."""

MAX_ROW_BYTES = 16 * 2**20
"""Maximum size of the XML of a row."""

_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_BLOCK_BYTES = 2**20
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"'](\w+):(\w+)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row(?:[\s/][^>]*)?>")
_CELL_COLUMN = re.compile(rb"<(?:\w+:)?c\s[^>]*?r=[\"']([A-Z]+)")
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s>/]")
_ROW_OR_CELL = re.compile(
    rb"<(?:\w+:)?(?:(row)(?:[\s/][^>]*)?>|c(?P<attributes>(?:\s[^>]*?)?)(?:/>|>(?P<content>.*?)</(?:\w+:)?c>))",
    re.DOTALL,
)
_NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")
_COLUMN = re.compile(rb"\sr=[\"']([A-Z]+)")
_HIDDEN = re.compile(rb"\shidden=[\"'](?:1|true)[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ERROR = re.compile(rb"\st=[\"']e[\"']")
_TEXT = re.compile(rb"\st=[\"']str[\"']")
_SHARED = re.compile(rb"\st=[\"']s[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?(?:/>|>([^<]*)</)")
_INLINE = re.compile(rb"<(?:\w+:)?is[\s>]")


@dataclass(frozen=True)
class SheetMarks:
    """Marks of a sheet.

    ``replaced`` has, by row number and column index from 0, the text of error values, the
    placeholder of formulas without a result, and texts of which a part is struck out without it.
    ``rows`` and ``columns`` bound the filled part. ``formatted`` are the cells whose format changes
    what is read.
    """

    merges: tuple[CellRange, ...]
    hidden_rows: frozenset[int]
    replaced: Mapping[int, Mapping[int, str]]
    rows: int
    columns: int
    formatted: FormattedCells = field(default_factory=FormattedCells)


def sheet_parts(book: zipfile.ZipFile) -> Mapping[str, str]:
    """Path of the XML part of every sheet, by sheet name.

    Raises:
        KeyError: the workbook lacks the list of its sheets, or a sheet in it.
    """
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", "")))[1:]
        for link in links
    }
    workbook = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
    sheets = (node for node in workbook.iter() if node.tag.rpartition("}")[2] == "sheet")
    parts = {
        node.get("name", ""): targets[node.get(f"{_RELATIONS}id")]
        for node in sheets
        if node.get(f"{_RELATIONS}id") in targets
    }
    for part in parts.values():
        book.getinfo(part)
    return parts


def read_marks(book: zipfile.ZipFile, part: str, *, file: str) -> SheetMarks:
    """Marks of the worksheet stored as ``part``.

    Raises:
        KeyError: the workbook has no such part.
        SheetTooLarge: a row number, a column or the XML of a row is beyond the limits.
    """
    marks = _Marks(shown_styles(book), rich_strings(book))
    for text in _whole_rows(book, part, file):
        marks.add(text)
        if marks.row > MAX_ROWS:
            raise SheetTooLarge(file=file, found=marks.row, allowed=MAX_ROWS)
    columns = max(map(column_index_from_string, marks.columns), default=0)
    if columns > MAX_COLUMNS:
        raise SheetTooLarge(file=file, found=columns, allowed=MAX_COLUMNS)
    return SheetMarks(
        tuple(marks.merges),
        frozenset(marks.hidden),
        marks.replaced,
        marks.filled_rows,
        columns,
        marks.formatted,
    )


class _Marks:
    """Collects the marks of consecutive pieces of XML."""

    def __init__(self, styles: Mapping[int, CellFormat], texts: Mapping[int, RichText]) -> None:
        self._styles, self._texts = styles, texts
        listed = "|".join(map(str, styles)).encode()
        self._formatted = re.compile(rb"\ss=[\"'](%s)[\"']" % listed) if styles else None
        self.formatted = FormattedCells()
        self.merges: list[CellRange] = []
        self.hidden: set[int] = set()
        self.replaced: dict[int, dict[int, str]] = defaultdict(dict)
        self.columns: set[str] = set()
        self.row = self.filled_rows = 0

    def add(self, text: bytes) -> None:
        for found in _MERGE.finditer(text):
            if len(self.merges) < MAX_MERGES:
                self.merges.append(_cell_range(found[1].decode(), found[2].decode()))
        above = self.row
        for tag in _ROW.findall(text):
            self.row = self._row_number(tag, self.row)
            if b"hidden" in tag and _HIDDEN.search(tag):
                self.hidden.add(self.row)
        if not _FILLED.search(text):
            return  # cells with a format and nothing else, often a million of them
        self.filled_rows = self.row
        self.columns.update(name.decode() for name in set(_CELL_COLUMN.findall(text)))
        formatted = self._formatted and self._formatted.search(text)
        in_runs = bool(self._texts) or b"strike" in text
        if formatted or in_runs or _FORMULA.search(text) or _ERROR.search(text):
            self._add_cells(text, above, in_runs=in_runs)

    def _add_cells(self, text: bytes, row: int, *, in_runs: bool) -> None:
        """Add the cells that are shown otherwise than their value."""
        column = 0
        for found in _ROW_OR_CELL.finditer(text):
            if found[1]:
                row, column = self._row_number(found[0], row), 0
                continue
            name = _COLUMN.search(found["attributes"])
            column = column_index_from_string(name[1].decode()) if name else column + 1
            if not found["content"]:
                continue
            self._add_cell(row, column - 1, found["attributes"], found["content"], in_runs)

    def _add_cell(
        self, row: int, column: int, attributes: bytes, content: bytes, in_runs: bool
    ) -> None:
        style = self._formatted and self._formatted.search(attributes)
        shown = self._styles[int(style[1])] if style else None
        struck = isinstance(shown, StruckFormat)
        if text := _replacement(attributes, content):
            self.replaced[row][column] = str(struck_out(text)) if struck else text
        elif in_runs and (runs := self._runs(attributes, content)) and runs.struck:
            self.replaced[row][column] = runs.shown(struck_cell=struck)
        elif shown:
            self.formatted.add(row, column, shown)

    def _runs(self, attributes: bytes, content: bytes) -> RichText | None:
        """Text of a cell in runs; None if it has none of which one may be struck out."""
        if self._texts and _SHARED.search(attributes) and (value := _VALUE.search(content)):
            number = value[1] or b""
            return self._texts.get(int(number)) if number.isdigit() else None
        return rich_text(content) if b"strike" in content else None

    @staticmethod
    def _row_number(tag: bytes, above: int) -> int:
        number = _NUMBER.search(tag)
        return int(number[1]) if number else above + 1


def _replacement(attributes: bytes, content: bytes) -> str:
    """Text to use for a cell; empty if it has a value that is no error."""
    value = _VALUE.search(content)
    saved = value[1] if value else None
    if _ERROR.search(attributes):
        return (saved or b"#VALUE!").decode("utf-8", "replace")
    if saved or _INLINE.search(content) or not _FORMULA.search(content):
        return ""
    # A formula whose saved result is an empty text counts as empty.
    return "" if value and _TEXT.search(attributes) else FORMULA_WITHOUT_VALUE


def _whole_rows(book: zipfile.ZipFile, part: str, file: str) -> Iterator[bytes]:
    """Pieces of the part that end at the end of a row."""
    rest = b""
    with book.open(part) as source:
        while block := source.read(_BLOCK_BYTES):
            text = rest + block
            # The end may be split between two blocks; a place before the first is the first.
            ends = list(_ROW_END.finditer(text, len(rest) - 32))
            cut = ends[-1].end() if ends else 0
            rest = text[cut:]
            if len(rest) > MAX_ROW_BYTES:
                raise SheetTooLarge(file=file, found=len(rest), allowed=MAX_ROW_BYTES)
            if cut:
                yield text[:cut]
    yield rest


def _cell_range(first: str, last: str) -> CellRange:
    top, left = coordinate_to_tuple(first)
    bottom, right = coordinate_to_tuple(last)
    return CellRange(top, left - 1, bottom, right - 1)
