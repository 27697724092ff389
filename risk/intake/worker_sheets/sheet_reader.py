"""Rows of a worker-level sheet as blocks, from the top to the bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from risk.intake.cells import FORMULA_WITHOUT_VALUE, Cell, Row, as_written, is_blank, is_struck
from risk.intake.readers import Sheet, first_rows
from risk.intake.units import money_units
from risk.intake.worker_sheets.blocks import Block, person_name, total_label
from risk.intake.worker_sheets.heads import Head, read_head
from risk.intake.worker_sheets.labels import Label, Labels, read_labels
from risk.intake.worker_sheets.marks import read_legend
from risk.intake.worker_sheets.places import team_in
from risk.intake.worker_sheets.roles import Role

SEARCHED_ROWS = 60
"""Number of rows searched for the head from the top."""

_MOST_TEXTS = 200


@dataclass
class SheetBlocks:
    """Blocks of one sheet, the labels below them, and the legend of its marks.

    ``unsaved`` counts cells with a formula whose result was never saved, ``struck`` workers whose
    name is struck out.
    """

    name: str
    blocks: list[Block] = field(default_factory=list)
    below: Labels = field(default_factory=Labels)
    legend: Mapping[str, Decimal] = field(default_factory=dict)
    unsaved: int = 0
    struck: int = 0


def find_head(sheet: Sheet) -> Head | None:
    """Head of a worker-level sheet in its first rows; None if it is no such sheet."""
    titles: list[Cell] = []
    for row, below in _pairs(first_rows(sheet, SEARCHED_ROWS)):
        if head := read_head(row, below, titles):
            return head
        titles.extend(row[1])
    return None


def read_blocks(sheet: Sheet) -> SheetBlocks:
    """Read a worker-level sheet."""
    return _Reader(sheet).read()


class _Reader:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._found = SheetBlocks(sheet.name)
        self._around: list[Sequence[Cell]] = []  # rows about the sheet since the last worker
        self._texts: list[str] = []
        self._labels = Labels()
        self._struck = False  # the last worker is struck out, with all their rows
        self._merged = {
            (row, one.left): one.top
            for one in sheet.merges
            for row in range(one.top + 1, one.bottom + 1)
        }
        self._held: dict[tuple[int, int], Cell] = dict.fromkeys(
            (one.top, one.left) for one in sheet.merges
        )

    def read(self) -> SheetBlocks:
        skip_to = 0
        for row, below in _pairs(self._sheet.rows()):
            if row[0] <= skip_to or is_blank(row[1]):
                continue
            if head := self._head(row, below):
                skip_to = head.row + head.rows - 1
            elif self._found.blocks:
                self._row(self._filled(row), self._found.blocks[-1])
            else:
                self._put_around(row[1])
        self._found.below = read_labels(self._around)
        self._found.legend = read_legend(self._texts)
        return self._found

    def _head(self, row: Row, below: Sequence[Cell]) -> Head | None:
        head = read_head(row, below, [c for cells in self._around for c in cells])
        if head is None:
            return None
        blocks = self._found.blocks
        again = bool(blocks) and head.columns == blocks[-1].head.columns
        own = read_labels(self._around)
        self._labels = own.over(self._labels)
        self._around = []
        if again and not own.values and not own.texts:
            return head
        titles = [*self._texts, *(one.heading for one in head.columns)]
        units = money_units(titles)
        self._found.blocks.append(Block(head, self._labels, units[0] if len(units) == 1 else None))
        return head

    def _row(self, row: Row, block: Block) -> None:
        number, cells = row
        name_at = block.head.index(Role.NAME) or 0
        if is_struck(cells[name_at]):
            self._struck = True
            self._found.struck += bool(person_name([*map(as_written, cells)], name_at))
            return
        cells = [None if is_struck(cell) else cell for cell in cells]
        self._found.unsaved += sum(cell == FORMULA_WITHOUT_VALUE for cell in cells)
        if label := total_label(cells, name_at):
            block.total(label, cells)
        elif (number, name_at) in self._merged:
            self._add_more(cells, block, merged=True)
        elif section := _section(cells):
            self._labels = section.over(self._labels)
            self._found.blocks.append(Block(block.head, self._labels, block.unit))
        elif name := person_name(cells, name_at):
            block.add(cells, name)
            self._struck = False
        elif _belongs_to_worker(cells, block.head):
            self._add_more(cells, block)
        else:
            self._put_around(cells)

    def _add_more(self, cells: Sequence[Cell], block: Block, *, merged: bool = False) -> None:
        if not self._struck:
            block.add_more(cells, merged=merged)

    def _put_around(self, cells: Sequence[Cell]) -> None:
        self._around.append(cells)
        if len(self._texts) < _MOST_TEXTS:
            self._texts += [cell for cell in cells if isinstance(cell, str)]

    def _filled(self, row: Row) -> Row:
        """``row`` with the text of merged cells in the columns of teams, projects and months."""
        number, cells = row
        head = self._found.blocks[-1].head
        # A row may end before the column of a merged cell.
        filled = [*cells, *[None] * max(one.index for one in head.columns)]
        for role in (Role.TEAM, Role.PROJECT, Role.MONTH):
            index = head.index(role)
            if index is None:
                continue
            if (number, index) in self._held:
                self._held[number, index] = filled[index]
            top = self._merged.get((number, index))
            if top is not None and filled[index] is None:
                filled[index] = self._held.get((top, index))
        return number, filled


def _section(cells: Sequence[Cell]) -> Labels | None:
    """What a row says about the rows below it: their team, project or month; else None."""
    labels = read_labels([cells])
    about = (Label.TEAM, Label.PROJECT, Label.CODE, Label.MONTH)
    if any(labels.text(label) for label in about):
        return labels
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    if len(filled) == 1 and isinstance(filled[0], str) and team_in(filled[0]) == filled[0].strip():
        return Labels({Label.TEAM: filled[0].strip()})
    return None


def _belongs_to_worker(cells: Sequence[Cell], head: Head) -> bool:
    """Whether a row without a name goes on about the worker above: it has cells of days."""
    days = {one.index for one in head.days}
    filled = [index for index, cell in enumerate(cells) if cell is not None and str(cell).strip()]
    return bool(days) and sum(index in days for index in filled) > len(filled) / 2


def _pairs(rows: Iterator[Row]) -> Iterator[tuple[Row, Sequence[Cell]]]:
    """Each row with the cells of the next."""
    before: Row | None = None
    for row in rows:
        if before is not None:
            yield before, row[1]
        before = row
    if before is not None:
        yield before, ()
