"""Formats of the cells of a workbook that change what is read: number formats, and struck fonts."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

from risk.intake.cells import Cell, struck_out
from risk.intake.readers.number_formats import CellFormat, shown_format

_PART = "xl/styles.xml"
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
_FORMAT_ID = re.compile(rb"\snumFmtId=[\"'](\d+)[\"']")
_FONT_ID = re.compile(rb"\sfontId=[\"'](\d+)[\"']")
_CODE = re.compile(rb"\sformatCode=(?:\"([^\"]*)\"|'([^']*)')")
_FONTS = re.compile(rb"<(?:\w+:)?fonts[\s>].*?</(?:\w+:)?fonts>", re.DOTALL)
_FONT = re.compile(rb"<(?:\w+:)?font(?:\s[^>]*)?(?:/>|(?<!/)>(.*?)</(?:\w+:)?font>)", re.DOTALL)
_CELL_FORMATS = re.compile(rb"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(rb"<(?:\w+:)?xf(?:[\s/][^>]*)?>")
_STRIKE = re.compile(rb"<(?:\w+:)?strike(?:\s+val=[\"'](\w+)[\"'])?\s*/?>")
_FIRST_OWN_FORMAT = 164
_MONTHS = (17, 27, 36, 50, 52, 57)
"""Built-in formats that show a month; those from 27 on where the computer is set to Chinese."""


@dataclass(frozen=True)
class StruckFormat:
    """Format of a cell that is struck out, shown by ``number`` otherwise."""

    number: CellFormat | None = None

    def shown(self, cell: Cell) -> Cell:
        """The cell as shown, marked as struck out.

        >>> StruckFormat().shown(12.5)
        '#STRUCK! 12.5'
        """
        return struck_out(self.number.shown(cell) if self.number else cell)


def is_struck_font(font: bytes) -> bool:
    """Whether the XML of a font, or of the properties of a run of text, strikes it out.

    >>> is_struck_font(b"<b/><strike/>"), is_struck_font(b'<strike val="0"/>')
    (True, False)
    """
    found = _STRIKE.search(font)
    return found is not None and found[1] not in (b"0", b"false")


def shown_styles(book: zipfile.ZipFile) -> Mapping[int, CellFormat]:
    """Formats that change what is read, by the number of the style that cells refer to."""
    if _PART not in book.namelist():
        return {}
    styles = book.read(_PART)
    formats: dict[int, CellFormat] = dict(_number_formats(styles))
    struck = set(_struck_fonts(styles)) if b"strike" in styles else set()
    found = _CELL_FORMATS.search(styles) if formats or struck else None
    shown: dict[int, CellFormat] = {}
    for style, tag in enumerate(_CELL_FORMAT.findall(found[0]) if found else ()):
        number = formats.get(_attribute(_FORMAT_ID, tag))
        if _attribute(_FONT_ID, tag) in struck:
            shown[style] = StruckFormat(number)
        elif number is not None:
            shown[style] = number
    return shown


def _number_formats(styles: bytes) -> Iterator[tuple[int, CellFormat]]:
    month = shown_format("yyyy-mm")
    if month is not None:
        yield from ((number, month) for number in _MONTHS)
    for tag in _FORMAT.findall(styles):
        number, code = _attribute(_FORMAT_ID, tag), _CODE.search(tag)
        if number >= 0 and code:
            text = unescape((code[1] or code[2] or b"").decode("utf-8", "replace"))
            if shown := shown_format(text, builtin=number < _FIRST_OWN_FORMAT):
                yield number, shown


def _struck_fonts(styles: bytes) -> Iterator[int]:
    found = _FONTS.search(styles)
    fonts = _FONT.findall(found[0]) if found else []
    yield from (index for index, font in enumerate(fonts) if is_struck_font(font))


def _attribute(pattern: re.Pattern[bytes], tag: bytes) -> int:
    """Number of an attribute of ``tag``; -1 if it has none."""
    found = pattern.search(tag)
    return int(found[1]) if found else -1


@dataclass
class FormattedCells:
    """Cells with formats that change what is read, as runs of rows; rows are added from the top."""

    _runs: dict[int, list[tuple[int, int, CellFormat]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, row: int, column: int, shown: CellFormat) -> None:
        """Add a cell; ``column`` is an index from 0."""
        runs = self._runs[column]
        if runs and runs[-1][1] == row - 1 and runs[-1][2] == shown:
            runs[-1] = (runs[-1][0], row, shown)
        else:
            runs.append((row, row, shown))

    def by_row(self) -> RowFormats:
        """Formats of the rows, to be asked for from the top."""
        return RowFormats({column: list(reversed(runs)) for column, runs in self._runs.items()})


@dataclass
class RowFormats:
    """Formats of consecutive rows; ``_left`` are the runs still to come, the next one last."""

    _left: dict[int, list[tuple[int, int, CellFormat]]]

    def of(self, row: int) -> dict[int, CellFormat]:
        """Formats of the cells of ``row`` by column; rows are asked for in ascending order."""
        found = {}
        for column, runs in self._left.items():
            while runs and runs[-1][1] < row:
                runs.pop()
            if runs and runs[-1][0] <= row:
                found[column] = runs[-1][2]
        return found
