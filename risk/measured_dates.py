"""Days of knowledge that can measure a delay.

A day derived from the record itself, or the day of an import, says nothing about how long an office
took. Only days that the authority gave count, and days stated for a book soon after the event.
"""

from __future__ import annotations

MAX_STATED_DAYS = 45
"""A stated day later after the event than this is that of a book of history."""


def measured_sql(event: str, known_at: str = "known_at", dated_by: str = "dated_by") -> str:
    """SQL condition that ``known_at`` measures the delay after the date ``event``."""
    return (
        f"(coalesce({dated_by}, 'given') = 'given' OR ({dated_by} = 'stated'"
        f" AND {known_at} <= {event} + INTERVAL {MAX_STATED_DAYS} DAY))"
    )
