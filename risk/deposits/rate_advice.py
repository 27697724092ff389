"""Deposit rate advice for a contractor. Unknown history does not count as clean history."""

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
    """Event against a contractor: arrears, a drawn deposit or a sanction listing.

    ``ended_on`` is the day a listing was removed; it counts only once it is known.
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
    """Known history of a contractor.

    ``records_since`` is the first day from which records could show arrears, None if there is
    none; ``running`` is the number of its projects under way.
    """

    events: tuple[Event, ...]
    records_since: dt.date | None
    running: int


@dataclass(frozen=True)
class Advice:
    """Recommended step and rate; both None without a rule table.

    ``events`` are the events that counted. ``short_of_years`` is the number of clean years a lower
    step would need but the records are too short to show. ``share_to`` is the upper end of the
    rate where the rule gives a range.
    """

    step: Step | None
    share: float | None
    events: tuple[Event, ...]
    record_years: int
    short_of_years: int | None
    several: bool = False
    share_to: float | None = None


def advise(table: RuleTable | None, history: History, as_of: dt.date) -> Advice:
    """Advice as of ``as_of``, from events known strictly before it.

    Source: MOHRSS [2021] No. 65, with the steps of the local ``table``.
    """
    events = tuple(
        event for event in history.events if event.known_at < as_of and event.date < as_of
    )
    years = record_years(history.records_since, as_of)
    if table is None:
        return Advice(None, None, events, years, None)
    counted = tuple(event for event in events if _within(event, as_of, table.look_back_years))
    raised = _raised_share(table, events, counted, as_of)
    if raised is not None:
        share, because = raised
        return Advice("raise", share, because, years, None, share_to=table.most_share(share))
    return _without_raise(table, events, history.running, as_of, years)


def may_be_exempt_as_short(
    table: RuleTable | None, started_on: dt.date | None, planned_end_on: dt.date | None
) -> bool:
    """Whether works may be exempt because they take less than the table's ``short_months``.

    False if the table has none, or a day is unknown.
    """
    if table is None or table.short_months is None or not started_on or not planned_end_on:
        return False
    return started_on <= planned_end_on < add_months(started_on, table.short_months)


def may_be_exempt_as_small(
    table: RuleTable | None, amount: int | None, history: History, as_of: dt.date
) -> bool:
    """Whether a contract of ``amount`` fen may be exempt as small works; False if it is unknown.

    Arrears within the table's ``small_years``, or records shorter than that, rule it out; so does
    a raised rate. A table without ``small_years`` asks for no clean years.
    """
    if table is None or table.small_below is None or amount is None:
        return False
    if table.small_years is None:
        return amount < table.small_below
    advice = advise(table, history, as_of)
    clean = advice.step != "raise" and _clean(advice.events, as_of, table.small_years)
    recent = any(
        event.known_at < as_of and _within(event, as_of, table.small_years)
        for event in history.events
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


def _raised_share(
    table: RuleTable, events: Sequence[Event], counted: tuple[Event, ...], as_of: dt.date
) -> tuple[float, tuple[Event, ...]] | None:
    """Highest rate that events call for, with these events; None if none does."""
    found: list[tuple[float, tuple[Event, ...]]] = []
    if counted:
        found.append((table.raised_share, counted))
    if table.listed_share is not None and any(event.kind == "listed" for event in counted):
        found.append((table.listed_share, counted))
    for step in table.up:
        within = tuple(event for event in events if _within(event, as_of, step.years))
        if len(within) >= max(step.events, 1):
            found.append((step.share, within))
    return max(found, key=lambda one: one[0], default=None)


def _without_raise(
    table: RuleTable, events: Sequence[Event], running: int, as_of: dt.date, years: int
) -> Advice:
    """Lowest rate whose clean years the records show; otherwise the base rate."""
    steps: list[tuple[float, int, Step, bool]] = []
    for one in table.down_steps():
        steps.append((one.share, one.years, "lower" if one.share else "exempt", False))
    if table.several_share is not None and running >= (table.several_least or 0):
        steps.append((table.several_share, table.look_back_years, "lower", True))
    clean = [option for option in steps if _clean(events, as_of, option[1])]
    given = [option for option in clean if option[1] <= years]
    share = table.base_share
    step: Step = "keep"
    several = False
    if given:
        share, _, step, several = min(given)
    short = [option[1] for option in clean if option[1] > years and option[0] < share]
    return Advice(
        step,
        share,
        tuple(events),
        years,
        min(short) if short else None,
        several,
        None if several else table.most_share(share),
    )


def _clean(events: Sequence[Event], as_of: dt.date, years: int) -> bool:
    return not any(_within(event, as_of, years) for event in events)


def _within(event: Event, as_of: dt.date, years: int) -> bool:
    """Whether ``event`` falls in the ``years`` before ``as_of``; a listing lasts until removed."""
    if event.kind == "listed" and (event.ended_on is None or event.ended_on >= as_of):
        return True
    last = event.ended_on if event.kind == "listed" and event.ended_on else event.date
    return add_months(as_of, -12 * years) <= last < as_of
