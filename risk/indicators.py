"""The eight rates (八率): compliance with the Regulation's duties, by place and month.

No national list of the eight is published; these follow the Regulation's articles and the rates
counties report: real-name registration (Art. 28), labour contracts (28), special accounts (26),
labour cost transferred in time and in full (24, 29), wages paid by bank (31), wages paid in time
and in full (12, 31), deposits (32), notice boards (34). Definitions differ between places (by
worker or by project, set up or in use): :data:`DEFINITIONS` has the variants found, and an office
chooses its eight. Unknown cells are left out; without its feeds a rate is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from risk.indicator_sql import rates_query
from risk.store.known_query import NOTHING_WRITTEN, Written

if TYPE_CHECKING:
    from risk.store.store import RecordStore

MONTHS = 12

RATES = (
    *("real_name", "labour_contract", "special_account", "labour_cost_passed_on"),
    *("paid_by_bank", "paid_in_full", "deposit", "notice_board"),
)
"""Default rates of an office."""

DEFINITIONS = (
    *RATES,
    *("special_account_in_use", "labour_cost_amount", "paid_by_bank_projects"),
    *("paid_in_full_projects", "paid_in_full_amount"),
)
"""All available rates."""

MONEY = frozenset({"paid_by_bank", "labour_cost_amount", "paid_in_full_amount"})
"""Rates of money, in fen; the others count people, projects or payments."""

COUNTERPARTS: Mapping[str, str] = {
    "labour_cost_passed_on": "labour_cost_amount",
    "labour_cost_amount": "labour_cost_passed_on",
    "paid_by_bank": "paid_by_bank_projects",
    "paid_by_bank_projects": "paid_by_bank",
    "paid_in_full": "paid_in_full_amount",
    "paid_in_full_amount": "paid_in_full",
    "paid_in_full_projects": "paid_in_full_amount",
}
"""Rates of the same duty by amount instead of by count, or the other way round."""

LOW_SHARE = 0.85
MIN_BASE = 10
"""A rate below ``LOW_SHARE`` is short; not if fewer than ``MIN_BASE`` were due."""

_PAY = ("payrolls", "payments")
_FEEDS: Mapping[str, tuple[str, ...]] = {
    "real_name": ("attendance",),
    "labour_contract": ("attendance",),
    "special_account": ("accounts",),
    "labour_cost_passed_on": ("transfers",),
    "paid_by_bank": _PAY,
    "paid_in_full": _PAY,
    "deposit": ("deposits",),
    "notice_board": (),
    "special_account_in_use": ("accounts", "transfers"),
    "labour_cost_amount": ("transfers",),
    "paid_by_bank_projects": _PAY,
    "paid_in_full_projects": _PAY,
    "paid_in_full_amount": _PAY,
}
"""Tables without which a rate is unknown, besides the projects; in the order of all rates."""

_REPORTED_MONTHLY = frozenset({"real_name", "labour_contract"})
_REPORTED_SHARE = 0.5


@dataclass(frozen=True)
class Rate:
    """``kept`` of ``due`` met the duty; the unit depends on the rate: workers, projects, fen."""

    kept: int
    due: int

    @property
    def share(self) -> float | None:
        """Share from 0 to 1; None if nothing was due or known."""
        return self.kept / self.due if self.due else None


PlaceMonth = tuple[str, dt.date]


def rates_by_place(
    store: RecordStore,
    as_of: dt.date,
    months: int = MONTHS,
    *,
    transfer_days: int = 0,
    written: Written = NOTHING_WRITTEN,
) -> Mapping[PlaceMonth, Mapping[str, Rate]]:
    """Rates of every county and township in each of the last full ``months`` before ``as_of``.

    A county's code has six digits, a township's nine; a township's projects count for its county
    too. Only records known before ``as_of`` count. Rates without any known record are left out.
    Labour cost counts as on time up to ``transfer_days`` after its day; a month has no such rate
    until they are over. ``written`` may hold the rows that another engine found.
    """
    missing = set(store.missing_feeds())
    by_rate: dict[str, list[tuple[PlaceMonth, Rate]]] = defaultdict(list)
    for name, place, month, kept, due in rates_query(months, transfer_days).rows(
        store, as_of, written
    ):
        if due:
            by_rate[name].append(((place, month), Rate(kept or 0, due)))
    found: dict[PlaceMonth, dict[str, Rate]] = defaultdict(dict)
    for name, needs in _FEEDS.items():
        for key, rate in [] if missing & {"projects", *needs} else by_rate[name]:
            found[key][name] = rate
    return dict(sorted(found.items()))


def newest_months(by_month: Mapping[dt.date, Mapping[str, Rate]]) -> Mapping[str, dt.date]:
    """Return the newest month of each rate in the rates of one or several places by month.

    Attendance of a month arrives in the next. A month with less than half the workers of the
    month before is only partly reported, and the month before is returned.
    """
    found: dict[str, dt.date] = {}
    for name in dict.fromkeys(name for rates in by_month.values() for name in rates):
        months = sorted((month for month, rates in by_month.items() if name in rates), reverse=True)
        newest, before = months[0], months[1] if len(months) > 1 else months[0]
        reported = by_month[newest][name].due >= _REPORTED_SHARE * by_month[before][name].due
        found[name] = before if name in _REPORTED_MONTHLY and not reported else newest
    return found


def is_short(name: str, rates: Mapping[str, Rate]) -> bool:
    """Whether the duty of a rate is really unmet: below 85 % by count and, if known, by amount.

    A rate of fewer than ten projects, people or payments is never short.

    >>> late = {"labour_cost_passed_on": Rate(5, 20), "labour_cost_amount": Rate(99, 100)}
    >>> is_short("labour_cost_passed_on", late), is_short("deposit", {"deposit": Rate(5, 20)})
    (False, True)
    """
    names = [one for one in (name, COUNTERPARTS.get(name, "")) if one in rates]
    shares = [share for one in names if (share := rates[one].share) is not None]
    return bool(shares) and max(shares) < LOW_SHARE and has_base(name, rates)


def has_base(name: str, rates: Mapping[str, Rate]) -> bool:
    """Whether a rate or its counterpart counts ten or more; true of a rate of money alone.

    >>> has_base("paid_by_bank", {"paid_by_bank_projects": Rate(0, 9), "paid_by_bank": Rate(1, 99)})
    False
    """
    names = [one for one in (name, COUNTERPARTS.get(name, "")) if one in rates and one not in MONEY]
    return max((rates[one].due for one in names), default=MIN_BASE) >= MIN_BASE


def add_up(rates: Iterable[Mapping[str, Rate]]) -> Mapping[str, Rate]:
    """Return the rates of several places together: sums, not a mean of shares."""
    found: dict[str, Rate] = {}
    for place in rates:
        for name, rate in place.items():
            before = found.get(name, Rate(0, 0))
            found[name] = Rate(before.kept + rate.kept, before.due + rate.due)
    return found
