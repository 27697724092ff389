"""Number formats of a workbook that show more than the number: 42 with the format 000000 is 000042.

Codes are often kept so. The shown text is the code, and the zeros are lost with the format.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

from risk.intake.cells import EXACT_INTEGERS_BELOW, Cell

_PART = "xl/styles.xml"
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
_FORMAT_ID = re.compile(rb"\snumFmtId=[\"'](\d+)[\"']")
_CODE = re.compile(rb"\sformatCode=(?:\"([^\"]*)\"|'([^']*)')")
_CELL_FORMATS = re.compile(rb"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(rb"<(?:\w+:)?xf(?:[\s/][^>]*)?>")
_PADDED = re.compile(r'(?:\[[^\]]*\])*"?([A-Za-z-]*)"?(0{2,})(?:;.*)?', re.DOTALL)
_MOST_DIGITS = 30


@dataclass(frozen=True)
class PaddedFormat:
    """Format that shows a whole number with ``prefix`` and at least ``digits`` digits."""

    prefix: str
    digits: int

    def shown(self, cell: Cell) -> Cell:
        """Text of a whole number as the sheet shows it; any other cell as it is.

        >>> PaddedFormat("", 6).shown(42), PaddedFormat("XM-", 3).shown(1042)
        ('000042', 'XM-1042')
        """
        whole = type(cell) is int or (type(cell) is float and cell.is_integer())
        if not whole or not 0 <= cell < EXACT_INTEGERS_BELOW:
            return cell
        return f"{self.prefix}{int(cell):0{self.digits}d}"


def padded_format(code: str) -> PaddedFormat | None:
    """Format of a format code that adds zeros, and letters in front; None for any other.

    >>> padded_format('"XM-"000'), padded_format("0.00")
    (PaddedFormat(prefix='XM-', digits=3), None)
    """
    found = _PADDED.fullmatch(code.replace("\\", ""))
    if found is None or len(found[2]) > _MOST_DIGITS:
        return None
    return PaddedFormat(found[1], len(found[2]))


def padded_styles(book: zipfile.ZipFile) -> Mapping[int, PaddedFormat]:
    """Formats that add zeros, by the number of the style that cells refer to."""
    if _PART not in book.namelist():
        return {}
    styles = book.read(_PART)
    formats = {}
    for tag in _FORMAT.findall(styles):
        number, code = _FORMAT_ID.search(tag), _CODE.search(tag)
        if number and code:
            text = unescape((code[1] or code[2] or b"").decode("utf-8", "replace"))
            if padded := padded_format(text):
                formats[number[1]] = padded
    found = _CELL_FORMATS.search(styles) if formats else None
    used = enumerate(_CELL_FORMAT.findall(found[0])) if found else ()
    numbers = ((style, _FORMAT_ID.search(tag)) for style, tag in used)
    return {
        style: formats[number[1]] for style, number in numbers if number and number[1] in formats
    }


@dataclass
class PaddedCells:
    """Cells with formats that add zeros, as runs of rows; rows are added from the top."""

    _runs: dict[int, list[tuple[int, int, PaddedFormat]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, row: int, column: int, padded: PaddedFormat) -> None:
        """Add a cell; ``column`` is an index from 0."""
        runs = self._runs[column]
        if runs and runs[-1][1] == row - 1 and runs[-1][2] == padded:
            runs[-1] = (runs[-1][0], row, padded)
        else:
            runs.append((row, row, padded))

    def by_row(self) -> RowFormats:
        """Formats of the rows, to be asked for from the top."""
        return RowFormats({column: list(reversed(runs)) for column, runs in self._runs.items()})


@dataclass
class RowFormats:
    """Formats of consecutive rows; ``_left`` are the runs still to come, the next one last."""

    _left: dict[int, list[tuple[int, int, PaddedFormat]]]

    def of(self, row: int) -> dict[int, PaddedFormat]:
        """Formats of the cells of ``row`` by column; rows are asked for in ascending order."""
        found = {}
        for column, runs in self._left.items():
            while runs and runs[-1][1] < row:
                runs.pop()
            if runs and runs[-1][0] <= row:
                found[column] = runs[-1][2]
        return found
