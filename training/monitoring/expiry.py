"""How long a model may be used before it has to learn from newer months."""

from __future__ import annotations

import datetime as dt

from risk.calendar.dates import HORIZON_DAYS, add_months

MAX_UNLEARNT_MONTHS = 12
"""This many mature months after the champion's training call for retraining."""


def expires_on(trained_at: dt.date, maturity_days: int) -> dt.date:
    """Return the day from which :data:`MAX_UNLEARNT_MONTHS` months after the training are mature.

    A month is mature when its horizon is over and its events had ``maturity_days`` to become known.

    >>> expires_on(dt.date(2025, 1, 1), 30)
    datetime.date(2026, 3, 31)
    """
    last = add_months(trained_at, MAX_UNLEARNT_MONTHS - 1)
    return last + dt.timedelta(days=HORIZON_DAYS + maturity_days)
