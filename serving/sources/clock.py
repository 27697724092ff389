"""The office's clock, for pulls."""

from __future__ import annotations

from risk.sources.pull import OfficeClock
from serving.clock import now, today
from serving.settings import Settings


def office_clock(settings: Settings) -> OfficeClock:
    """Return the clock of the office with these settings."""
    return OfficeClock(now, today, settings.office.timezone)
