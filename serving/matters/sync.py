"""Opens matters from published lists and updates them from later lists.

Every list is processed once; only the newest list of a region and unit kind has an effect. Repeated
or concurrent runs open nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from serving.audit.repository import AuditEntry, add_audit_entries
from serving.auth.principal import OFFICE
from serving.db.database import Database
from serving.db.engine import writing
from serving.matters.events import opened_event, record_matters
from serving.matters.repository import (
    BY_RULE,
    Facts,
    Kind,
    Matter,
    Opening,
    UnprocessedList,
    has_unprocessed_lists,
    insert_facts,
    insert_matters,
    lock,
    mark_processed,
    read_matters,
    unprocessed_lists,
)
from serving.matters.rules import MatterRules
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import load_register

_OF_MATTERS = frozenset({"matters", "closed", "duties"})
"""Parts of a register that are read; of its projects only those on the list."""

_FROM_RECORDS = frozenset({"case", "rectification", "finding", "complaint"})

Document = Mapping[str, Any]


def sync_from_lists(database: Database, rules: MatterRules, now: dt.datetime) -> int:
    """Process the lists not processed yet and return the number of matters opened."""
    if not has_unprocessed_lists(database.engine):
        return 0
    # Lists are megabytes: they are read before the transaction, which holds the write lock.
    with database.engine.connect() as connection:
        waiting = unprocessed_lists(connection)
    read = {one.number: _read(database, one, rules) for one in waiting if one.newest}
    known_lists = {one.number for one in waiting}
    opened = 0
    with writing(database.engine).begin() as connection:
        lock(connection)
        # Others may have processed some in the meantime, or published one that waits its turn.
        lists = [one for one in unprocessed_lists(connection) if one.number in known_lists]
        for source in lists:
            if source.newest:
                opened += _sync_list(connection, read[source.number], source, now)
        mark_processed(connection, [source.number for source in lists], now)
    return opened


@dataclass(frozen=True)
class _ListMatters:
    """The matters and alerts of a list; ``whole``: it was published with a register."""

    openings: Sequence[Opening]
    alerts: Sequence[Opening]
    whole: bool


def _read(database: Database, source: UnprocessedList, rules: MatterRules) -> _ListMatters:
    lists = WatchlistRepository(database, source.kind)
    listed = lists.watchlist(source.as_of, source.region).document()
    entries = {entry["project_id"] for entry in listed["entries"]}

    def wanted(part: str, row: Document) -> bool:
        return part in _OF_MATTERS or (part == "projects" and row["project_id"] in entries)

    stored = load_register(
        database.engine, source.as_of, source.region, kind=source.kind, wanted=wanted
    )
    rows = {row["project_id"]: row for row in stored.document["projects"]} if stored else {}
    return _ListMatters(
        list(_openings(stored.document, source)) if stored else [],
        list(_alert_openings(listed, rows, source, rules)),
        whole=stored is not None,
    )


def _sync_list(
    connection: Connection, of_list: _ListMatters, source: UnprocessedList, now: dt.datetime
) -> int:
    known = {matter.key: matter for matter in read_matters(connection, OFFICE)}
    found = {opening.key: opening for opening in of_list.openings}
    alerted = _open_alerts(known)
    for opening in of_list.alerts:
        if (opening.facts.project_id, opening.facts.org_id) not in alerted:
            found[opening.key] = opening
    new = [opening for key, opening in found.items() if key not in known]
    insert_matters(connection, new, BY_RULE, now)
    insert_facts(connection, list(_updates(known, found, source, of_list.whole)))
    openings = [opening for opening in new if opening.facts.listed]
    record_matters(connection, [opened_event(opening) for opening in openings], now)
    if new:
        add_audit_entries(connection, [_audit_entry(source, len(new), now)])
    return len(openings)


def _openings(document: Document, source: UnprocessedList) -> Iterator[Opening]:
    """Yield the open matters and closed cases in the register of the list."""
    if source.kind == "employer":
        document = _of_employers(document)
    for row in document["closed"]:
        yield Opening(
            f"case:{row['record']}",
            "case",
            row["region_code"] or "",
            _facts(row, source.as_of, False, amount=row["amount_owed"], status="closed"),
        )
    duties = document.get("duties", {})
    for row in document["matters"]:
        confirmed = row["kind"] == "case" and row["status"] == "confirmed"
        checks = tuple(duties.get(row["project_id"], ())) if confirmed else ()
        facts = _facts(row, source.as_of, True, amount=row["amount"], status=row["status"])
        yield Opening(
            row["key"], row["kind"], row["region_code"] or "", replace(facts, duties=checks)
        )


def _of_employers(document: Document) -> Document:
    """Return rectification orders and findings of employers.

    Cases and complaints of an organisation without a project come from the lists of projects, which
    contain them whether or not there is a list of employers.
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
        transferred_on=_day(row.get("transferred_on")),
        funding=row.get("funding"),
        sector=row.get("sector"),
    )


def _alert_openings(
    listed: Document, rows: Mapping[str, Document], source: UnprocessedList, rules: MatterRules
) -> Iterator[Opening]:
    """Yield alerts on new entries in the tiers of the rules or with a mandatory visit."""
    kind: Kind = "alert"
    employers = source.kind == "employer"
    for entry in listed["entries"]:
        must = entry["selection"] == "must" and "must" in rules.alerts
        if entry["change"]["kind"] != "new" or not (must or entry["tier"] in rules.alerts):
            continue
        row = rows.get(entry["project_id"], {})
        facts = Facts(
            as_of=source.as_of,
            listed=True,
            project_id=None if employers else entry["project_id"],
            org_id=entry["project_id"] if employers else None,
            name=entry["project_name"],
            opened_on=source.as_of,
            workers=entry["workers"],
            record=str(source.as_of),
            funding=row.get("funding"),
            sector=row.get("sector"),
            tier=entry["tier"],
        )
        key = f"alert:{entry['project_id']}:{source.as_of}"
        yield Opening(key, kind, entry["region_code"], facts)


def _open_alerts(known: Mapping[str, Matter]) -> set[tuple[str | None, str | None]]:
    """Return the project or organisation of each open alert."""
    return {
        (matter.facts.project_id, matter.facts.org_id)
        for matter in known.values()
        if matter.kind == "alert" and not _is_closed(matter)
    }


def _is_closed(matter: Matter) -> bool:
    ends = [step.step for step in matter.steps if step.step in ("closed", "reopened")]
    return bool(ends) and ends[-1] == "closed"


def _updates(
    known: Mapping[str, Matter], found: Mapping[str, Opening], source: UnprocessedList, whole: bool
) -> Iterator[Opening]:
    """Yield new facts of existing matters: changed figures, or no longer open."""
    for key, matter in known.items():
        before = matter.facts
        if before.as_of > source.as_of or not matter.region_code.startswith(source.region):
            continue
        if (matter.employer is not None) != (source.kind == "employer"):
            continue
        if key in found:
            facts = found[key].facts
            if replace(facts, as_of=before.as_of) != before:
                yield Opening(key, matter.kind, matter.region_code, facts)
        elif whole and matter.kind in _FROM_RECORDS and before.listed:
            ended = replace(before, as_of=source.as_of, listed=False)
            yield Opening(key, matter.kind, matter.region_code, ended)


def _audit_entry(source: UnprocessedList, opened: int, now: dt.datetime) -> AuditEntry:
    subject = f"matters?as_of={source.as_of}&region={source.region}&opened={opened}"
    return rule_audit_entry("open_matters", subject, source.region, now)


def rule_audit_entry(action: str, subject: str, region: str, now: dt.datetime) -> AuditEntry:
    """Return the audit entry of an action by rule."""
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
