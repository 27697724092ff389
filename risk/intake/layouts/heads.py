"""Search for the head of a sheet: one to three rows with the headings of its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from risk.intake.cells import Cell, Row
from risk.intake.readers.sheet import CellRange, Sheet, first_rows

SEARCHED_ROWS = 60
"""Number of rows searched for a head from the top."""

MAX_HEAD_ROWS = 3

SAMPLE_ROWS = 200
"""Number of rows below the head from which sample values are taken."""

_MAX_HEADINGS = 1_000
"""A row with more texts is no head; all tables are compared with each of its cells."""

_HEADING_LENGTH = 60

_Texts: TypeAlias = tuple[int, list[str]]
"""Row number and the texts of its cells, each on one line."""


@dataclass(frozen=True)
class Head:
    """Head of a sheet: its last row, its number of rows, joined headings, and the cells above."""

    row: int
    rows: int
    headings: tuple[str, ...]
    titles: tuple[str, ...]


def possible_heads(sheet: Sheet) -> Iterator[Head]:
    """Every row, and every two and three rows, near the top that may be a head."""
    titles: list[str] = []
    groups: list[_Texts] = []  # the rows above that may have headings of groups
    merges = list(sheet.merges)
    for number, cells in first_rows(sheet, SEARCHED_ROWS):
        texts = [one_line(cell) for cell in cells]
        groups = [one for one in groups if groups[-1][0] == number - 1]  # none across blank rows
        # Headings that reach into the next row belong to a head with more rows.
        if _looks_like_head(cells) and not any(one.top <= number < one.bottom for one in merges):
            for count in range(len(groups), -1, -1):
                rows = [*groups[len(groups) - count :], (number, texts)]
                above = len(titles) - sum(_filled(one[1]) for one in rows[:-1])
                joined = _joined(rows, merges) if count else _trimmed([*texts])
                yield Head(number, len(rows), joined, tuple(titles[:above]))
        titles.extend(filter(None, texts))
        of_groups = _is_group_row(cells, _filled(texts))
        groups = [*groups[2 - MAX_HEAD_ROWS :], (number, texts)] if of_groups else []


def single_headings(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Headings of a head of one row, without empty ones at the end."""
    return _trimmed([one_line(cell) for cell in cells])


def join_headings(rows: Sequence[Row], merges: Sequence[CellRange]) -> tuple[str, ...]:
    """Headings of a head of several rows: 存放 above 金额 is 存放/金额.

    A cell above counts for the columns its merged range covers, or, where nothing is merged, for
    the empty cells to its right that have a heading below.
    """
    return _joined([(number, [one_line(cell) for cell in cells]) for number, cells in rows], merges)


def one_line(cell: Cell) -> str:
    """Text of a cell on one line, with single spaces and at most 200 characters."""
    return " ".join(str("" if cell is None else cell).split())[:200]


def _joined(rows: Sequence[_Texts], merges: Sequence[CellRange]) -> tuple[str, ...]:
    width = max(len(texts) for _, texts in rows)
    levels = [_groups(row, width, merges) for row in rows[:-1]]
    lowest = rows[-1][1]
    levels.append([*lowest, *[""] * (width - len(lowest))])
    joined = ["/".join(dict.fromkeys(filter(None, texts))) for texts in zip(*levels, strict=True)]
    return _trimmed(joined)


def _groups(above: _Texts, width: int, merges: Sequence[CellRange]) -> list[str]:
    number, texts = above
    groups = [*texts, *[""] * (width - len(texts))]
    merged = [one for one in merges if one.top <= number <= one.bottom]
    for one in merged:
        for index in range(one.left + 1, min(one.right + 1, width)):
            groups[index] = groups[index] or groups[one.left]
    if not merged:
        for index in range(1, width):
            groups[index] = groups[index] or groups[index - 1]
    return groups


def _trimmed(headings: list[str]) -> tuple[str, ...]:
    while headings and not headings[-1]:
        headings.pop()
    return tuple(headings)


def _filled(texts: Sequence[str]) -> int:
    return sum(map(bool, texts))


def _looks_like_head(cells: Sequence[Cell]) -> bool:
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    return 2 <= len(texts) <= _MAX_HEADINGS and all(len(text) <= _HEADING_LENGTH for text in texts)


def _is_group_row(cells: Sequence[Cell], filled: int) -> bool:
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    return len(texts) >= 2 and len(texts) == filled
