"""Checks of the staged rows of a file: keys that came twice, and amounts out of proportion."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from itertools import islice
from typing import Any

from risk.contract import FieldType, Table
from risk.intake.account_notes import Note
from risk.intake.checks import ENDS, MAY_COME, MAY_COME_BEFORE
from risk.intake.name_ids import MARK
from risk.intake.staging import DUPLICATES, STAGED
from risk.store.store import RecordStore

_SHOWN = 3
_MEDIAN_OF = 2
_AHEAD = dict.fromkeys(("projects", "contracts", "accounts", "deposits"), 366)
"""Days that the event of a table may lie ahead: these are often recorded before they begin."""

_OPEN = "'accepted', 'filed'"

_SHOWN_FACTS = ("amount_due", "amount", "amount_owed", "contract_amount", "status")
_NAMES = ("project_name", "org_name", "contractor_name", "project_id", "org_id")


@dataclass(frozen=True)
class _Range:
    """Largest plausible value and smallest plausible median, in fen."""

    largest: int
    median: int


def staged_notes(
    store: RecordStore,
    table: Table,
    *,
    duplicates: int,
    headings: Mapping[str, str],
    dated: bool,
    today: dt.date,
) -> list[Note]:
    """Notes about the staged rows of ``table``; use before they are stored.

    Args:
        store: record store with staged rows.
        table: table of the rows.
        duplicates: how many keys several staged rows have.
        headings: headings as written, by field, of the columns read.
        dated: whether the file has a column of days of knowledge; its rows may then be later
            versions of one row.
        today: day of the import.
    """
    checks = [*_implausible(table, headings), *_in_future(table, headings, today)]
    notes = _notes_of(store, [*checks, *_reversed(table, headings)])
    if table.name == "cases":
        notes += _contradicting(store, headings)
    if duplicates:
        notes += _keys_twice(store, table, dated=dated)
    if not dated:
        notes += _keys_again(store, table)
    return notes


@cache
def plausible_ranges() -> Mapping[tuple[str, str], _Range]:
    """Plausible ranges by table and field."""
    text = files("risk.intake").joinpath("plausible_ranges.toml").read_text(encoding="utf-8")
    return {
        (table, name): _Range(one["largest"] * 100, one["median"] * 100)
        for table, fields in tomllib.loads(text).items()
        for name, one in fields.items()
    }


@dataclass(frozen=True)
class _Check:
    """SQL of aggregates over the staged rows, and the notes that follow from their values."""

    parts: Sequence[str]
    notes: Callable[[Sequence[Any]], Iterator[Note]]


def _notes_of(store: RecordStore, checks: Sequence[_Check]) -> list[Note]:
    """Notes of all ``checks``, in their order. One query: each takes longer to plan than to run."""
    if not checks:
        return []
    parts = ", ".join(part for check in checks for part in check.parts)
    [values] = store.rows(f"SELECT {parts} FROM {STAGED}")
    cells = iter(values)
    return [note for check in checks for note in check.notes([*islice(cells, len(check.parts))])]


def _implausible(table: Table, headings: Mapping[str, str]) -> Iterator[_Check]:
    """Amounts out of proportion: mostly those in another unit than the heading says."""
    for name, heading in headings.items():
        allowed = plausible_ranges().get((table.name, name))
        if allowed is not None:
            parts = (
                f"count(*) FILTER ({name} > {allowed.largest})",
                f"max({name})",
                f"arg_max({table.key[0]}, {name})",
                f"count(*) FILTER ({name} > 0)",
                f"median({name}) FILTER ({name} > 0)",
            )
            yield _Check(parts, partial(_out_of_range, heading, allowed))


def _out_of_range(heading: str, allowed: _Range, cells: Sequence[Any]) -> Iterator[Note]:
    above, largest, key, count, median = cells
    if above:
        fields = {"column": heading, "rows": above, "key": key, "found": _yuan(largest)}
        yield Note("too_large", fields, needs_answer=True)
    if count >= _MEDIAN_OF and median < allowed.median:
        fields = {"column": heading, "found": _yuan(median)}
        yield Note("too_small", fields, needs_answer=True)


def _in_future(table: Table, headings: Mapping[str, str], today: dt.date) -> Iterator[_Check]:
    """Dates of events that are still to come: most are typing errors (2052), and do not count."""
    later = {fact.date for fact in table.unfolds} - MAY_COME
    events = [table.event_date] if table.event_date else []
    for name in [*events, *sorted(later)]:
        if name in headings:
            ahead = _AHEAD.get(table.name, 0) if name == table.event_date else 0
            last = today + dt.timedelta(days=ahead)
            is_later = f"FILTER ({name} > DATE '{last.isoformat()}')"
            parts = (
                f"count(*) {is_later}",
                f"max({name}) {is_later}",
                f"arg_max({table.key[0]}, {name}) {is_later}",
            )
            yield _Check(parts, partial(_to_come, headings[name]))


def _to_come(heading: str, cells: Sequence[Any]) -> Iterator[Note]:
    rows, last, key = cells
    if rows:
        fields = {"column": heading, "rows": rows, "found": str(last), "key": key}
        yield Note("in_future", fields, needs_answer=True)


def _reversed(table: Table, headings: Mapping[str, str]) -> Iterator[_Check]:
    """Ends before the event: mostly a year that was not changed in January."""
    event = table.event_date
    later = {fact.date for fact in table.unfolds} - MAY_COME_BEFORE
    names = [name for name in [*sorted(later), *ENDS.get(table.name, ())] if name in headings]
    if event is None or event not in headings:
        return
    for name in names:
        is_before = f"FILTER ({name} < {event})"
        parts = (
            f"count(*) {is_before}",
            *(f"arg_min({one}, line) {is_before}" for one in (table.key[0], name, event)),
        )
        yield _Check(parts, partial(_ends_early, headings[name], headings[event]))


def _ends_early(heading: str, event: str, cells: Sequence[Any]) -> Iterator[Note]:
    rows, key, found, began = cells
    if rows:
        fields = {"column": heading, "event": event, "rows": rows, "key": key}
        shown = {"found": str(found), "began": str(began)}
        yield Note("dates_reversed", {**fields, **shown}, needs_answer=True)


def _contradicting(store: RecordStore, headings: Mapping[str, str]) -> list[Note]:
    """Cases that are open and have an end; and closed ones with money recovered, unconfirmed.

    No event is made of a case that was never confirmed.
    """
    confirmed = " UNION ALL ".join(
        f"SELECT case_id FROM {one} WHERE status = 'confirmed' OR confirmed_on IS NOT NULL"
        for one in ("cases", STAGED)
    )
    unconfirmed = (
        "s.status = 'closed' AND s.confirmed_on IS NULL AND s.amount_recovered > 0"
        f" AND s.case_id NOT IN ({confirmed})"
    )
    ended = f"s.status IN ({_OPEN}) AND (s.closed_on IS NOT NULL OR s.transferred_on IS NOT NULL)"
    notes = []
    for code, condition in (("case_ended_and_open", ended), ("case_unconfirmed", unconfirmed)):
        [(rows, key)] = store.rows(
            f"SELECT count(*), arg_min(s.case_id, s.line) FROM {STAGED} s WHERE {condition}"
        )
        if rows:
            asked = code == "case_ended_and_open"
            notes.append(Note(code, {"rows": rows, "key": key}, needs_answer=asked))
    return notes


def _keys_twice(store: RecordStore, table: Table, *, dated: bool) -> list[Note]:
    """Keys that two rows of the file have, with another name or event date.

    An id made from a few fields says no more than these: rows that differ otherwise are different.
    """
    compared = _compared(table)
    if not compared:
        return []
    key = ", ".join(table.key)
    day = ", known_at" if dated else ""
    facts = [field.name for field in table.fields if field.name not in (*table.key, *compared)]
    other = " OR ".join(f"min({name}) <> max({name})" for name in facts)
    made = f"min({table.key[0]}) LIKE '{MARK}%'"
    differs = " OR ".join(f"min({name}) <> max({name})" for name in compared)
    differs += f" OR ({made} AND ({other}))" if facts else ""
    compared = [*compared, *(name for name in _SHOWN_FACTS if name in facts)]
    shown = ", ".join(
        f"{_shown(table, f'arg_{end}({name}, line)', name)}"
        for name in compared
        for end in ("min", "max")
    )
    same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM {DUPLICATES}.{name}" for name in table.key)
    found = store.rows(
        f"SELECT {key}, {shown}, count(*) OVER ()"
        f" FROM (SELECT s.* FROM {STAGED} s SEMI JOIN {DUPLICATES} ON {same})"
        f" GROUP BY {key}{day}"
        f" HAVING count(*) > 1 AND ({differs}) ORDER BY min(line) LIMIT {_SHOWN}"
    )
    return _key_note("keys_twice", table, compared, found)


def _shown(table: Table, value: str, name: str) -> str:
    """SQL of a value as people read it: amounts in yuan."""
    money = table.field(name).type is FieldType.MONEY
    return f"format('{{:,}}', {value} // 100)" if money else value


def _keys_again(store: RecordStore, table: Table) -> list[Note]:
    """Stored keys that a row of the file has, with another name or event date."""
    compared = _compared(table)
    if not compared or not store.rows(f"SELECT 1 FROM {table.name} LIMIT 1"):
        return []
    key = ", ".join(table.key)
    newest = ", ".join(f"arg_max({name}, arrival) AS {name}" for name in compared)
    shown = ", ".join(f"stored.{name}, {STAGED}.{name}" for name in compared)
    differs = " OR ".join(f"stored.{name} <> {STAGED}.{name}" for name in compared)
    keyed = ", ".join(f"{STAGED}.{name}" for name in table.key)
    found = store.rows(
        f"WITH stored AS (SELECT {key}, {newest} FROM {table.name}"
        f" SEMI JOIN {STAGED} USING ({key}) GROUP BY {key})"
        f" SELECT {keyed}, {shown}, count(*) OVER () FROM {STAGED} JOIN stored USING ({key})"
        f" WHERE {differs} ORDER BY line LIMIT {_SHOWN}"
    )
    return _key_note("keys_again", table, compared, found)


def _compared(table: Table) -> list[str]:
    """Fields whose change means that a key may have been given to something else."""
    names = [table.event_date] if table.event_date else []
    fields = {field.name for field in table.fields}
    return names + [name for name in _NAMES if name in fields and name not in table.key]


def _key_note(
    code: str, table: Table, compared: Sequence[str], found: Sequence[tuple[object, ...]]
) -> list[Note]:
    if not found:
        return []
    width = len(table.key)
    examples = [
        f"{' '.join(str(part) for part in row[:width] if part is not None)}"
        f"（{_changes(row[width:-1])}）"
        for row in found
    ]
    fields = {"keys": f"{found[0][-1]}", "examples": "；".join(examples)}
    return [Note(code, fields, needs_answer=True)]


def _changes(values: Sequence[object]) -> str:
    pairs = zip(values[::2], values[1::2], strict=True)
    return "，".join(
        f"{one} → {other}" for one, other in pairs if None not in (one, other) and one != other
    )


def _yuan(fen: float) -> str:
    return f"{fen / 100:,.0f}"
