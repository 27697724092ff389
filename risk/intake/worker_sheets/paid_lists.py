"""Lists of what was paid that name no team, such as a bank's: the payroll that they may be of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from risk.store.store import RecordStore


@dataclass(frozen=True)
class KnownPayroll:
    """Payroll of a project and month, and fen due by it."""

    payroll_id: str
    due: int


def known_payrolls(store: RecordStore, project: str, month: dt.date) -> list[KnownPayroll]:
    """Payrolls of a project and month that were not withdrawn."""
    rows = store.rows(
        "SELECT payroll_id, amount_due FROM payrolls_versions WHERE project_id = ? AND period = ?"
        " AND superseded_at IS NULL ORDER BY payroll_id",
        [project, month],
    )
    return [KnownPayroll(str(one), int(due)) for one, due in rows]


def payroll_paid(
    store: RecordStore, known: Collection[KnownPayroll], paid: int, payments: Collection[str]
) -> str | None:
    """Id of the only payroll that ``paid`` fen may be of, given as ``payments``; else None.

    None where that is more than is due, or other payments of it are stored: they may be the same.
    """
    if len(known) != 1:
        return None
    [payroll] = known
    others = store.rows(
        "SELECT payment_id FROM payments_versions WHERE payroll_id = ? AND superseded_at IS NULL",
        [payroll.payroll_id],
    )
    own = {one for (one,) in others} <= set(payments)
    return payroll.payroll_id if own and paid <= payroll.due else None


def project_of_account(store: RecordStore, account: str) -> str | None:
    """Project of the special account with a number; None if there is not exactly one."""
    rows = store.rows(
        "SELECT DISTINCT project_id FROM accounts_versions WHERE account_id = ?"
        " AND superseded_at IS NULL",
        [account],
    )
    return str(rows[0][0]) if len(rows) == 1 and rows[0][0] else None
