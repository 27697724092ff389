"""Columns of a book of payrolls that say what was paid, and when, next to what is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from risk.contract import STORED_TABLES
from risk.intake.cells import Cell
from risk.intake.layouts.heads import one_line
from risk.intake.layouts.layout import Layout
from risk.intake.layouts.vocabulary import vocabulary

PAYROLLS, PAYMENTS = STORED_TABLES["payrolls"], STORED_TABLES["payments"]
_READ = ("paid_on", "amount", "channel")


def paid_columns(layout: Layout) -> dict[str, int]:
    """Columns of a layout of payrolls that say what was paid, by field of payments.

    Empty without an amount and a day, which a payment needs. By month the day is that of the wages,
    which is read as the last of the month after.
    """
    return paid_columns_of(layout.headings, layout) if layout.table is PAYROLLS else {}


def paid_columns_of(head: Sequence[Cell], layout: Layout) -> dict[str, int]:
    """The same of one of the heads of a sheet read through ``layout``."""
    used = {name for rule in layout.columns if rule.field for name in written(rule.heading, layout)}
    found: dict[str, int] = {}
    for index, cell in enumerate(head):
        heading = one_line(cell)
        known = vocabulary().target(PAYMENTS, heading) if heading and heading not in used else None
        if known and known[0].field.name in _READ:
            found.setdefault(known[0].field.name, index)
        elif layout.months and heading in _of_month(layout):
            found.setdefault("paid_on", index)
    return found if {"paid_on", "amount"} <= found.keys() else {}


def paid_headings(headings: Iterable[str]) -> dict[str, str]:
    """Of ``headings`` those that say what was paid, by field; empty without amount and day."""
    found: dict[str, str] = {}
    for heading in headings:
        known = vocabulary().target(PAYMENTS, heading)
        if known and known[0].field.name in _READ:
            found.setdefault(known[0].field.name, heading)
    return found if {"paid_on", "amount"} <= found.keys() else {}


def _of_month(layout: Layout) -> set[str]:
    own = (rule.heading for rule in layout.columns if rule.field == "period")
    return {text for one in own for text in written(one, layout)}


def written(heading: str, layout: Layout) -> tuple[str, str]:
    """A heading of ``layout`` as it is, and with the unit that the reading may add to it."""
    return heading, f"{heading}({layout.unit})"
