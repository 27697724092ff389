"""All wage-guarantee duties of a project with a confirmed case: met, breached or unknown.

A breach is a red flag. A duty is met only if there is no red flag and the project has records in
every table that the rule reads; otherwise its state is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from features.sql_tables import parse_all, tables_read
from risk.contract import TABLES
from risk.locale import LANGUAGES
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import Row, with_known_tables

if TYPE_CHECKING:
    from risk.flags import Duty, Law, RedFlag, Value
    from risk.flags.rule import Rule

_KNOWN = "known_"
_OF_PROJECTS = tuple(
    name
    for name, table in TABLES.items()
    if name != "projects" and "project_id" in {field.name for field in table.fields}
)


def load_legal_duties(
    store: RecordStore,
    as_of: dt.date,
    matters: Sequence[Row],
    law_values: Sequence[Value] = (),
    flags: Mapping[str, Sequence[RedFlag]] | None = None,
) -> Mapping[str, list[dict[str, Any]]]:
    """Return the duties of each project with a confirmed open case, in the order of the rules.

    Rules about the same duty are shown once, see :func:`_duties_shown`. Each has ``code``,
    ``article``, ``state`` (met, breached, unknown) and ``finding`` (the words of the red flag in
    every language, None without one). ``law_values`` are the office's. The red flags of these
    projects are computed unless ``flags`` has them.
    """
    projects = projects_with_duties(matters)
    if not projects:
        return {}
    from risk.flags import RULES, describe, read_law
    from risk.flags.office_values import add_values

    law = add_values(read_law(), law_values)
    if flags is None:
        flags = office_flags(store, as_of, projects, law_values)
    tables = _tables_known(store, as_of, projects)
    # At once, for :func:`tables_of`.
    parse_all([rule.facts for rule in RULES])
    found: dict[str, list[dict[str, Any]]] = {}
    for project in sorted(projects):
        shown = {flag.code: flag for flag in flags.get(project, ())}
        found[project] = []
        for rule, duty in _duties_shown(law, as_of, shown):
            flag = shown.get(rule.code)
            read = tables_of(rule)
            met = bool(read) and read <= tables.get(project, set())
            words = {one: describe(flag, one).finding for one in LANGUAGES} if flag else None
            state = "breached" if flag else "met" if met else "unknown"
            found[project].append(
                {"code": rule.code, "article": duty.article, "state": state, "finding": words}
            )
    return found


def _duties_shown(
    law: Law, as_of: dt.date, flagged: Collection[str]
) -> Iterator[tuple[Rule, Duty]]:
    """The rules to show, each with its duty: one per duty, those ``flagged`` where any is.

    Several rules may be about one duty, by how far it is unmet or what is on record.
    """
    from risk.flags import RULES

    bound = [(rule, law.duty(rule.code, as_of)) for rule in RULES]
    by_duty: dict[tuple[str, str], list[tuple[Rule, Duty]]] = {}
    for rule, duty in bound:
        if duty is not None:
            by_duty.setdefault((duty.article, duty.summary), []).append((rule, duty))
    for same in by_duty.values():
        yield from [one for one in same if one[0].code in flagged] or same[:1]


def projects_with_duties(matters: Iterable[Row]) -> set[str]:
    """Return the projects of the confirmed cases among ``matters``."""
    return {
        str(row["project_id"])
        for row in matters
        if row["kind"] == "case" and row["status"] == "confirmed" and row["project_id"]
    }


def office_flags(
    store: RecordStore, as_of: dt.date, projects: Collection[str], law_values: Sequence[Value]
) -> Mapping[str, Sequence[RedFlag]]:
    """Return the red flags of ``projects`` under the law with the office's values."""
    from risk.flags import read_law, red_flags
    from risk.flags.office_values import add_values

    if not projects:
        return {}
    return red_flags(store, as_of, projects, law=add_values(read_law(), law_values))


def tables_of(rule: Rule) -> set[str]:
    """The tables of the contract whose records show the duty of a rule met or breached.

    ``pay`` is payrolls with their payments.
    """
    if rule.shown_by:
        return set(rule.shown_by)
    read = tables_read(rule.facts)
    known = {name.removeprefix(_KNOWN) for name in read if name.startswith(_KNOWN)}
    pay = {"payrolls", "payments"} if "pay" in read else set()
    return ({*known, *rule.feeds} & set(TABLES)) | pay


def _tables_known(
    store: RecordStore, as_of: dt.date, projects: Collection[str]
) -> Mapping[str, set[str]]:
    """Return the tables that hold records of each project."""
    every = " UNION ALL ".join(
        f"SELECT project_id, '{name}' AS name FROM {name}" for name in _OF_PROJECTS
    )
    # Not filtered here: the rows of a whole province are many times those of its cases.
    rows = store.rows(
        f"{with_known_tables(*_OF_PROJECTS)} SELECT DISTINCT project_id, name FROM ({every})"
        " WHERE project_id IN (SELECT unnest($2))",
        [as_of, sorted(projects)],
    )
    found: dict[str, set[str]] = {project: {"projects"} for project in projects}
    for project, name in rows:
        found[project].add(name)
    return found
