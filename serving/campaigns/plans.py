"""Campaigns of the settings, or by default the yearly winter action."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from http import HTTPStatus

from risk.calendar.spring_festival import SpringFestivalUnknown, eve_after
from serving.errors import ApiError
from serving.settings import CampaignPlan, Settings

WINTER = "winter"
"""Name of the winter action if the settings have no campaigns."""


class CampaignUnknown(ApiError):
    """The settings have no campaign of this name."""

    code = "campaign_unknown"
    status = HTTPStatus.NOT_FOUND


def list_plans(settings: Settings, on: dt.date) -> Sequence[CampaignPlan]:
    """Return the campaigns, newest first; the winter action if none are set."""
    if settings.campaigns:
        return sorted(settings.campaigns, key=lambda plan: (plan.start, plan.name), reverse=True)
    start, stop = winter_dates(on)
    return [CampaignPlan(name=WINTER, start=start, stop=stop)]


def get_plan(settings: Settings, name: str | None, on: dt.date) -> CampaignPlan:
    """Return the campaign of that name, or without a name the newest begun by ``on``.

    Raises:
        CampaignUnknown: no campaign has that name.
    """
    plans = list_plans(settings, on)
    if name is None:
        return next((plan for plan in plans if plan.start <= on), plans[-1])
    found = next((plan for plan in plans if plan.name == name), None)
    if found is None:
        raise CampaignUnknown(name=name, allowed=", ".join(plan.name for plan in plans))
    return found


def winter_dates(day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the winter action under way, or the last one, on ``day``.

    It ends on the eve of Spring Festival, or on 15 February where the festival is unknown.

    >>> winter_dates(dt.date(2026, 1, 20))
    (datetime.date(2025, 11, 1), datetime.date(2026, 2, 16))
    >>> winter_dates(dt.date(2025, 7, 1))
    (datetime.date(2024, 11, 1), datetime.date(2025, 1, 28))
    """
    start = dt.date(day.year, 11, 1)
    if start > day:
        start = start.replace(year=day.year - 1)
    try:
        return start, eve_after(start)
    except SpringFestivalUnknown:
        return start, dt.date(start.year + 1, 2, 15)
