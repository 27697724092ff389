"""Deposit advice per contractor and county, and expiring deposits."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from risk.calendar.dates import add_months
from risk.deposits import Event, History, RuleTable, advise, return_clock, table_for
from risk.deposits.rate_advice import may_be_exempt_as_short, may_be_exempt_as_small
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, query_rows, to_json_value, with_known_tables

COUNTY = 6
LOOK_AHEAD_MONTHS = 12
"""Guarantees that expire later are not collected."""

_EVENTS = f"""
{with_known_tables("cases", "inspections", "listings", "projects")},
drawn AS (
  -- One that was refilled has been drawn on all the same.
  SELECT deposit_id, project_id, min(known_at) AS known_at FROM deposits_versions
  WHERE known_at < $1 AND status = 'drawn' GROUP BY deposit_id, project_id
)
SELECT p.contractor_id, 'arrears' AS kind, c.opened_on AS date, c.known_at, 'cases' AS record_table,
       c.case_id AS record_id, c.project_id, p.region_code, NULL::DATE AS ended_on
FROM cases c JOIN projects p USING (project_id)
WHERE c.status IN ('confirmed', 'transferred')
   OR (c.status = 'closed' AND c.confirmed_on IS NOT NULL)
UNION ALL
SELECT p.contractor_id, 'arrears', i.inspected_on, i.known_at, 'inspections', i.inspection_id,
       i.project_id, p.region_code, NULL
FROM inspections i JOIN projects p USING (project_id) WHERE i.arrears_found
UNION ALL
SELECT p.contractor_id, 'drawn', d.known_at, d.known_at, 'deposits', d.deposit_id, d.project_id,
       p.region_code, NULL
FROM drawn d JOIN projects p USING (project_id)
UNION ALL
SELECT l.org_id, 'listed', l.listed_on, l.known_at, 'listings', l.listing_id, NULL, NULL,
       l.removed_on
FROM listings l
ORDER BY 1, 3, 5, 6
"""

# Arrears of a contractor are observable once it has a project in a county that reports.
_PROJECTS = f"""
{with_known_tables("projects", "organizations")},
reporting AS (
  SELECT substr(p.region_code, 1, {COUNTY}) AS county, min(e.known_at) AS since
  FROM (SELECT project_id, known_at FROM cases_versions
        UNION ALL SELECT project_id, known_at FROM inspections_versions) e
  JOIN projects p USING (project_id) WHERE e.known_at < $1 GROUP BY 1
),
first_known AS (
  SELECT project_id, min(known_at) AS since FROM projects_versions WHERE known_at < $1 GROUP BY 1
)
SELECT p.project_id, p.project_name, p.region_code, p.contractor_id, o.org_name AS contractor_name,
       p.contract_amount, p.started_on, p.planned_end_on, p.completed_on,
       CASE WHEN r.since IS NOT NULL THEN greatest(f.since, r.since) END AS seen_since,
       (p.completed_on IS NULL OR p.completed_on >= $1) AS running
FROM projects p JOIN first_known f USING (project_id)
LEFT JOIN organizations o ON o.org_id = p.contractor_id
LEFT JOIN reporting r ON r.county = substr(p.region_code, 1, {COUNTY})
ORDER BY p.project_id
"""

# A deposit followed by a later or unlimited one needs no action.
_DEPOSITS = f"""
{with_known_tables("deposits")}
SELECT d.project_id, d.deposit_id, d.kind, d.status, d.required_amount, d.amount, d.valid_to
FROM deposits d
WHERE d.status = 'missing'
   OR NOT EXISTS (FROM deposits l WHERE l.project_id = d.project_id AND l.status = 'stored'
                  AND (l.valid_to IS NULL OR l.valid_to > d.valid_to))
ORDER BY d.project_id, d.valid_from, d.deposit_id
"""


_STORED = f"""
{with_known_tables("deposits")}
SELECT project_id, deposit_id, kind, amount FROM deposits
WHERE status = 'stored' AND kind IS DISTINCT FROM 'exempt'
ORDER BY project_id, deposit_id
"""


def load_deposit_advice(
    store: RecordStore, as_of: dt.date, tables: Sequence[RuleTable] = ()
) -> dict[str, list[Row]]:
    """Return ``advice`` (per contractor and county) and ``ending`` (per guarantee or project).

    Money in fen, shares of the contract amount, days as ISO text.
    """
    projects = query_rows(store, _PROJECTS, as_of)
    events: dict[str, list[Event]] = defaultdict(list)
    for row in query_rows(store, _EVENTS, as_of):
        contractor = row.pop("contractor_id")
        events[contractor].append(Event(**{**row_of(row)}))
    owned: dict[str, list[Row]] = defaultdict(list)
    for project in projects:
        if project["contractor_id"]:
            owned[project["contractor_id"]].append(project)
    advice = [
        row
        for contractor, mine in owned.items()
        for row in _advice(mine, tuple(events[contractor]), tables, as_of)
    ]
    returns = _returns(store, projects, tables, as_of)
    return {"advice": advice, "ending": _ending(store, projects, as_of), "returns": returns}


def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event."""
    return {("table" if name == "record_table" else name): v for name, v in row.items()}


def _advice(
    mine: Sequence[Row], events: tuple[Event, ...], tables: Iterable[RuleTable], as_of: dt.date
) -> Iterable[Row]:
    """Return a row per county in which the contractor has a running project."""
    running = [one for one in mine if one["running"]]
    since = min((one["seen_since"] for one in mine if one["seen_since"]), default=None)
    history = History(events, since, len(running))
    for county in sorted({one["region_code"][:COUNTY] for one in running}):
        here = [one for one in running if one["region_code"].startswith(county)]
        table = table_for(tables, county, as_of - dt.timedelta(days=1))
        advice = advise(table, history, as_of)
        yield {
            "contractor_id": mine[0]["contractor_id"],
            "contractor_name": mine[0]["contractor_name"],
            "region_code": county,
            "step": advice.step,
            "share": advice.share,
            "share_to": advice.share_to,
            "cap": table.cap if table else None,
            "record_years": advice.record_years,
            "records_since": to_json_value(since),
            "short_of_years": advice.short_of_years,
            "several": advice.several,
            "running": len(running),
            "instrument": table.instrument if table else None,
            "source": table.source if table else None,
            "certainty": table.certainty if table else None,
            "events": [_event(one) for one in history.events],
            "small_projects": [
                one["project_id"]
                for one in here
                if may_be_exempt_as_small(table, one["contract_amount"], history, as_of)
            ],
            "short_projects": [
                one["project_id"]
                for one in here
                if may_be_exempt_as_short(table, one["started_on"], one["planned_end_on"])
            ],
        }


def _event(event: Event) -> Row:
    return {
        "kind": event.kind,
        "date": to_json_value(event.date),
        "known_at": to_json_value(event.known_at),
        "table": event.table,
        "record_id": event.record_id,
        "project_id": event.project_id,
        "region_code": event.region_code,
        "ended_on": to_json_value(event.ended_on),
    }


def _ending(store: RecordStore, projects: Sequence[Row], as_of: dt.date) -> list[Row]:
    """Return missing deposits, and those expired or expiring within a year without a successor.

    Only running projects; a deposit without a recorded end is not returned.
    """
    running = {one["project_id"]: one for one in projects if one["running"]}
    latest = add_months(as_of, LOOK_AHEAD_MONTHS)
    rows = []
    for deposit in query_rows(store, _DEPOSITS, as_of):
        project = running.get(deposit["project_id"])
        state = _state(deposit, as_of, latest)
        if project is None or state is None:
            continue
        copied = ("project_id", "project_name", "region_code", "contractor_id", "contractor_name")
        rows.append(
            {
                **{name: project[name] for name in copied},
                **{name: to_json_value(value) for name, value in deposit.items()},
                "state": state,
                "days_left": (deposit["valid_to"] - as_of).days if deposit["valid_to"] else None,
            }
        )
    far = 10**6
    rows.sort(
        key=lambda r: (r["days_left"] if r["days_left"] is not None else -far, r["deposit_id"])
    )
    return rows


def _returns(
    store: RecordStore, projects: Sequence[Row], tables: Sequence[RuleTable], as_of: dt.date
) -> list[Row]:
    """Return deposits still stored for completed projects, with the clock of their return.

    The clock runs from the completion on record, the first day on which the notice may be put up;
    its days are None without a table that states them.
    """
    done = {one["project_id"]: one for one in projects if not one["running"]}
    rows = []
    for deposit in query_rows(store, _STORED, as_of):
        project = done.get(deposit["project_id"])
        if project is None:
            continue
        day = project["completed_on"]
        table = table_for(tables, project["region_code"], as_of - dt.timedelta(days=1))
        clock = return_clock(table, day)
        copied = ("project_id", "project_name", "region_code", "contractor_id", "contractor_name")
        terms = ("notice_until", "check_by", "return_by")
        rows.append(
            {
                **{name: project[name] for name in copied},
                **{name: to_json_value(value) for name, value in deposit.items()},
                "completed_on": to_json_value(day),
                **{name: to_json_value(getattr(clock, name, None)) for name in terms},
                "instrument": table.instrument if table else None,
            }
        )
    return sorted(rows, key=lambda row: (row["completed_on"], row["deposit_id"]))


def _state(deposit: Row, as_of: dt.date, latest: dt.date) -> str | None:
    """Return ``missing``, ``expired``, ``ending``, or None if no action is needed."""
    if deposit["status"] == "missing":
        return "missing"
    if deposit["status"] == "expired":
        return "expired"
    if deposit["status"] != "stored" or deposit["valid_to"] is None:
        return None
    if deposit["valid_to"] < as_of:
        return "expired"
    return "ending" if deposit["valid_to"] <= latest else None
