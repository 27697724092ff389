"""What an inspector has to do today: matters due, visits left, and whether visits still count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from serving.auth.principal import Principal
from serving.matters.state import MatterState
from serving.outcomes.repository import COUNTED_DAYS


@dataclass(frozen=True)
class DayTasks:
    """Tasks of a day: open matters due on it, open matters overdue, and visits left of the list.

    ``stale``: the list is of an earlier month. ``expired``: visits made on the day no longer count
    as visits of the list.
    """

    due: Sequence[MatterState]
    overdue: int
    visits_left: int
    stale: bool
    expired: bool


def day_tasks(
    states: Iterable[MatterState], as_of: dt.date, visits_left: int, on: dt.date
) -> DayTasks:
    """Return the tasks of ``on`` from the matters of a region and its list of ``as_of``."""
    still_open = [state for state in states if not state.closed]
    return DayTasks(
        due=[state for state in still_open if state.due is not None and state.due.day == on],
        overdue=sum(state.overdue for state in still_open),
        visits_left=visits_left,
        stale=(as_of.year, as_of.month) < (on.year, on.month),
        expired=on - as_of >= dt.timedelta(days=COUNTED_DAYS),
    )


def shown_region(principal: Principal, region: str) -> str:
    """Return the region a list is shown for: that of the principal where it is the smaller one."""
    return principal.region if principal.region.startswith(region) else region
