"""How complete the known events are: undecided cases by age, confirmed share, delays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.dataset.delays import ABANDONED_DAYS, Courses, Delays

BANDS = (0, 31, 91, 181, 366, ABANDONED_DAYS + 1)
"""First ages in days of the bands; the last one is open."""

SLOW_SHARE = 0.2
"""Share of events not known after 180 days from which decisions are called slow. Labels follow a
lower threshold; at that one a small county with two late cases would be warned of."""

_ROUNDING = 1e-9
"""A share of two in ten is computed as a little less than 0.2."""

NOTABLE_SHARE = 0.1
MIN_UNDECIDED = 5
"""Share and number of undecided cases, of those opened 91 to 730 days ago, that a list states."""


@dataclass(frozen=True)
class AgeBand:
    """Cases opened ``first`` to ``last`` days ago (no end where None), and the undecided ones."""

    first: int
    last: int | None
    cases: int
    undecided: int


@dataclass(frozen=True)
class Completeness:
    """Completeness of the events known before ``known_until``.

    ``decided`` and ``confirmed`` count cases. ``known_days`` is the age at which 90 % of the events
    are known, ``seen_days`` at which they are at least seen as an open case; None where they
    cannot be estimated, see :class:`training.dataset.delays.Delays`.
    """

    known_until: dt.date
    bands: tuple[AgeBand, ...]
    decided: int
    confirmed: int
    measured: bool
    known_days: int | None
    seen_days: int | None
    slow: bool

    @property
    def notable(self) -> bool:
        """Whether a list must state it: slow decisions, or many cases of past years undecided."""
        older = self.bands[2:-1]
        cases, undecided = (
            sum(band.cases for band in older),
            sum(band.undecided for band in older),
        )
        return self.slow or (undecided >= MIN_UNDECIDED and undecided > NOTABLE_SHARE * cases)

    def to_document(self) -> Mapping[str, Any]:
        """JSON-safe values, as stored with a model."""
        return {
            **asdict(self),
            "known_until": self.known_until.isoformat(),
            "bands": [asdict(band) for band in self.bands],
            "notable": self.notable,
        }


def completeness_of(courses: Courses, delays: Delays, known_until: dt.date) -> Completeness:
    """The completeness of ``courses``, all known before ``known_until``."""
    cases = courses.kinds == "case"
    ages = courses.ages(cases, known_until)
    open_cases = courses.undecided[cases]
    band_of = np.searchsorted(BANDS, np.maximum(ages, 0), side="right") - 1
    ends = [*(first - 1 for first in BANDS[1:]), None]
    return Completeness(
        known_until,
        tuple(
            AgeBand(
                first,
                last,
                int((band_of == number).sum()),
                int(((band_of == number) & open_cases).sum()),
            )
            for number, (first, last) in enumerate(zip(BANDS, ends, strict=True))
        ),
        decided=int((~open_cases).sum()),
        confirmed=int((courses.confirmed[cases] & ~open_cases).sum()),
        measured=delays.measured,
        known_days=delays.known_days,
        seen_days=delays.seen_days,
        slow=delays.slow and delays.late_share >= SLOW_SHARE - _ROUNDING,
    )
