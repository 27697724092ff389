"""How long events take to become known, and how many of the undecided cases will be confirmed.

Undecided cases count as censored. Decisions of cases that were seen before they were decided are
estimated from the newest year by the Aalen-Johansen estimator with delayed entry: the product-limit
estimator of Kaplan and Meier, with confirmation and other decisions as competing outcomes. What is
recorded once it is decided (inspection findings, cases first seen decided) has no open state: its
delays are those of the records that became known in the newest year. Only days of knowledge that
measure a delay count.
Source: Aalen, Borgan, Gjessing, "Survival and Event History Analysis", 2008, section 3.4.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalogue import Step
from risk.calendar.dates import MATURITY_MIN_DAYS
from risk.measured_dates import measured_sql

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_MEASURED = 20
"""Events with a measured delay that suffice where they are less than half of all events."""

SHARE_KNOWN = 0.9
"""Labels are complete when this share of the events is expected to be known."""

SLOW_DAYS = 180
"""If events take longer to become known, labels with undecided cases are used before they are
complete; dropping them all would leave a model without its newest year."""

ABANDONED_DAYS = 730
"""The share of cases still undecided after this many days is the share never decided."""

PRIOR_DECISIONS = 5
"""Number of later decisions that the overall share of confirmed cases counts as."""

_WINDOW_DAYS = 365
_LONG_AGO = 100_000
_MIN_AT_RISK = 3

KINDS = ("inspection", "case")

_OPEN = "(l.status IN ('accepted', 'filed') AND l.confirmed_on IS NULL)"
_CONFIRMED = "(v.status = 'confirmed' OR v.confirmed_on IS NOT NULL)"
_DECIDED = "(v.status NOT IN ('accepted', 'filed') OR v.confirmed_on IS NOT NULL)"
_DATED = "coalesce(v.dated_by, 'given') IN ('given', 'stated')"
_MEASURED = measured_sql("v.opened_on", "v.known_at", "v.dated_by")


def _first(condition: str) -> str:
    return f"min(CASE WHEN {condition} THEN v.known_at END)"


COURSES = Step(
    "courses",
    f"""
    SELECT l.as_of, 'case' AS kind, l.project_id, l.opened_on AS event_on, s.seen_at,
           CASE WHEN {_OPEN} THEN NULL ELSE coalesce(s.confirmed_at, s.decided_at) END
             AS decided_at,
           CASE WHEN s.confirmed_at IS NOT NULL AND l.status <> 'unfounded' THEN 1 ELSE 0 END
             AS confirmed,
           CASE WHEN CASE
             WHEN {_OPEN} THEN s.newest_dated = s.newest_at
             WHEN coalesce(s.confirmed_at, s.decided_at) = s.seen_at
               THEN coalesce(s.confirmed_measured, s.decided_measured) = s.seen_at
             WHEN s.confirmed_at IS NULL THEN s.decided_dated = s.decided_at
             ELSE s.confirmed_dated = s.confirmed_at END
             THEN 1 ELSE 0 END AS measured
    FROM known_cases l
    JOIN (
      SELECT a.as_of, v.case_id, min(v.known_at) AS seen_at,
             max(v.known_at) AS newest_at,
             max(CASE WHEN {_DATED} THEN v.known_at END) AS newest_dated,
             {_first(_CONFIRMED)} AS confirmed_at,
             {_first(f"{_CONFIRMED} AND {_DATED}")} AS confirmed_dated,
             {_first(f"{_CONFIRMED} AND {_MEASURED}")} AS confirmed_measured,
             {_first(_DECIDED)} AS decided_at,
             {_first(f"{_DECIDED} AND {_DATED}")} AS decided_dated,
             {_first(f"{_DECIDED} AND {_MEASURED}")} AS decided_measured
      FROM as_ofs a
      JOIN cases_versions v ON v.known_at < a.as_of AND v.project_id IS NOT NULL
      GROUP BY a.as_of, v.case_id
    ) s ON s.as_of = l.as_of AND s.case_id = l.case_id
    WHERE l.project_id IS NOT NULL
    UNION ALL
    SELECT a.as_of, 'inspection', min(v.project_id), v.inspected_on, min(v.known_at),
           min(v.known_at), 1,
           CASE WHEN {_first(measured_sql("v.inspected_on", "v.known_at", "v.dated_by"))}
             = min(v.known_at) THEN 1 ELSE 0 END
    FROM as_ofs a
    JOIN inspections_versions v ON v.known_at < a.as_of AND v.arrears_found
    GROUP BY a.as_of, v.inspection_id, v.inspected_on
    """,
)
"""Cases and findings known at each as_of: when seen, when decided (NULL if open), whether confirmed
and whether these days measure a delay."""


def courses_sql(day: dt.date) -> str:
    """SQL of the courses known at the as_of ``day``, for :func:`courses_of`."""
    return f"""
        SELECT kind, project_id, event_on, seen_at, decided_at, confirmed, measured
        FROM courses WHERE as_of = DATE '{day.isoformat()}'
        ORDER BY kind, project_id, event_on, seen_at, decided_at
    """


@dataclass(frozen=True)
class Courses:
    """Cases and findings; every array has shape (records,).

    ``decided`` is NaT where a case is open. A record was ``followed`` if it was seen open.
    """

    kinds: NDArray[np.str_]
    project_ids: tuple[str, ...]
    event_on: NDArray[np.datetime64]
    seen: NDArray[np.datetime64]
    decided: NDArray[np.datetime64]
    confirmed: NDArray[np.bool_]
    measured: NDArray[np.bool_]

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Mask of the open cases."""
        return np.isnat(self.decided)

    @property
    def followed(self) -> NDArray[np.bool_]:
        """Mask of the cases that were seen open."""
        return self.undecided | (self.decided > self.seen)

    def ages(self, mask: NDArray[np.bool_], known_until: dt.date) -> NDArray[np.int64]:
        """Days from the event to ``known_until`` of the records in ``mask``."""
        return _days(np.datetime64(known_until) - self.event_on[mask])


def courses_of(rows: Iterable[Sequence[Any]]) -> Courses:
    """The courses in ``rows`` of :func:`courses_sql`."""
    columns = list(zip(*rows, strict=True)) or [()] * 7
    kinds, names, *days, confirmed, measured = columns
    event_on, seen, decided = (np.array(one, dtype="datetime64[D]") for one in days)
    return Courses(
        np.array(kinds, dtype=np.str_),
        tuple(str(name) for name in names),
        event_on,
        seen,
        decided,
        np.array(confirmed, dtype=bool),
        np.array(measured, dtype=bool),
    )


@dataclass(frozen=True)
class Curve:
    """By age of an event in days, from 0: ``known``, the share of events known by then.

    ``later`` is the probability that a case undecided at that age will be confirmed. Beyond the
    last age the last value holds.
    """

    known: NDArray[np.float64]
    later: NDArray[np.float64]

    def at(self, ages: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``known`` and ``later`` at ``ages``."""
        place = np.clip(ages, 0, len(self.known) - 1)
        return self.known[place], self.later[place]


@dataclass(frozen=True)
class Delays:
    """Delay of events over all kinds of record; None where too few delays are measured.

    ``known_days`` is the age at which 90 % of the events are known, None also if no case is old
    enough to tell. ``seen_days`` is the age at which 90 % of them are at least seen as an open
    case. ``open_days`` is the age of the oldest case that may still be decided, ``late_share`` the
    share of events not known after :data:`SLOW_DAYS`.
    """

    measured: bool = False
    known_days: int | None = None
    seen_days: int | None = None
    open_days: int = 0
    confirmed_later: Curve | None = None
    late_share: float = 0.0

    @property
    def slow(self) -> bool:
        """Whether labels are not complete within :data:`SLOW_DAYS`."""
        return self.measured and (self.known_days is None or self.known_days > SLOW_DAYS)

    def maturity_days(self) -> int:
        """Days after a horizon from which its labels are used in training, at least 30."""
        days = self.seen_days if self.slow else self.known_days
        return max(days or 0, MATURITY_MIN_DAYS)

    def complete_days(self) -> int:
        """Days after a horizon until 90 % of its events are known, at least 30."""
        days = self.known_days
        if self.measured and days is None:
            days = min(self.open_days, ABANDONED_DAYS)
        return max(days or 0, MATURITY_MIN_DAYS)


def delays_of(courses: Courses, known_until: dt.date) -> Delays:
    """The delays of ``courses``, all known before ``known_until``."""
    events = courses.confirmed & ~courses.undecided
    measured = events & courses.measured
    if not measured.any() or (2 * measured.sum() < events.sum() and measured.sum() < MIN_MEASURED):
        return Delays()
    followed = courses.measured & courses.followed
    curve = followed_curve(courses, followed, known_until)
    open_ages = courses.ages(followed & courses.undecided, known_until)
    known, seen, weights = [], [], []
    if curve is not None:
        known.append(curve.known)
        seen.append(_recorded_curve(courses, followed, known_until))
        recent = _newest(courses.decided, measured & followed, known_until)
        weights.append(float(recent.sum() + curve.at(open_ages)[1].sum()))
    for kind in KINDS:
        once = measured & ~courses.followed & (courses.kinds == kind)
        if once.any():
            known.append(_recorded_curve(courses, once, known_until))
            seen.append(known[-1])
            weights.append(float(_newest(courses.decided, once, known_until).sum()))
    mixed = _mixture(known, weights)
    return Delays(
        True,
        _days_until(SHARE_KNOWN, mixed),
        _days_until(SHARE_KNOWN, _mixture(seen, weights)),
        int(open_ages[open_ages <= ABANDONED_DAYS].max(initial=0)),
        curve,
        float(1 - mixed[min(SLOW_DAYS, len(mixed) - 1)]) if len(mixed) else 0.0,
    )


def followed_curve(courses: Courses, mask: NDArray[np.bool_], known_until: dt.date) -> Curve | None:
    """The curve of the followed cases in ``mask``; None if none of them was confirmed.

    Cases count from the day they were seen, in the newest year or, with fewer than
    :data:`MIN_MEASURED` decisions in it, in all years. The share still undecided after
    :data:`ABANDONED_DAYS` is taken as never decided; of what else is undecided at the last age, as
    many will be confirmed as of the decided. ``later`` is drawn to the same share at ages after
    which few cases were decided.
    """
    decided = mask & ~courses.undecided
    since = np.datetime64(known_until) - _WINDOW_DAYS
    if (courses.decided[decided] >= since).sum() < MIN_MEASURED:
        since = np.datetime64(known_until) - _LONG_AGO
    last = np.where(courses.undecided, np.datetime64(known_until) - 1, courses.decided)
    entry = _days(np.maximum(courses.seen, since - 1) - courses.event_on)
    leave = np.maximum(_days(last - courses.event_on), 0)
    counted = mask & (leave > entry)
    survival, confirmed = aalen_johansen(
        np.maximum(entry, -1)[counted],
        leave[counted],
        decided[counted],
        (decided & courses.confirmed)[counted],
    )
    if not len(survival) or confirmed[-1] <= 0:
        return None
    share = confirmed[-1] / (1 - survival[-1])
    old = mask & (courses.event_on < np.datetime64(known_until) - ABANDONED_DAYS)
    never = (old & courses.undecided).sum() / max(int(old.sum()), MIN_MEASURED)
    total = confirmed[-1] + max(survival[-1] - never, 0.0) * share
    nonzero = np.maximum(survival, 1e-12)
    expected = share * np.clip(1 - never / nonzero, 0.0, 1.0)
    found = np.clip((total - confirmed) / nonzero, 0.0, 1.0)
    reached = np.bincount(leave[counted & decided], minlength=len(survival))
    decisions = reached.sum() - np.cumsum(reached)
    later = (decisions * found + PRIOR_DECISIONS * expected) / (decisions + PRIOR_DECISIONS)
    return Curve(confirmed / total, later)


def aalen_johansen(
    entry: NDArray[np.int64],
    leave: NDArray[np.int64],
    decided: NDArray[np.bool_],
    confirmed: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share undecided and share confirmed after each age in days, from age 0.

    A case is at risk at the ages above ``entry`` up to ``leave``; it is then ``decided`` or
    censored. Ages with hardly any case at risk before more enter are passed over, since one early
    decision would otherwise stand for all.
    """
    if not len(leave):
        return np.zeros(0), np.zeros(0)
    size = int(leave.max()) + 2
    at_risk = np.cumsum(
        np.bincount(entry + 1, minlength=size) - np.bincount(leave + 1, minlength=size)
    )
    later = np.maximum.accumulate(at_risk[::-1])[::-1]
    used = (at_risk > 0) & ((at_risk >= _MIN_AT_RISK) | (at_risk == later))
    hazards = [
        np.divide(
            np.bincount(leave[one], minlength=size),
            at_risk,
            out=np.zeros(size),
            where=used,
        )[:-1]
        for one in (decided, confirmed)
    ]
    survival = np.cumprod(1 - hazards[0])
    before = np.concatenate([[1.0], survival[:-1]])
    return survival, np.cumsum(before * hazards[1])


def _recorded_curve(
    courses: Courses, mask: NDArray[np.bool_], known_until: dt.date
) -> NDArray[np.float64]:
    """Share of the records in ``mask`` seen by each age, of those seen in the newest year."""
    newest = _newest(courses.seen, mask, known_until)
    delay = np.maximum(_days(courses.seen[newest] - courses.event_on[newest]), 0)
    return np.asarray(np.cumsum(np.bincount(delay)) / max(len(delay), 1), dtype=np.float64)


def _newest(
    days: NDArray[np.datetime64], mask: NDArray[np.bool_], known_until: dt.date
) -> NDArray[np.bool_]:
    """The records in ``mask`` of the newest year, or all where these are too few."""
    newest = mask & (days >= np.datetime64(known_until) - _WINDOW_DAYS)
    return newest if newest.sum() >= MIN_MEASURED else mask


def _mixture(
    curves: Sequence[NDArray[np.float64]], weights: Sequence[float]
) -> NDArray[np.float64]:
    """The curve of all events, each of ``curves`` with its weight; empty without any weight."""
    if not sum(weights):
        return np.zeros(0)
    size = max(len(one) for one in curves)
    padded = np.array([np.pad(one, (0, size - len(one)), mode="edge") for one in curves])
    return np.asarray(np.average(padded, axis=0, weights=weights), dtype=np.float64)


def _days_until(share: float, known: NDArray[np.float64]) -> int | None:
    """The first age at which ``share`` is ``known``; None if it is not reached."""
    reached = np.flatnonzero(known >= share - 1e-9)
    return int(reached[0]) if len(reached) else None


def _days(spans: NDArray[np.timedelta64]) -> NDArray[np.int64]:
    return spans.astype("timedelta64[D]").astype(np.int64)
