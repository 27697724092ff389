"""Which campaigns there are: those of the settings, else the yearly winter action."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from http import HTTPStatus

from serving.errors import ApiError
from serving.settings import CampaignPlan, Settings

WINTER = "winter"
"""The name of the winter action where no campaigns are set."""


class CampaignUnknown(ApiError):
    """No campaign of this name is set."""

    code = "campaign_unknown"
    status = HTTPStatus.NOT_FOUND


def plans_of(settings: Settings, on: dt.date) -> Sequence[CampaignPlan]:
    """The campaigns, the newest first; the winter action where none are set."""
    if settings.campaigns:
        return sorted(settings.campaigns, key=lambda one: (one.start, one.name), reverse=True)
    start, stop = winter_dates(on)
    return [CampaignPlan(name=WINTER, start=start, stop=stop)]


def plan_of(settings: Settings, name: str | None, on: dt.date) -> CampaignPlan:
    """The campaign of that name; without a name the newest that has begun by ``on``.

    Raises:
        CampaignUnknown: there is none of that name.
    """
    plans = plans_of(settings, on)
    if name is None:
        return next((one for one in plans if one.start <= on), plans[-1])
    found = next((one for one in plans if one.name == name), None)
    if found is None:
        raise CampaignUnknown(name=name, allowed=", ".join(one.name for one in plans))
    return found


def winter_dates(day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the winter action under way, or the last one, on ``day``.

    >>> winter_dates(dt.date(2026, 1, 20))
    (datetime.date(2025, 11, 1), datetime.date(2026, 2, 15))
    >>> winter_dates(dt.date(2025, 7, 1))
    (datetime.date(2024, 11, 1), datetime.date(2025, 2, 15))
    """
    start = dt.date(day.year, 11, 1)
    if start > day:
        start = start.replace(year=day.year - 1)
    return start, dt.date(start.year + 1, 2, 15)
