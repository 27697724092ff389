"""Payments in a book of payrolls: what was paid, and when, in columns next to what is due.

A ledger of wages often has both in one row. Its payrolls are read as such, and where the layout
says so, its payments from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from risk.contract import STORED_TABLES
from risk.intake.cell_parsers import UNKNOWN
from risk.intake.cells import Cell, Row, as_text, is_struck, normalise
from risk.intake.headings import parse_heading
from risk.intake.layouts.layout import Layout
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.layouts.vocabulary import vocabulary
from risk.intake.name_ids import made_id
from risk.intake.readers.sheet import CellRange

PAYROLLS, PAYMENTS = STORED_TABLES["payrolls"], STORED_TABLES["payments"]
_READ = ("paid_on", "amount", "channel")
_NOTHING = UNKNOWN | {"0", "0.0", "0.00", "未发", "未付", "未支付", "未发放"}


def paid_columns(layout: Layout) -> dict[str, int]:
    """Columns of a layout of payrolls that say what was paid, by field of payments.

    Empty without an amount and a day, which a payment needs.
    """
    if layout.table is not PAYROLLS:
        return {}
    used = {rule.heading for rule in layout.columns if rule.field}
    found: dict[str, int] = {}
    for index, heading in enumerate(layout.headings):
        known = vocabulary().target(PAYMENTS, heading) if heading and heading not in used else None
        if known and known[0].field.name in _READ:
            found.setdefault(known[0].field.name, index)
    return found if {"paid_on", "amount"} <= found.keys() else {}


@dataclass(frozen=True)
class PaidSheet:
    """Payments of the rows of ``payrolls``; a row without a paid amount has none."""

    payrolls: TranslatedSheet
    strict_width: bool = False
    hidden: bool = False
    merges: Sequence[CellRange] = ()
    hidden_rows: Sequence[int] = ()

    @property
    def name(self) -> str:
        """Name of the sheet, with that of the table."""
        return f"{self.payrolls.name}!{PAYMENTS.zh}"

    def rows(self) -> Iterator[Row]:
        """Titles, one head with the contract's headings, and the payments below it."""
        columns = paid_columns(self.payrolls.layout)
        key = -1
        for number, cells in self.payrolls.rows():
            named = self._key_column(cells)
            if key < 0 and named < 0:
                yield number, cells
            elif key < 0:
                key = named
                yield number, self._head(cells, columns)
            elif named < 0 and (payment := _payment(cells, key, columns)):
                yield number, payment

    def _key_column(self, cells: Sequence[Cell]) -> int:
        """Index of the payrolls' ids in a head; -1 for any other row."""
        layout = self.payrolls.layout
        own = [rule.heading for rule in layout.columns if rule.field == "payroll_id"]
        headings = {PAYROLLS.field("payroll_id").zh, *own}
        places = (index for index, cell in enumerate(cells) if cell in headings)
        return next(places, -1)

    def _head(self, cells: Sequence[Cell], columns: dict[str, int]) -> list[Cell]:
        amount = cells[columns["amount"]]
        unit = parse_heading(amount).unit or self.payrolls.layout.unit
        zh = {name: PAYMENTS.field(name).zh for name in ("payment_id", "payroll_id", *columns)}
        if unit:
            zh["amount"] = f"{zh['amount']}({unit})"
        return list(zh.values())


def _payment(cells: Sequence[Cell], key: int, columns: dict[str, int]) -> list[Cell] | None:
    payroll = as_text(cells[key]) if key < len(cells) else ""
    found = {name: cells[at] if at < len(cells) else None for name, at in columns.items()}
    if (
        not payroll
        or is_struck(payroll)
        or normalise(as_text(found["amount"])).casefold() in _NOTHING
    ):
        return None
    # Not of the day: a book sent again with another one corrects the payment.
    payment = made_id(PAYMENTS.name, payroll)
    return [payment, payroll, *found.values()]
