"""Rows of a ledger of payments that say that nothing was paid: they are no payments.

Such a ledger often lists every payroll, those not paid yet with an amount of 0 or 未发 and without
a day. An amount that is only empty is unknown, and its row is rejected like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from risk.contract import STORED_TABLES, Table
from risk.intake.cell_parsers import UNKNOWN, CellRefused, parse
from risk.intake.cells import Cell, as_text, match_key
from risk.intake.spellings import UNKNOWN_DATES, UNKNOWN_WORDS

NOT_PAID = frozenset(("未发", "未付", "未支付", "未发放", "未代发", "尚未发放", "尚未支付"))
"""Spellings of a payment that did not happen."""

_NO_DAY = UNKNOWN | UNKNOWN_WORDS | UNKNOWN_DATES | NOT_PAID
_PAID = ("已发", "已付", "已支付", "已代发")
_PAYMENTS = STORED_TABLES["payments"]


def nothing_paid(amount: Cell) -> bool:
    """Whether an amount says that nothing was paid: a zero in any spelling, or a word.

    >>> nothing_paid("￥0.00"), nothing_paid("未发"), nothing_paid("-")
    (True, True, False)
    """
    if match_key(as_text(amount)) in NOT_PAID:
        return True
    try:
        return parse(amount, _PAYMENTS.field("amount")) == 0
    except CellRefused:
        return False


def unpaid_test(
    table: Table, columns: Mapping[str, int]
) -> Callable[[Sequence[Cell]], bool] | None:
    """Test whether a row says that nothing was paid; None for any table but payments.

    ``columns`` are the indices of the columns by field.
    """
    if table is not _PAYMENTS or not {"paid_on", "amount"} <= columns.keys():
        return None
    day, amount = columns["paid_on"], columns["amount"]

    def test(cells: Sequence[Cell]) -> bool:
        texts = [match_key(as_text(cell)) for cell in cells]
        texts += [""] * (1 + max(day, amount) - len(texts))
        if texts[day] not in _NO_DAY or any(text.startswith(_PAID) for text in texts):
            return False
        stated = amount < len(cells) and nothing_paid(cells[amount])
        return stated or (texts[amount] in UNKNOWN and not NOT_PAID.isdisjoint(texts))

    return test
