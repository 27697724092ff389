"""Payments in a book of payrolls, as a sheet of their own.

A ledger of wages often has in one row what is due and what was paid. Its payrolls are read as such,
and where the layout says so, its payments from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from risk.intake.cell_parsers import MONTH_AFTER, CellRefused, parse
from risk.intake.cells import Cell, Row, as_text, is_struck
from risk.intake.header_location import unit_row
from risk.intake.headings import parse_heading
from risk.intake.layouts.heads import one_line
from risk.intake.layouts.layout import Layout
from risk.intake.layouts.paid_columns import (
    PAYMENTS,
    PAYROLLS,
    paid_columns,
    paid_columns_of,
    written,
)
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.name_ids import made_id
from risk.intake.non_records import non_record
from risk.intake.readers.sheet import CellRange
from risk.intake.stated_years import StatedYears, stated_years
from risk.intake.unpaid_rows import nothing_paid
from risk.intake.wage_days import day_of_wages

_IDS = ("payment_id", "payroll_id")


@dataclass(frozen=True)
class PaidSheet:
    """Payments of the rows of ``payrolls``; a row without a paid amount has none."""

    payrolls: TranslatedSheet
    strict_width: bool = False
    hidden: bool = False
    hidden_rows: Sequence[int] = ()

    @property
    def name(self) -> str:
        """Name of the sheet, with that of the table."""
        return f"{self.payrolls.name}!{PAYMENTS.zh}"

    @property
    def columns(self) -> dict[str, str]:
        """Fields of payments by the heading of the column that gives them."""
        headings = self.payrolls.layout.headings
        found = paid_columns(self.payrolls.layout)
        return {headings[index]: PAYMENTS.field(name).zh for name, index in found.items()}

    @property
    def merges(self) -> Sequence[CellRange]:
        """Merged paid amounts, which count once."""
        columns = paid_columns(self.payrolls.layout)
        place = len(_IDS) + list(columns).index("amount")
        return tuple(
            CellRange(one.top, place, one.bottom, place)
            for one in self.payrolls.sheet.merges
            if one.left == one.right == columns["amount"]
        )

    def rows(self) -> Iterator[Row]:
        """Titles, heads with the contract's headings, and the payments below them.

        The rows of a merged amount are there too: how it is divided among them is unknown.
        """
        shared = {row for one in self.merges for row in range(one.top + 1, one.bottom + 1)}
        head: _Head | None = None
        titles: list[Cell] = []
        years: StatedYears | None = None
        for number, cells in self.payrolls.rows():
            found = _Head.of(cells, self.payrolls.layout)
            if found is not None:
                years = years or self._years(titles)
                if head is None or (found.paid and found.cells != head.cells):
                    yield number, found.cells
                head = found
            elif head is None:
                titles.extend(cells)
                yield number, cells
            elif title := _title_with_years(cells):
                years = self._years([title], titles)
                yield number, [title]
            elif unit_row(cells):
                yield number, head.picked(cells)
            elif payment := head.payment(cells, years, is_shared=number in shared):
                yield number, payment

    def _years(self, *titles: Sequence[Cell]) -> StatedYears | None:
        return stated_years(self.payrolls.name, titles, self.payrolls.file)


def _title_with_years(cells: Sequence[Cell]) -> str:
    """The only text of a row that states years, for the days below it; else empty."""
    filled = [text for text in map(one_line, cells) if text]
    return filled[0] if len(filled) == 1 and stated_years("", [filled], "") else ""


@dataclass(frozen=True)
class _Head:
    """Columns below a head: of the payroll, and by field of what was paid.

    ``cells`` is the head of the payments; ``required`` are columns without which a row is no
    complete payroll.
    """

    cells: Sequence[Cell]
    payroll: int
    period: int | None
    required: Sequence[int]
    paid: Mapping[str, int]

    @staticmethod
    def of(cells: Sequence[Cell], layout: Layout) -> _Head | None:
        """The head in a row of a sheet read through ``layout``; None if the row is none."""
        payroll = _place(cells, layout, "payroll_id")
        if payroll is None:
            return None
        paid = paid_columns_of(cells, layout)
        fields = (field.name for field in PAYROLLS.fields if field.required)
        places = (_place(cells, layout, name) for name in fields)
        return _Head(
            _heading_cells(cells, paid, layout.unit),
            payroll,
            _place(cells, layout, "period"),
            [place for place in places if place is not None],
            paid,
        )

    def picked(self, cells: Sequence[Cell]) -> list[Cell]:
        """``cells`` of the columns of what was paid, below the head of the payments."""
        return [*[None] * len(_IDS), *(_cell(cells, at) for at in self.paid.values())]

    def payment(
        self, cells: Sequence[Cell], years: StatedYears | None, *, is_shared: bool
    ) -> list[Cell] | None:
        """The payment in a row; None if nothing was paid, or the row is a total or a note."""
        payroll = as_text(_cell(cells, self.payroll))
        if not self.paid or not payroll or is_struck(payroll) or self._is_set_aside(cells):
            return None
        found = {name: _cell(cells, at) for name, at in self.paid.items()}
        if not _is_paid(found["amount"]) and not is_shared:
            return None
        found["paid_on"] = self._day(cells, years)
        # Not of the day: a book sent again with another one corrects the payment.
        return [made_id(PAYMENTS.name, payroll), payroll, *found.values()]

    def _day(self, cells: Sequence[Cell], years: StatedYears | None) -> Cell:
        """Day of a payment: by month no later is known than the end of the month after it.

        Wages of a month fall due then; an earlier day would be known before the payment was made.
        """
        period, day = _cell(cells, self.period), _cell(cells, self.paid["paid_on"])
        if self.paid["paid_on"] == self.period:
            return f"{as_text(day)}{MONTH_AFTER}"
        return day_of_wages(day, period, years)

    def _is_set_aside(self, cells: Sequence[Cell]) -> bool:
        complete = all(_cell(cells, place) not in (None, "") for place in self.required)
        key = [_cell(cells, self.payroll)]
        return non_record(cells, key, complete=complete, titles=()) is not None


def _heading_cells(cells: Sequence[Cell], paid: Mapping[str, int], unit: str) -> list[Cell]:
    zh = {name: PAYMENTS.field(name).zh for name in (*_IDS, *paid)}
    if paid and (named := parse_heading(cells[paid["amount"]]).unit or unit):
        zh["amount"] = f"{zh['amount']}({named})"
    return list(zh.values())


def _place(head: Sequence[Cell], layout: Layout, name: str) -> int | None:
    """Column of a field of payrolls in a head; None if there is none, or ``head`` is no head."""
    own = (rule.heading for rule in layout.columns if rule.field == name)
    headings = {PAYROLLS.field(name).zh, *(text for one in own for text in written(one, layout))}
    return next((index for index, cell in enumerate(head) if one_line(cell) in headings), None)


def _cell(cells: Sequence[Cell], place: int | None) -> Cell:
    return cells[place] if place is not None and place < len(cells) else None


def _is_paid(amount: Cell) -> bool:
    """Whether a cell is an amount, and not 0; one that cannot be read may be."""
    try:
        known = parse(amount, PAYMENTS.field("amount")) is not None
    except CellRefused:
        known = True
    return known and not nothing_paid(amount)
