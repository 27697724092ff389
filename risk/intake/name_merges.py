"""Firms known by name only get their credit code once a record brings it.

The records that name the made id are stored again with the code, and the made id is withdrawn from
the register. That is known from the day of the import, or from the day up to which lists are
sealed; before it nothing changes, so that an older list replays the same.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from risk.contract import STORED_TABLES, DatedBy, Table
from risk.intake.account_notes import Note
from risk.intake.book_order import evidence_sql
from risk.intake.identifier_forms import fields_of_kind
from risk.intake.imported_files import create_table, record_borrowed, record_copies
from risk.intake.name_ids import MARK, is_made, name_id, name_key
from risk.store.seals import seals
from risk.store.store import RecordStore

_CODES, _COPIES = "intake_codes_of_names", "intake_merged_copies"
_REGISTER = STORED_TABLES["organizations"]
_SHOWN = 3


@dataclass(frozen=True)
class _Firms:
    """``codes`` of made ids, and the codes of ids whose name several have; ``names`` of both."""

    codes: Mapping[str, str]
    ambiguous: Mapping[str, Sequence[str]]
    names: Mapping[str, str] = field(default_factory=dict)


def merge_named_firms(store: RecordStore, *, today: dt.date, after: int) -> tuple[Note, ...]:
    """Give the code to records of firms that had an id made from their name; return notes.

    A name that several codes have is not merged, and noted if a row with an arrival number above
    ``after`` names one of them.
    """
    notes = list(_merge_waiting(store, today, after))
    firms = _firms(store)
    if firms.codes:
        with store.transaction():
            merged, rows = merge_ids(store, _REGISTER, firms.codes, today)
        if merged or rows:
            shown = [f"{firms.names[one]} = {firms.codes[one]}" for one in merged[:_SHOWN]]
            code = "names_merged" if merged else "merged_again"
            examples = "、".join(shown)
            notes.append(Note(code, {"firms": len(merged), "rows": rows, "examples": examples}))
    asked = [one for one, codes in firms.ambiguous.items() if _is_new(store, (one, *codes), after)]
    if asked:
        shown = [f"{firms.names[one]}（{'、'.join(firms.ambiguous[one])}）" for one in asked]
        examples = "；".join(shown[:_SHOWN])
        notes.append(
            Note("names_not_merged", {"firms": len(asked), "examples": examples}, needs_answer=True)
        )
    return tuple(notes)


def _merge_waiting(store: RecordStore, today: dt.date, after: int) -> Iterator[Note]:
    """Give rows of projects known by name only the code of the project that has come.

    The made ids are of no project, so no list has them, and the rows count from their own days.
    """
    codes = _codes_of_waiting(store)
    if not codes:
        return
    day = max((one.through for one in seals(store) if one.arrival is not None), default=dt.date.min)
    create_table(store)
    with store.transaction():
        _create_codes(store, codes)
        rows = _merge_tables(store, "project_id", day, today)
        store.rows(f"DROP TABLE {_CODES}")
    if rows:
        fields: dict[str, str | int] = {"projects": len(codes), "rows": rows}
        yield Note("waiting_merged", {**fields, "examples": "、".join([*codes.values()][:_SHOWN])})


def _codes_of_waiting(store: RecordStore) -> Mapping[str, str]:
    """Codes, by made id, of projects that rows name and that are in no register by that id."""
    waiting: set[str] = set()
    for table, name in _columns_with_made_ids(store):
        waiting.update(
            one
            for (one,) in store.rows(
                f"SELECT DISTINCT {name} FROM {table}_versions"
                f" WHERE superseded_at IS NULL AND starts_with({name}, '{MARK}')"
                f" AND {name} NOT IN (SELECT project_id FROM projects)"
            )
        )
    if not waiting:
        return {}
    found: dict[str, set[str]] = defaultdict(set)
    for code, name, county in store.rows(
        "SELECT project_id, project_name, left(region_code, 6) FROM projects_versions"
        " WHERE superseded_at IS NULL"
    ):
        for place in {county, ""}:
            if (made := name_id(name, place)) in waiting:
                found[made].add(code)
    return {made: next(iter(codes)) for made, codes in found.items() if len(codes) == 1}


def _columns_with_made_ids(store: RecordStore) -> list[tuple[str, str]]:
    """Stored tables and columns that name projects, in which any id is a made one."""
    places = [(table.name, name) for table, names in _naming_tables("project_id") for name in names]
    made = [(table, f"starts_with({name}, '{MARK}')") for table, name in places]
    return [places[number] for number in _with_rows(store, made)]


def _with_rows(store: RecordStore, conditions: Iterable[tuple[str, str]]) -> list[int]:
    """Which of ``conditions``, each of a table, a row of the table meets."""
    # One query: each costs a millisecond, whether or not its table has rows.
    query = " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS (FROM {table} WHERE {condition})"
        for number, (table, condition) in enumerate(conditions)
    )
    return sorted(number for (number,) in store.rows(query))


def _firms(store: RecordStore) -> _Firms:
    made = store.rows(
        "SELECT org_id, arg_max(org_name, arrival) FROM organizations"
        f" WHERE starts_with(org_id, '{MARK}') GROUP BY org_id ORDER BY org_id"
    )
    names = {one: name for one, name in made if is_made(one)}
    if not names:
        return _Firms({}, {})
    found = _codes_by_name(store)
    of_made = {one: found.get(name_key(name), []) for one, name in names.items()}
    return _Firms(
        {one: codes[0] for one, codes in of_made.items() if len(codes) == 1},
        {one: codes for one, codes in of_made.items() if len(codes) > 1},
        names,
    )


def _codes_by_name(store: RecordStore) -> Mapping[str, Sequence[str]]:
    """Codes by normal form of name: those in the register, or else those in contracts."""
    register, contracts = (
        _by_name(store, f"SELECT DISTINCT {name}, {code} FROM {table}_versions", code)
        for table, name, code in (
            ("organizations", "org_name", "org_id"),
            ("contracts", "contractor_name", "contractor_id"),
        )
    )
    return {**contracts, **register}


def _by_name(store: RecordStore, pairs: str, code: str) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, one in store.rows(
        f"{pairs} WHERE superseded_at IS NULL AND NOT starts_with({code}, '{MARK}')"
    ):
        if name:
            found[name_key(name)].add(one)
    return {name: sorted(codes) for name, codes in found.items()}


def _is_new(store: RecordStore, firms: Sequence[str], after: int) -> bool:
    found = " OR ".join(
        f"EXISTS (FROM {table.name} WHERE arrival > $1 AND list_contains($2, {name}))"
        for table, names in _naming_tables("org_id")
        for name in names
    )
    [(is_new,)] = store.rows(f"SELECT {found}", [after, list(firms)])
    return bool(is_new)


def merge_ids(
    store: RecordStore, register: Table, codes: Mapping[str, str], today: dt.date
) -> tuple[list[str], int]:
    """Store versions with ``codes`` for made ids; the ids withdrawn from ``register``, and rows.

    Use inside a transaction. The versions are known from ``today``, or from the day up to which
    lists are sealed.
    """
    create_table(store)
    (kind,) = register.key
    day = max([today, *(one.through for one in seals(store) if one.arrival is not None)])
    _create_codes(store, codes)
    rows = _merge_tables(store, kind, day, today)
    withdrawn = _withdrawn_sql(register, [kind], day)
    merged = [
        one for (one,) in store.rows(f"SELECT DISTINCT {kind} FROM ({withdrawn}) ORDER BY {kind}")
    ]
    _store_copies(store, register, withdrawn, today)
    store.rows(f"DROP TABLE {_CODES}")
    return merged, rows


def _create_codes(store: RecordStore, codes: Mapping[str, str]) -> None:
    store.rows(f"CREATE OR REPLACE TEMP TABLE {_CODES} (made VARCHAR, code VARCHAR)")
    store.rows(
        f"INSERT INTO {_CODES} SELECT unnest($1), unnest($2)",
        [list(codes), list(codes.values())],
    )


def _merge_tables(store: RecordStore, kind: str, day: dt.date, today: dt.date) -> int:
    """Store the rows that name made ids with the codes, from ``day`` on; their number.

    The register itself is left alone.
    """
    rows = 0
    places = [(table, names) for table, names in _naming_tables(kind) if table.key != (kind,)]
    named = _with_rows(store, [(table.name, _named_sql(names)) for table, names in places])
    for table, names in (places[number] for number in named):
        rows += _store_copies(store, table, _with_codes_sql(table, names, day), today)
        if set(names) & set(table.key):
            _store_copies(store, table, _withdrawn_sql(table, names, day), today)
    return rows


def _naming_tables(kind: str) -> Iterator[tuple[Table, list[str]]]:
    """Tables with the fields that identify a firm (``org_id``) or a project (``project_id``)."""
    for table in STORED_TABLES.values():
        if names := fields_of_kind(table, kind):
            yield table, names


def _current_sql(table: Table, names: Sequence[str], day: dt.date) -> str:
    """SQL of the versions from ``day`` on that name a made id, with ``evidence`` and ``since``.

    Where ``day`` is the first of all days they are copied with their own days, dated as before.
    """
    named = _named_sql(names)
    keys = f"SELECT {', '.join(table.key)} FROM {table.name} WHERE {named}"
    since = f"greatest(known_at, DATE '{day.isoformat()}')"
    copied_by = "dated_by" if day == dt.date.min else f"'{DatedBy.MERGED}'"
    return f"""
      SELECT * EXCLUDE (ends), {since} AS since, {copied_by} AS copied_by FROM (
        SELECT *, lead(known_at) OVER (
          PARTITION BY {", ".join(table.key)} ORDER BY known_at, arrival) AS ends
        FROM ({evidence_sql(table, keys)})
      )
      WHERE withdrawn IS NOT TRUE AND (ends IS NULL OR ends > DATE '{day.isoformat()}')
      AND ({named})
    """


def _named_sql(names: Sequence[str]) -> str:
    """SQL of the condition that a row names one of the made ids."""
    return " OR ".join(f"{name} IN (SELECT made FROM {_CODES})" for name in names)


def _with_codes_sql(table: Table, names: Sequence[str], day: dt.date) -> str:
    """SQL of the versions to store with codes, without keys that the code has already."""
    code = "coalesce((SELECT code FROM {0} WHERE made = {1}), {1}) AS {1}"
    replaced = ", ".join(code.format(_CODES, name) for name in names)
    current = _current_sql(table, names, day)
    rows = f"SELECT * REPLACE ({replaced}), false AS taken_back FROM ({current})"
    if not set(names) & set(table.key):
        return rows
    same = " AND ".join(f"stored.{one} IS NOT DISTINCT FROM copy.{one}" for one in table.key)
    return f"SELECT * FROM ({rows}) copy ANTI JOIN {table.name}_versions stored ON {same}"


def _withdrawn_sql(table: Table, names: Sequence[str], day: dt.date) -> str:
    """SQL of the versions that withdraw the records whose key has a made id."""
    return f"SELECT *, true AS taken_back FROM ({_current_sql(table, names, day)})"


def _store_copies(store: RecordStore, table: Table, rows: str, today: dt.date) -> int:
    """Store ``rows`` as evidence of the books they came from, and return their number."""
    store.rows(f"CREATE OR REPLACE TEMP TABLE {_COPIES} AS {rows}")
    listed = ", ".join(one.name for one in table.fields)
    order = ", ".join(["known_at", "arrival"])
    total = 0
    for evidence, origin, count in store.rows(
        f"SELECT evidence, origin, count(*) FROM {_COPIES} GROUP BY ALL ORDER BY ALL"
    ):
        first = int(store.rows(f"SELECT min(nextval('arrivals')) FROM range({count})")[0][0])
        number = f"{first} - 1 + row_number() OVER (ORDER BY {order})"
        copies = f"FROM {_COPIES} WHERE evidence = $1 AND origin = $2"
        store.rows(
            f"INSERT INTO {table.name} ({listed}, known_at, withdrawn, dated_by, arrival)"
            f" SELECT {listed}, since, taken_back, copied_by, {number}"
            f" {copies} ORDER BY {order}",
            [evidence, origin],
        )
        borrowed = f"SELECT {number} AS arrival, borrowed {copies}"
        record_borrowed(store, table, borrowed, [evidence, origin])
        record_copies(store, table, today, range(first, first + count), evidence, origin)
        total += count
    store.rows(f"DROP TABLE {_COPIES}")
    return total
