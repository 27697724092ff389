"""Versions of records that carry no day of knowledge, derived from the dates of the record.

A book that shows the present state of its records (a project completed in May, a case closed in
June) says when each fact came to be. The first row of a key is stored as the versions it must have
had: one from its start with the later facts empty, and one for every date of a later fact. So facts
are neither known too early nor missing from the past.

* A fact is known on its own date, but not before the start: paid early, it is known when due.
  Facts of one day form one version.
* An outcome without a date of its own (a case unfounded, a deposit drawn) is known on the day of
  the book. With it come the facts that belong to an outcome without a date.
* No version is known after the day of the import, whatever date the row states: the row itself is
  the evidence that it was known by then. A plan for next year is known from the import on.
* No version is known before the table's event date, as for every row.

The last version always equals the row, so that the same row sent again is recognised.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from risk.contract import DatedBy, FieldType, LaterFact, Outcome, Table


@dataclass(frozen=True)
class BookDay:
    """Day of knowledge of a file's rows: the day stated for it, or else the day of the import."""

    today: dt.date
    stated: dt.date | None = None

    @property
    def day(self) -> dt.date:
        """The stated day, at most the day of the import."""
        return min(self.stated, self.today) if self.stated else self.today

    @property
    def dated_by(self) -> DatedBy:
        """How rows known on :attr:`day` were dated."""
        return DatedBy.STATED if self.stated else DatedBy.IMPORT


def most_versions(table: Table) -> int:
    """Largest number of versions that one row of ``table`` unfolds into."""
    return 1 + len(table.unfolds) + (table.outcome is not None)


def unfolded_sql(table: Table, source: str, book: BookDay) -> str:
    """SQL of the versions of the rows of ``source``, which has a column ``since`` and ``line``.

    The result has the fields of ``table``, ``known_at``, ``line`` and ``step``, the number of the
    version from 0. ``since`` is the start where the date in ``starts_on`` is empty.
    """
    if most_versions(table) == 1:
        names = ", ".join(field.name for field in table.fields)
        return (
            f"SELECT {names}, {start_sql(table, book)} AS known_at, line, 0 AS step FROM {source}"
        )
    names = ", ".join(_shown(table, field.name) for field in table.fields)
    days = ", ".join(["start_day", *_days(table), *(["outcome_day"] if table.outcome else [])])
    effective = "".join(
        f", CASE WHEN {fact.date} IS NOT NULL THEN"
        f" greatest(start_day, least({fact.date}, {_date(book.today)})) END AS {day}"
        for fact, day in zip(table.unfolds, _days(table), strict=True)
    )
    return f"""
      SELECT {names}, known_at, line, step FROM (
        SELECT *, unnest(days) AS known_at, generate_subscripts(days, 1) - 1 AS step,
               days[len(days)] AS last_day
        FROM (
          SELECT *, list_sort(list_distinct([{days}])) AS days
          FROM (
            SELECT *, {_outcome_day(table, book)} AS outcome_day
            FROM (
              SELECT *{effective}
              FROM (SELECT *, {start_sql(table, book)} AS start_day FROM {source})
            )
          )
        )
      )
    """


def start_sql(table: Table, book: BookDay) -> str:
    """SQL for the day from which a row of ``table`` was known."""
    today = _date(book.today)
    date = table.starts_on
    if table.field(date).type is FieldType.MONTH:
        date = f"last_day({date})"
    start = f"least({date} + {table.default_lag_days}, {today})"
    if table.event_date:
        start = f"greatest({start}, {table.event_date})"
    if not table.field(table.starts_on).required:
        start = f"CASE WHEN {date} IS NULL THEN coalesce(since, {_date(book.day)}) ELSE {start} END"
    return start


def later_day_sql(table: Table, book: BookDay) -> str:
    """SQL for the day from which a later row of a known key was known.

    That is the latest of the book's day and of every past date in the row, and never before the
    event date, nor before a first row of the same key would be known.
    """
    days = [_date(book.day)]
    if table.default_lag_days:
        days.append(start_sql(table, book))
    for field in table.fields:
        if field.type in (FieldType.DATE, FieldType.MONTH):
            date = f"last_day({field.name})" if field.type is FieldType.MONTH else field.name
            days.append(f"CASE WHEN {date} <= {_date(book.today)} THEN {date} END")
    if table.event_date:
        days.append(table.event_date)
    return f"greatest({', '.join(days)})"


def undated_fact_sql(table: Table) -> str:
    """SQL condition of rows with a fact whose date is empty, which counts from the start."""
    facts = [
        f"({fact.date} IS NULL AND {name} IS NOT NULL)"
        for fact in table.unfolds
        for name in fact.also
    ]
    if not facts:
        return "false"
    dated = f"NOT ({_without_date(table, table.outcome)}) AND " if table.outcome else ""
    return f"{dated}({' OR '.join(facts)})"


def _shown(table: Table, name: str) -> str:
    """SQL for the value of a field in the version known on ``known_at``."""
    for fact, day in zip(table.unfolds, _days(table), strict=True):
        if name == fact.date:
            return f"CASE WHEN {day} <= known_at THEN {name} END AS {name}"
        if name in fact.also:
            return (
                f"CASE WHEN coalesce({day}, outcome_day, start_day) <= known_at THEN {name} END"
                f" AS {name}"
            )
    if table.outcome and name == table.outcome.field:
        return f"{_status(table, table.outcome)} AS {name}"
    return name


def _status(table: Table, outcome: Outcome) -> str:
    """SQL for the outcome field: the row's own in the last version, before that by the facts."""
    name, values = outcome.field, _values(outcome.values)
    setting = [(number, fact) for number, fact in enumerate(table.unfolds) if name in fact.sets]
    before = f"CASE WHEN {name} IN ({values}) THEN '{outcome.start}' ELSE {name} END"
    if not setting:
        return f"CASE WHEN known_at = last_day THEN {name} ELSE {before} END"
    dates = {number: _applied(fact, number, name) for number, fact in setting}
    latest = f"greatest({', '.join(dates.values())})"
    # Of several facts of one date the last in the contract's order counts.
    cases = " ".join(
        f"WHEN {dates[number]} = {latest} THEN '{fact.sets[name]}'"
        for number, fact in reversed(setting)
    )
    return f"CASE WHEN known_at = last_day THEN {name} {cases} ELSE {before} END"


def _applied(fact: LaterFact, number: int, name: str) -> str:
    """SQL for the date of ``fact`` if it has changed the outcome field by ``known_at``."""
    spared = f" AND {name} NOT IN ({_values(fact.never_over)})" if fact.never_over else ""
    return f"CASE WHEN day_{number} <= known_at{spared} THEN {fact.date} END"


def _outcome_day(table: Table, book: BookDay) -> str:
    """SQL for the day an outcome without a date of its own was known; NULL if it has one."""
    if table.outcome is None:
        return "CAST(NULL AS DATE)"
    days = ", ".join([_date(book.day), "start_day", *_days(table)])
    return f"CASE WHEN {_without_date(table, table.outcome)} THEN greatest({days}) END"


def _without_date(table: Table, outcome: Outcome) -> str:
    """SQL condition of rows whose outcome has no date of its own."""
    name = outcome.field
    dated = "".join(
        f" AND NOT ({name} = '{fact.sets[name]}' AND {fact.date} IS NOT NULL)"
        for fact in table.unfolds
        if name in fact.sets
    )
    return f"{name} IN ({_values(outcome.values)}){dated}"


def _days(table: Table) -> list[str]:
    return [f"day_{number}" for number in range(len(table.unfolds))]


def _values(values: frozenset[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


def _date(day: dt.date) -> str:
    return f"DATE '{day.isoformat()}'"
