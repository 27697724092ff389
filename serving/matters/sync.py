"""Opens matters from published lists, and follows what later lists say of them. By rule, once.

Every list is taken once. Only the newest of a region and kind of unit says anything; an older one
that was never taken is overtaken. Taking again, or in two processes at once, opens nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from serving.audit.repository import AuditEntry, add_audit
from serving.auth.principal import OFFICE
from serving.db.database import Database
from serving.db.engine import writing
from serving.matters.events import opened_event, record_matters
from serving.matters.repository import (
    Facts,
    Kind,
    Matter,
    Opening,
    UntakenList,
    alone,
    anything_untaken,
    keep_facts,
    mark_taken,
    open_matter,
    read_matters,
    untaken,
)
from serving.matters.rules import MatterRules
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import register

BY_RULE = "wagewatch"
"""Who is named for what no person did."""

_FROM_RECORDS = frozenset({"case", "rectification", "finding", "complaint"})

Document = Mapping[str, Any]


def take_lists(database: Database, rules: MatterRules, now: dt.datetime) -> int:
    """Take the matters of lists that were not taken yet; how many were opened."""
    if not anything_untaken(database.engine):
        return 0
    opened = 0
    with writing(database.engine).begin() as connection:
        alone(connection)
        lists = untaken(connection)
        for one in lists:
            if one.newest:
                opened += _take(connection, database, one, rules, now)
        mark_taken(connection, [one.number for one in lists], now)
    return opened


def _take(
    connection: Connection,
    database: Database,
    one: UntakenList,
    rules: MatterRules,
    now: dt.datetime,
) -> int:
    stored = register(database.engine, one.as_of, one.region, kind=one.kind)
    listed = WatchlistRepository(database, one.kind).watchlist(one.as_of, one.region).document()
    known = {matter.key: matter for matter in read_matters(connection, OFFICE)}
    found = {opening.key: opening for opening in _found(stored.document, one)} if stored else {}
    rows = {row["project_id"]: row for row in stored.document["projects"]} if stored else {}
    for opening in _alerts(listed, rows, one, rules):
        if not _alerted(known, opening):
            found[opening.key] = opening
    new = [opening for key, opening in found.items() if key not in known]
    for opening in new:
        open_matter(connection, opening, BY_RULE, now)
    for opening in _changed(known, found, one, stored is not None):
        keep_facts(connection, opening)
    told = [opening for opening in new if opening.facts.listed]
    record_matters(connection, [opened_event(opening) for opening in told], now)
    if new:
        add_audit(connection, [_audited(one, len(new), now)])
    return len(told)


def _found(document: Document, one: UntakenList) -> Iterator[Opening]:
    """What the register of the list tells of: open matters, and cases that were closed."""
    if one.kind == "employer":
        document = _of_employers(document)
    for row in document["closed"]:
        yield Opening(
            f"case:{row['record']}",
            "case",
            row["region_code"] or "",
            _facts(row, one.as_of, False, amount=row["amount_owed"], status="closed"),
        )
    duties = document.get("duties", {})
    for row in document["matters"]:
        confirmed = row["kind"] == "case" and row["status"] == "confirmed"
        checks = tuple(duties.get(row["project_id"], ())) if confirmed else ()
        facts = _facts(row, one.as_of, True, amount=row["amount"], status=row["status"])
        yield Opening(
            row["key"], row["kind"], row["region_code"] or "", replace(facts, duties=checks)
        )


def _of_employers(document: Document) -> Document:
    """Orders to employers and arrears found with them.

    Their cases and complaints, of an organisation without a project, come with the lists of
    projects, which tell of them whether or not there is a list of employers.
    """
    rows = (row for row in document["matters"] if row["kind"] in ("rectification", "finding"))
    orders = [{**row, "org_id": row["project_id"], "project_id": None} for row in rows]
    return {"matters": orders, "closed": ()}


def _facts(
    row: Document, as_of: dt.date, listed: bool, *, amount: int | None, status: str | None
) -> Facts:
    return Facts(
        as_of=as_of,
        listed=listed,
        project_id=row["project_id"],
        org_id=row.get("org_id"),
        name=row["project_name"] or row.get("org_name"),
        opened_on=_day(row["opened_on"]),
        due_on=_day(row.get("due_on")),
        workers=row["workers"],
        amount=amount,
        recovered=row.get("amount_recovered"),
        status=status,
        record=row["record"],
        confirmed_on=_day(row.get("confirmed_on")),
        closed_on=_day(row.get("closed_on")),
        checked_on=_day(row.get("checked_on")),
        funding=row.get("funding"),
        sector=row.get("sector"),
    )


def _alerts(
    listed: Document, rows: Mapping[str, Document], one: UntakenList, rules: MatterRules
) -> Iterator[Opening]:
    """Units that are new on the list, of the tiers the rules name or to be visited by law."""
    kind: Kind = "alert"
    employers = one.kind == "employer"
    for entry in listed["entries"]:
        must = entry["selection"] == "must" and "must" in rules.alerts
        if entry["change"]["kind"] != "new" or not (must or entry["tier"] in rules.alerts):
            continue
        row = rows.get(entry["project_id"], {})
        facts = Facts(
            as_of=one.as_of,
            listed=True,
            project_id=None if employers else entry["project_id"],
            org_id=entry["project_id"] if employers else None,
            name=entry["project_name"],
            opened_on=one.as_of,
            workers=entry["workers"],
            record=str(one.as_of),
            funding=row.get("funding"),
            sector=row.get("sector"),
            tier=entry["tier"],
        )
        key = f"alert:{entry['project_id']}:{one.as_of}"
        yield Opening(key, kind, entry["region_code"], facts)


def _alerted(known: Mapping[str, Matter], opening: Opening) -> bool:
    """Whether an alert on the unit is still open; a second would be one too many."""
    facts = opening.facts
    return any(
        matter.kind == "alert"
        and (matter.facts.project_id, matter.facts.org_id) == (facts.project_id, facts.org_id)
        and not _ended(matter)
        for matter in known.values()
    )


def _ended(matter: Matter) -> bool:
    ends = [step.step for step in matter.steps if step.step in ("closed", "reopened")]
    return bool(ends) and ends[-1] == "closed"


def _changed(
    known: Mapping[str, Matter], found: Mapping[str, Opening], one: UntakenList, whole: bool
) -> Iterator[Opening]:
    """What the list says anew of matters there are: other figures, or no longer open."""
    for key, matter in known.items():
        before = matter.facts
        if before.as_of > one.as_of or not matter.region_code.startswith(one.region):
            continue
        if (matter.employer is not None) != (one.kind == "employer"):
            continue
        if key in found:
            facts = found[key].facts
            if replace(facts, as_of=before.as_of) != before:
                yield Opening(key, matter.kind, matter.region_code, facts)
        elif whole and matter.kind in _FROM_RECORDS and before.listed:
            ended = replace(before, as_of=one.as_of, listed=False)
            yield Opening(key, matter.kind, matter.region_code, ended)


def _audited(one: UntakenList, opened: int, now: dt.datetime) -> AuditEntry:
    subject = f"matters?as_of={one.as_of}&region={one.region}&opened={opened}"
    return rule_entry("open_matters", subject, one.region, now)


def rule_entry(action: str, subject: str, region: str, now: dt.datetime) -> AuditEntry:
    """What the audit says of something done by rule."""
    return AuditEntry(
        at=now,
        request_id="",
        who=BY_RULE,
        role="rule",
        action=action,
        method="RULE",
        subject=subject[:500],
        region=region,
        as_of=None,
        list_digest=None,
        model_version=None,
        status=200,
    )


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None
