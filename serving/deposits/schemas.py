"""Response schemas of deposits."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.http.schemas import Schema


class HistoryEvent(Schema):
    """An event against a contractor; record and project are null outside the reader's region."""

    kind: Literal["arrears", "drawn", "listed"]
    date: dt.date
    known_at: dt.date
    table: str
    record_id: str | None
    project_id: str | None
    region_code: str | None
    ended_on: dt.date | None


class DepositAdvice(Schema):
    """Rate advice by the local table; ``step`` is null without a table for the region.

    ``share_to`` is the upper end where the rule gives a range; ``cap`` in yuan per project.
    """

    contractor_id: str
    contractor_name: str | None
    region_code: str
    step: Literal["raise", "keep", "lower", "exempt"] | None
    share: float | None
    share_to: float | None
    cap: float | None
    several: bool
    record_years: int
    records_since: dt.date | None
    short_of_years: int | None
    running: int
    instrument: str | None
    source: str | None
    certainty: str | None
    small_projects: list[str]
    short_projects: list[str]
    events: list[HistoryEvent]


class _ProjectDeposit(Schema):
    """A deposit with its project and contractor."""

    project_id: str
    project_name: str
    region_code: str
    contractor_id: str | None
    contractor_name: str | None
    deposit_id: str
    kind: str | None


class EndingDeposit(_ProjectDeposit):
    """A deposit that is missing, expired or expires soon; money in yuan."""

    status: str
    required_amount: float | None
    amount: float | None
    valid_to: dt.date | None
    state: Literal["missing", "expired", "ending"]
    days_left: int | None


class DepositReturn(_ProjectDeposit):
    """A deposit still stored for a completed project, with the earliest days of its return."""

    amount: float | None
    completed_on: dt.date
    notice_until: dt.date | None
    check_by: dt.date | None
    return_by: dt.date | None
    instrument: str | None


class Deposits(Schema):
    """Deposits as of the newest list or of ``as_of``; null without a list.

    ``next`` is the cursor of the following ones; null after the last.
    """

    as_of: dt.date | None
    warn_days: int
    items: list[DepositAdvice]
    ending: list[EndingDeposit]
    returns: list[DepositReturn]
    next: str | None
