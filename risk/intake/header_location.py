"""Location of the header in the first rows of a sheet, of one row or two, with its row of units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from risk.contract import Table
from risk.intake.cells import Cell, Row, is_blank
from risk.intake.headers import HeaderCells, fields_of, missing_fields
from risk.intake.headings import HeadingMatcher
from risk.intake.readers.sheet import CellRange
from risk.intake.units import unit_alone


@dataclass(frozen=True)
class LocatedHeader:
    """Header found in a sheet: its cells, the number of its first row, and its fields."""

    cells: HeaderCells
    first_row: int
    fields: frozenset[str]

    def complete(self, table: Table, given: Sequence[str] = ()) -> bool:
        """Whether all required fields have a column or are ``given``."""
        return not missing_fields(table, (*self.fields, *given))


def locate_header(
    table: Table,
    rows: Sequence[Row],
    match: HeadingMatcher,
    *,
    merges: Sequence[CellRange] = (),
    given: Sequence[str] = (),
) -> LocatedHeader | None:
    """First header of ``rows`` with all required fields, else the one with the most fields.

    None if all rows are blank. A second and a third row belong to the header if they add fields,
    and a row of units below it does too.
    """
    filled = [row for row in rows if not is_blank(row[1])]
    best: LocatedHeader | None = None
    place = 0
    for index, single in enumerate(_candidates(filled, match)):
        if best is None or len(single.fields) > len(best.fields):
            best, place = single, index
            if best.complete(table, given):
                break
    if best is None:
        return None
    # Two rows together may have required columns that neither of them has alone.
    near = (place - 1, place) if best.complete(table, given) else range(len(filled))
    for index in near:
        pair = _pair(filled, index, match, merges)
        if pair is not None and len(pair.fields) > len(best.fields):
            best = pair
    for index in range(place - 2, place + 1):
        triple = _triple(filled, index, match, merges)
        if triple is not None and len(triple.fields) > len(best.fields):
            best = triple
    return _with_units(best, filled)


def header_at(
    row: Row, following: Row | None, match: HeadingMatcher, merges: Sequence[CellRange]
) -> LocatedHeader:
    """Header that begins in ``row``, of two rows if ``following`` adds fields."""
    rows = [row] if following is None or is_blank(following[1]) else [row, following]
    one = next(_candidates(rows, match))
    pair = _pair(rows, 0, match, merges)
    return pair if pair is not None and len(pair.fields) > len(one.fields) else one


def unit_row(cells: Sequence[Cell]) -> bool:
    """Whether all filled cells of a row are units."""
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    return bool(filled) and all(unit_alone(cell) is not None for cell in filled)


def _candidates(rows: Sequence[Row], match: HeadingMatcher) -> Iterator[LocatedHeader]:
    titles: list[Cell] = []
    for number, cells in rows:
        raw = HeaderCells(number, cells, titles=tuple(titles))
        yield LocatedHeader(raw, number, frozenset(fields_of(raw, match)))
        titles.extend(cells)


def _pair(
    rows: Sequence[Row], index: int, match: HeadingMatcher, merges: Sequence[CellRange]
) -> LocatedHeader | None:
    """Header of the rows ``index`` and ``index + 1``, or None if these are no neighbours."""
    if index < 0 or index + 1 >= len(rows) or rows[index + 1][0] != rows[index][0] + 1:
        return None
    (first, above), (number, below) = rows[index], rows[index + 1]
    titles = tuple(cell for _, cells in rows[:index] for cell in cells)
    groups = _filled_right(first, above, below, merges)
    raw = HeaderCells(number, below, groups=groups, titles=titles)
    return LocatedHeader(raw, first, frozenset(fields_of(raw, match)))


def _triple(
    rows: Sequence[Row], index: int, match: HeadingMatcher, merges: Sequence[CellRange]
) -> LocatedHeader | None:
    """Header of the three rows from ``index``; None if these are no neighbours, or the last is one.

    A column is headed by its lowest filled cell; the next one above is its group.
    """
    if index < 0 or index + 2 >= len(rows) or rows[index + 2][0] != rows[index][0] + 2:
        return None
    (first, above), (second, middle), (number, below) = rows[index : index + 3]
    width = max(len(above), len(middle), len(below))
    low = [*below, *[None] * (width - len(below))]
    centre = _filled_right(second, middle, low, merges)
    high = _filled_right(first, above, [*map(_filled_of, centre, low)], merges)
    headings: list[Cell] = []
    groups: list[Cell] = []
    for cells in zip(low, centre, high, strict=True):
        filled = [cell for cell in cells if _is_filled(cell)]
        headings.append(filled[0] if filled else None)
        groups.append(filled[1] if len(filled) > 1 else None)
    titles = tuple(cell for _, cells in rows[:index] for cell in cells)
    raw = HeaderCells(number, headings, groups=groups, titles=titles)
    fields = frozenset(fields_of(raw, match))
    # A header of its own below a header and one record: the record is no part of it.
    alone = fields_of(HeaderCells(number, below), match)
    return None if fields == alone else LocatedHeader(raw, first, fields)


def _filled_of(one: Cell, other: Cell) -> Cell:
    return one if _is_filled(one) else other


def _filled_right(
    number: int, above: Sequence[Cell], below: Sequence[Cell], merges: Sequence[CellRange]
) -> list[Cell]:
    """Group headings over all their columns: by merged ranges, else up to the next heading."""
    width = max(len(above), len(below))
    groups = [*above, *[None] * (width - len(above))]
    lower = [*below, *[None] * len(above)]
    wide = [span for span in merges if span.top == number and span.right > span.left]
    if wide:
        for span in wide:
            right = min(span.right, width - 1)
            groups[span.left : right + 1] = [groups[span.left]] * (right + 1 - span.left)
        return groups
    group: Cell = None
    for index in range(width):
        if _is_filled(groups[index]):
            group = groups[index] if _is_filled(lower[index]) else None
        elif _is_filled(lower[index]):
            groups[index] = group
    return groups


def _with_units(found: LocatedHeader, rows: Sequence[Row]) -> LocatedHeader:
    below = next((row for row in rows if row[0] > found.cells.row), None)
    if below is None or not found.fields or not unit_row(below[1]):
        return found
    raw = found.cells
    cells = HeaderCells(below[0], raw.headings, raw.groups, below[1], raw.titles)
    return LocatedHeader(cells, found.first_row, found.fields)


def _is_filled(cell: Cell) -> bool:
    return cell is not None and bool(str(cell).strip())
