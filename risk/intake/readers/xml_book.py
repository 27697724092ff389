"""Workbooks in XML of Excel 2003 (SpreadsheetML), which many office systems offer as .xls.

The file is parsed as a stream, once for what is known of the sheets and once for each reading of
their rows.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from xml.etree import ElementTree  # expat limits entity expansion
from xml.etree.ElementTree import Element

from risk.intake.cells import FORMULA_WITHOUT_VALUE, Cell, Row, struck_out
from risk.intake.file_errors import EncodingUnknown, SheetTooLarge, WorkbookBroken
from risk.intake.readers.cell_formats import StruckFormat
from risk.intake.readers.number_formats import CellFormat, shown_format
from risk.intake.readers.sheet import CellRange, Sheet
from risk.intake.readers.sheet_xml import MAX_COLUMNS, MAX_MERGES, MAX_ROWS

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_ROW, _SHEET, _STYLE = f"{_SS}Row", f"{_SS}Worksheet", f"{_SS}Style"
_CELL, _DATA, _MERGED = f"{_SS}Cell", f"{_SS}Data", (f"{_SS}MergeAcross", f"{_SS}MergeDown")
_VISIBLE = "{urn:schemas-microsoft-com:office:excel}Visible"
_STRUCK = tuple(f"{{http://www.w3.org/TR/REC-html40}}{tag}" for tag in ("S", "Del", "Strike"))
_COUNTED = frozenset((_ROW, _SHEET, _STYLE, _VISIBLE))
_ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding=["']([\w.-]+)["']""")
_CHINESE = ("gb2312", "gbk", "gb18030", "x-gbk", "cp936")
_HEAD_BYTES = 200
_BLOCK_CHARACTERS = 2**18
_MOST_WHOLE_DIGITS = 15
_EMPTY: Cell = None


@dataclass
class XmlBookSheet:
    """Worksheet number ``index`` of a workbook; the sheet's facts are filled in while it is opened.

    ``formats`` are those that change what is read, by the name of the style.
    """

    path: Path
    index: int
    formats: Mapping[str, CellFormat]
    name: str = ""
    hidden: bool = False
    strict_width: bool = False
    merges: list[CellRange] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)

    def rows(self) -> Iterator[Row]:
        """Yield the filled rows with their number in the sheet.

        Raises:
            SheetTooLarge: a row or a cell is beyond the limits of spreadsheets.
            WorkbookBroken: the file is damaged.
        """
        for index, number, part in _parts(self.path):
            if index > self.index:
                return
            if index == self.index and part.tag == _ROW:
                yield number, self._cells(part)

    def add(self, number: int, row: Element) -> None:
        """Add what a row says beyond its values."""
        if row.get(f"{_SS}Hidden") == "1":
            self.hidden_rows.add(number)
        if not any(name in cell.attrib for cell in row for name in _MERGED):
            return
        for column, cell in _numbered(row, self.path):
            right = column + _number(cell, "MergeAcross", 0)
            bottom = number + _number(cell, "MergeDown", 0)
            if (bottom, right) != (number, column) and len(self.merges) < MAX_MERGES:
                self.merges.append(CellRange(number, column, bottom, right))

    def _cells(self, row: Element) -> list[Cell]:
        cells: list[Cell] = []
        for column, cell in _numbered(row, self.path):
            cells.extend([_EMPTY] * (column - len(cells)))
            shown = self.formats.get(cell.get(f"{_SS}StyleID", ""))
            value = _value(cell)
            cells.append(shown.shown(value) if shown else value)
        return cells


@contextmanager
def xml_book_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open the worksheets of a workbook, in their order.

    Raises:
        EncodingUnknown: the file is not in the encoding that it states.
        SheetTooLarge: a row or a cell is beyond the limits of spreadsheets.
        WorkbookBroken: the file is damaged.
    """
    sheets: list[XmlBookSheet] = []
    formats: dict[str, CellFormat] = {}
    sheet = XmlBookSheet(path, 0, formats)
    for index, number, part in _parts(path):
        if part.tag == _ROW:
            sheet.add(number, part)
        elif part.tag == _VISIBLE:
            sheet.hidden = part.text in ("SheetHidden", "SheetVeryHidden")
        elif part.tag == _SHEET:
            sheet.name = part.get(f"{_SS}Name", "")
            sheets.append(sheet)
            sheet = XmlBookSheet(path, index + 1, formats)
        elif shown := _format(part):
            formats[part.get(f"{_SS}ID", "")] = shown
    if not sheets:
        raise WorkbookBroken(file=path.name)
    yield sheets


def _parts(path: Path) -> Iterator[tuple[int, int, Element]]:
    """Index of the sheet, row number and element of everything that counts.

    Styles come before all; a worksheet comes after its rows and with row number 0.
    """
    index = number = 0
    for element in _ended(path):
        if element.tag == _ROW:
            number = _number(element, "Index", number + 1)
            if number > MAX_ROWS:
                raise SheetTooLarge(file=path.name, found=number, allowed=MAX_ROWS)
            yield index, number, element
            element.clear()  # bounds the memory
        elif element.tag == _SHEET:
            yield index, 0, element
            index, number = index + 1, 0
            element.clear()
        else:
            yield index, 0, element


def _ended(path: Path) -> Iterator[Element]:
    """The elements that count, each at its end."""
    parser: ElementTree.XMLPullParser[Element] = ElementTree.XMLPullParser(("end",))
    try:
        for text in _texts(path):
            parser.feed(text)
            ended = (cast(Element, event[-1]) for event in parser.read_events())
            yield from [element for element in ended if element.tag in _COUNTED]
        parser.close()
    except ElementTree.ParseError as error:
        raise WorkbookBroken(file=path.name) from error


def _format(style: Element) -> CellFormat | None:
    code, font = style.find(f"{_SS}NumberFormat"), style.find(f"{_SS}Font")
    number = shown_format(code.get(f"{_SS}Format", "")) if code is not None else None
    if font is not None and font.get(f"{_SS}StrikeThrough") == "1":
        return StruckFormat(number)
    return number


def _texts(path: Path) -> Iterator[str]:
    """The file in pieces of text; the parser itself knows no Chinese encoding."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encoding = "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif (stated := _ENCODING.search(head)) and stated[1].decode().lower() in _CHINESE:
        encoding = "gb18030"
    try:
        with path.open(encoding=encoding) as text:
            while piece := text.read(_BLOCK_CHARACTERS):
                yield piece
    except UnicodeDecodeError as error:
        raise EncodingUnknown(file=path.name, allowed="UTF-8, UTF-16, GB18030") from error


def _numbered(row: Element, path: Path) -> Iterator[tuple[int, Element]]:
    """Cells of a row with their column, from 0."""
    column = -1
    for cell in row.iterfind(_CELL):
        column = _number(cell, "Index", column + 2) - 1
        if column >= MAX_COLUMNS:
            raise SheetTooLarge(file=path.name, found=column + 1, allowed=MAX_COLUMNS)
        yield column, cell
        column += _number(cell, "MergeAcross", 0)


def _number(element: Element, name: str, default: int) -> int:
    stated = element.get(f"{_SS}{name}", "")
    return int(stated) if stated.isdecimal() and len(stated) <= _MOST_WHOLE_DIGITS else default


def _texts_left(element: Element) -> Iterator[str]:
    """Texts of a cell in HTML that are not struck out."""
    if element.tag not in _STRUCK:
        yield element.text or ""
        for part in element:
            yield from _texts_left(part)
            yield part.tail or ""


def _value(cell: Element) -> Cell:
    data = cell.find(_DATA)
    if data is None:
        return FORMULA_WITHOUT_VALUE if cell.get(f"{_SS}Formula") else None
    text = "".join(data.itertext())
    if len(data) and (left := "".join(_texts_left(data)).strip()) != text.strip():
        return left or struck_out(text)
    kind = data.get(f"{_SS}Type", "String")
    try:
        if kind == "Number":
            whole = text.lstrip("-").isdecimal() and len(text) <= _MOST_WHOLE_DIGITS
            return int(text) if whole else float(text)
        if kind == "DateTime":
            return dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return text == "1" if kind == "Boolean" else text or None
