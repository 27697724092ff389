"""Timelines of projects: their events as known at a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from risk.calendar.dates import add_months
from risk.locale import Language, text
from risk.store.known_query import NOTHING_WRITTEN, KnownQuery, Written, day_sql
from risk.store.staged import InBatches, Row, Staged
from risk.store.store import RecordStore
from serving.watchlists.document import EvidenceRef, LocalizedText, TimelineItem

ITEMS_PER_PROJECT = 30
MONTHS_OF_PAY = 12

_KNOWN = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"

_EVENTS = f"""
WITH p AS (SELECT * FROM projects_versions WHERE {_KNOWN}),
roll AS (
  SELECT r.*, coalesce(w.paid, 0) AS paid
  FROM payrolls_versions r LEFT JOIN $settled w USING (payroll_id)
  WHERE r.known_at < $1 AND (r.superseded_at IS NULL OR r.superseded_at >= $1)
    AND r.due_on < $1 AND r.due_on >= $since
    AND EXISTS (SELECT 1 FROM payments WHERE known_at < $1)
),
events AS (
  SELECT project_id, started_on AS day, 'started' AS kind, 'projects' AS source,
         project_id AS record_id, known_at, CAST(NULL AS BIGINT) AS amount,
         CAST(NULL AS BIGINT) AS workers
  FROM p
  UNION ALL
  SELECT project_id, completed_on, 'completed', 'projects', project_id, known_at, NULL, NULL FROM p
  UNION ALL
  SELECT project_id, opened_on, 'account_opened', 'accounts', account_id, known_at, NULL, NULL
  FROM accounts_versions WHERE {_KNOWN}
  UNION ALL
  SELECT project_id, closed_on, 'account_closed', 'accounts', account_id, known_at, NULL, NULL
  FROM accounts_versions WHERE {_KNOWN}
  UNION ALL
  SELECT project_id, valid_from, 'deposit_' || status, 'deposits', deposit_id, known_at,
         coalesce(amount, required_amount), NULL
  FROM deposits_versions WHERE {_KNOWN}
  UNION ALL
  SELECT project_id, due_on, 'transfer_short', 'transfers', transfer_id, known_at,
         amount_due - coalesce(amount_paid, 0), NULL
  FROM transfers_versions
  WHERE {_KNOWN} AND coalesce(amount_paid, 0) < 0.99 * amount_due
    AND due_on >= $since
  UNION ALL
  SELECT project_id, due_on, 'wages_short', 'payrolls', payroll_id, known_at,
         amount_due - paid, workers
  FROM roll WHERE paid < 0.99 * amount_due
  UNION ALL
  SELECT project_id, received_on, 'complaint', 'complaints', complaint_id, known_at,
         amount_claimed, workers
  FROM complaints_versions WHERE {_KNOWN}
  UNION ALL
  SELECT project_id, opened_on, 'case_' || status, 'cases', case_id, known_at,
         amount_owed, workers
  FROM cases_versions WHERE {_KNOWN}
  UNION ALL
  SELECT project_id, inspected_on,
         CASE WHEN arrears_found THEN 'inspection_arrears'
              WHEN NOT arrears_found THEN 'inspection_clean' ELSE 'inspection' END,
         'inspections', inspection_id, known_at, NULL, NULL
  FROM inspections_versions WHERE {_KNOWN}
  UNION ALL
  SELECT project_id, opened_on, 'dispute', 'disputes', dispute_id, known_at, amount, NULL
  FROM disputes_versions WHERE {_KNOWN}
  UNION ALL
  SELECT p.project_id, l.listed_on, 'contractor_listed', 'listings', l.listing_id, l.known_at,
         NULL, NULL
  FROM listings_versions l JOIN p ON p.contractor_id = l.org_id
  WHERE l.known_at < $1 AND (l.superseded_at IS NULL OR l.superseded_at >= $1)
),
ranked AS (
  SELECT *, row_number() OVER (
    PARTITION BY project_id ORDER BY day DESC, source, record_id, kind DESC) AS place
  FROM events WHERE day < $1 AND project_id IS NOT NULL
)
SELECT project_id, day, kind, source, record_id, known_at, amount, workers
FROM ranked WHERE place <= {ITEMS_PER_PROJECT}
"""


def _events(as_of: dt.date) -> str:
    return _EVENTS.replace("$since", day_sql(add_months(as_of, -MONTHS_OF_PAY)))


# Of two events of a record on one day the start and the opening, which have the later names, come
# before the end.
TIMELINES = KnownQuery("timelines", _events, "project_id, day, source, record_id, kind DESC")


Stories = Mapping[str, tuple[TimelineItem, ...]]
"""Events by project_id, oldest first."""


def timelines(store: RecordStore, as_of: dt.date) -> Stories:
    """Return the latest events of each project known before ``as_of``."""
    return _stories(store.rows(TIMELINES.rows_sql(store, as_of)))


def timelines_of(
    store: RecordStore,
    as_of: dt.date,
    projects: Iterable[str],
    written: Written = NOTHING_WRITTEN,
) -> Stories:
    """Return the same, read for a few of ``projects`` at a time; ``written`` ones from files."""
    staged = Staged(store.connection, TIMELINES.rows_sql(store, as_of, written))
    return InBatches(projects, lambda ids: _stories(staged.of(ids)))


def _stories(rows: Iterable[Row]) -> dict[str, tuple[TimelineItem, ...]]:
    found: dict[str, list[TimelineItem]] = {}
    for project_id, *event in rows:
        found.setdefault(str(project_id), []).append(_item(*event))
    return {project_id: tuple(items) for project_id, items in found.items()}


def _item(
    day: dt.date,
    kind: str,
    source: str,
    record_id: str,
    known_at: dt.date,
    amount: int | None,
    workers: int | None,
) -> TimelineItem:
    words = LocalizedText(
        zh=_words(kind, "zh", amount, workers), en=_words(kind, "en", amount, workers)
    )
    return TimelineItem(day, kind, words, EvidenceRef(source, str(record_id), known_at))


def _words(kind: str, language: Language, amount: int | None, workers: int | None) -> str:
    details: list[Any] = []
    if workers is not None:
        details.append(text("timeline.workers", language, workers=workers))
    if amount is not None:
        details.append(text("timeline.amount", language, amount=f"{amount / 100:,.2f}"))
    event = text(f"timeline.{kind}", language)
    return (
        text("timeline.with", language, said=event, more=", ".join(details)) if details else event
    )
