"""The step a rule table gives a contractor. Unknown history is not clean history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from risk.calendar.dates import add_months
from risk.deposits.rule_tables import RuleTable

Step = Literal["raise", "keep", "lower", "exempt"]
EventKind = Literal["arrears", "drawn", "listed"]


@dataclass(frozen=True)
class Event:
    """Something against a contractor: arrears, a deposit drawn, a listing.

    ``ended_on``: of a listing, the day it was taken off; such an end counts only once known.
    """

    kind: EventKind
    date: dt.date
    known_at: dt.date
    table: str
    record_id: str
    project_id: str | None = None
    region_code: str | None = None
    ended_on: dt.date | None = None


@dataclass(frozen=True)
class History:
    """What is known of a contractor. ``records_since``: from when the records could show arrears of
    it; None where they never could. ``running``: its projects running now."""

    events: tuple[Event, ...]
    records_since: dt.date | None
    running: int


@dataclass(frozen=True)
class Advice:
    """The step and rate; None without a table. ``short_of_years``: clean years the records are too
    short to show, which kept a lower step from being given. ``events``: those that counted."""

    step: Step | None
    share: float | None
    events: tuple[Event, ...]
    record_years: int
    short_of_years: int | None
    several: bool = False


def advise(table: RuleTable | None, history: History, as_of: dt.date) -> Advice:
    """The advice as of ``as_of``, from what was known strictly before it.

    Source: MOHRSS [2021] No. 65 as the place's own ``table`` fills it in.
    """
    events = tuple(one for one in history.events if one.known_at < as_of and one.date < as_of)
    years = record_years(history.records_since, as_of)
    if table is None:
        return Advice(None, None, events, years, None)
    counted = tuple(one for one in events if _within(one, as_of, table.look_back_years))
    if counted:
        return Advice("raise", table.raised_share, counted, years, None)
    return _without_raise(table, events, history.running, as_of, years)


def may_be_exempt_as_small(
    table: RuleTable | None, amount: int | None, history: History, as_of: dt.date
) -> bool:
    """Whether a contract of ``amount`` fen may be exempt as small works; unknown amounts may not.

    Arrears known in the table's years, or records shorter than them, rule it out.
    """
    if table is None or table.small_below is None or table.small_years is None or amount is None:
        return False
    advice = advise(table, history, as_of)
    clean = advice.step != "raise" and _clean(advice.events, as_of, table.small_years)
    recent = any(
        one.known_at < as_of and _within(one, as_of, table.small_years) for one in history.events
    )
    long = advice.record_years >= table.small_years
    return amount < table.small_below and clean and not recent and long


def record_years(since: dt.date | None, as_of: dt.date) -> int:
    """Whole years of records before ``as_of``.

    >>> record_years(dt.date(2022, 6, 1), dt.date(2025, 6, 1))
    3
    >>> record_years(dt.date(2022, 6, 2), dt.date(2025, 6, 1)), record_years(None, dt.date.max)
    (2, 0)
    """
    if since is None or since >= as_of:
        return 0
    years = as_of.year - since.year
    return years if since <= add_months(as_of, -12 * years) else years - 1


def _without_raise(
    table: RuleTable, events: Sequence[Event], running: int, as_of: dt.date, years: int
) -> Advice:
    """The lowest step whose clean years the records show; else the base rate."""
    steps: list[tuple[float, int, Step, bool]] = []
    if table.exempt_years is not None:
        steps.append((0.0, table.exempt_years, "exempt", False))
    if table.lower_share is not None and table.lower_years is not None:
        steps.append((table.lower_share, table.lower_years, "lower", False))
    if table.several_share is not None and running >= (table.several_least or 0):
        steps.append((table.several_share, table.look_back_years, "lower", True))
    clean = [one for one in steps if _clean(events, as_of, one[1])]
    given = [one for one in clean if one[1] <= years]
    share = table.base_share
    step: Step = "keep"
    several = False
    if given:
        share, _, step, several = min(given)
    short = [one[1] for one in clean if one[1] > years and one[0] < share]
    return Advice(
        step,
        share,
        tuple(events),
        years,
        min(short) if short else None,
        several,
    )


def _clean(events: Sequence[Event], as_of: dt.date, years: int) -> bool:
    return not any(_within(one, as_of, years) for one in events)


def _within(event: Event, as_of: dt.date, years: int) -> bool:
    """Whether it lies in the last ``years``; a listing lasts until it is taken off."""
    if event.kind == "listed" and (event.ended_on is None or event.ended_on >= as_of):
        return True
    last = event.ended_on if event.kind == "listed" and event.ended_on else event.date
    return add_months(as_of, -12 * years) <= last < as_of
