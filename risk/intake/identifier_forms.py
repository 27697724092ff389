"""One written form per identifier: XM001, xm001 and XM-001 are one key.

Identifiers are compared without the case of their letters, without the dash between a leading
word and a number, and with one kind of bracket: 〔2025〕3号 is [2025]3号. A row is stored with the
form that its identifier was first written in, in the store or else in the file, so that rows of all
tables join.

Most files write their identifiers in one way. What ways the stored ones are written in is stored
too, so that identifiers are compared only where a file brings a different way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from risk.contract import STORED_TABLES, FieldType, Table
from risk.intake.account_notes import Note
from risk.store.store import RecordStore

_SHAPES, _FORMS = "identifier_ways", "intake_forms"
_FORMER_SHAPES = "identifier_shapes"
_DOCUMENTS = ("case_id", "complaint_id", "inspection_id", "listing_id", "dispute_id")
"""Identifiers that may be numbers of documents, with a year in brackets; none has many rows."""
_BRACKETS = "([〔【"
_SHOWN = 3
_PLACES = 100  # more than the columns of one kind, so that no two places are equal
_KINDS = {"owner_id": "org_id", "contractor_id": "org_id", "parent_contract_id": "contract_id"}


@dataclass(frozen=True)
class _Shape:
    """Ways in which identifiers are written.

    ``lower`` and ``upper``: some have small and some have capital letters; ``dashes`` are the
    smallest and the largest number of dashes, ``brackets`` the kinds of brackets, one bit each.
    """

    lower: bool
    upper: bool
    dashes: tuple[int, int]
    brackets: int = 0

    @property
    def mixed(self) -> bool:
        """Whether two identifiers may differ in form only."""
        cases = self.lower and self.upper
        return cases or self.dashes[0] != self.dashes[1] or self.brackets.bit_count() > 1

    def joined(self, other: _Shape | None) -> _Shape:
        """Ways of both."""
        if other is None:
            return self
        low, high = zip(self.dashes, other.dashes, strict=True)
        dashes, brackets = (min(low), max(high)), self.brackets | other.brackets
        return _Shape(self.lower or other.lower, self.upper or other.upper, dashes, brackets)


def unify_identifiers(store: RecordStore, table: Table, staged: str) -> list[Note]:
    """Give the identifiers of the rows in ``staged`` the form first written; return notes.

    ``staged`` has a column ``line``. Use inside a transaction, before the rows are stored.
    """
    notes = []
    kinds = _by_kind(table)
    incoming = _shapes(store, staged, kinds)
    before = _stored_shapes(store, incoming)
    after = {kind: shape.joined(before.get(kind)) for kind, shape in incoming.items()}
    for kind, shape in after.items():
        if shape.mixed:
            notes += _unify(store, kind, kinds[kind], staged)
    _store_shapes(store, {one: shape for one, shape in after.items() if shape != before.get(one)})
    return notes


def forget_shapes(store: RecordStore) -> None:
    """Forget how stored identifiers are written, because rows came in on another way."""
    store.rows(f"DROP TABLE IF EXISTS {_SHAPES}")


def normal_form_sql(name: str) -> str:
    """SQL of the form in which two identifiers are compared.

    A dash between numbers counts: 1-11 and 11-1 are two.
    """
    plain = f"translate(upper({name}), '[]〔〕【】', '()()()')"
    return f"regexp_replace({plain}, '^([A-Z一-鿿]+)-([0-9])', '\\1\\2')"


def fields_of_kind(table: Table, kind: str) -> list[str]:
    """Fields of ``table`` that identify what the field ``kind`` does: ``org_id`` for firms."""
    return _by_kind(table).get(kind, [])


def _by_kind(table: Table) -> dict[str, list[str]]:
    """Identifier fields of ``table`` by what they identify."""
    kinds: dict[str, list[str]] = {}
    for field in table.fields:
        if field.type is FieldType.ID and field.name != "region_code":
            kinds.setdefault(_KINDS.get(field.name, field.name), []).append(field.name)
    return kinds


def _columns(kind: str) -> Iterator[tuple[str, str]]:
    """Stored tables and columns with identifiers of ``kind``."""
    for table in STORED_TABLES.values():
        for name in fields_of_kind(table, kind):
            yield table.name, name


def _shapes(
    store: RecordStore, table: str, kinds: Mapping[str, Sequence[str]]
) -> dict[str, _Shape]:
    """Ways in which the columns of ``kinds`` are written in ``table``; none for an empty column.

    One query for all of them: each takes longer to plan than to run.
    """
    columns = [(kind, name) for kind, names in kinds.items() for name in names]
    if not columns:
        return {}
    parts = ", ".join(
        f"bool_or({name} <> upper({name})), bool_or({name} <> lower({name})),"
        f" min({_dashes_sql(name)}), max({_dashes_sql(name)}), {_brackets_sql(kind, name)}"
        for kind, name in columns
    )
    cells = store.rows(f"SELECT {parts} FROM {table}")[0]
    found: dict[str, _Shape] = {}
    for place, (kind, _) in enumerate(columns):
        lower, upper, fewest, most, brackets = cells[5 * place : 5 * place + 5]
        if fewest is not None:
            shape = _Shape(lower, upper, (fewest, most), brackets)
            found[kind] = shape.joined(found.get(kind))
    return found


def _brackets_sql(kind: str, name: str) -> str:
    """SQL of the kinds of brackets; 0 for identifiers that are no numbers of documents."""
    if kind not in _DOCUMENTS:
        return "0"
    bits = " + ".join(
        f"CAST(contains({name}, '{bracket}') AS INTEGER) * {2**place}"
        for place, bracket in enumerate(_BRACKETS)
    )
    return f"bit_or({bits})"


def _dashes_sql(name: str) -> str:
    """SQL of the number of dashes; most identifiers have none, and only the others are counted."""
    counted = f"strlen({name}) - strlen(replace({name}, '-', ''))"
    return f"CASE WHEN contains({name}, '-') THEN {counted} WHEN {name} IS NOT NULL THEN 0 END"


def _stored_shapes(store: RecordStore, kinds: Iterable[str]) -> dict[str, _Shape]:
    """Ways in which stored identifiers of ``kinds`` are written; none for one not stored yet."""
    if not store.has_table(_SHAPES):
        store.rows(
            f"CREATE TABLE {_SHAPES} (kind VARCHAR NOT NULL, lower BOOLEAN, upper BOOLEAN,"
            " fewest BIGINT, most BIGINT, brackets BIGINT)"
        )
        store.rows(f"DROP TABLE IF EXISTS {_FORMER_SHAPES}")
    found = {
        kind: _Shape(lower, upper, (fewest, most), brackets)
        for kind, lower, upper, fewest, most, brackets in store.rows(f"FROM {_SHAPES}")
    }
    # A store of an earlier release, or the first rows of a kind.
    lacking = {kind: [*_columns(kind)] for kind in kinds if kind not in found}
    tables = dict.fromkeys(table for columns in lacking.values() for table, _ in columns)
    for table in _with_rows(store, tables):
        own = {k: [name for other, name in c if other == table] for k, c in lacking.items()}
        for kind, shape in _shapes(store, table, own).items():
            found[kind] = shape.joined(found.get(kind))
    return found


def _with_rows(store: RecordStore, tables: Iterable[str]) -> list[str]:
    """Those of ``tables`` that have rows."""
    query = " UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (FROM {one})" for one in tables)
    return [one for (one,) in store.rows(query)] if query else []


def _store_shapes(store: RecordStore, shapes: Mapping[str, _Shape]) -> None:
    if not shapes:
        return
    store.rows(f"DELETE FROM {_SHAPES} WHERE list_contains($1, kind)", [list(shapes)])
    rows = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(shapes))
    cells = [
        (kind, one.lower, one.upper, *one.dashes, one.brackets) for kind, one in shapes.items()
    ]
    store.rows(f"INSERT INTO {_SHAPES} VALUES {rows}", [cell for row in cells for cell in row])


def _unify(store: RecordStore, kind: str, names: list[str], staged: str) -> list[Note]:
    incoming = " UNION ALL ".join(
        f"SELECT {name} AS written, line * {_PLACES} + {place} AS line FROM {staged}"
        f" WHERE {name} IS NOT NULL"
        for place, name in enumerate(names)
    )
    stored = " UNION ALL ".join(
        f"SELECT {name} AS written, arrival * {_PLACES} + {place} AS arrival FROM {table}"
        f" WHERE {name} IS NOT NULL"
        for place, (table, name) in enumerate(_columns(kind))
    )
    normal = normal_form_sql("written")
    store.rows(
        f"""
CREATE OR REPLACE TEMP TABLE {_FORMS} AS
WITH incoming AS (
  SELECT written, {normal} AS normal, min(line) AS line FROM ({incoming}) GROUP BY written
),
stored AS (
  SELECT written, {normal} AS normal, min(arrival) AS arrival FROM ({stored}) GROUP BY written
),
first_stored AS (SELECT normal, arg_min(written, arrival) AS form FROM stored GROUP BY normal),
first_incoming AS (SELECT normal, arg_min(written, line) AS form FROM incoming GROUP BY normal)
SELECT i.written, coalesce(s.form, f.form) AS form, i.line
FROM incoming i LEFT JOIN first_stored s USING (normal) JOIN first_incoming f USING (normal)
WHERE coalesce(s.form, f.form) <> i.written
AND NOT EXISTS (FROM stored WHERE stored.written = i.written)
"""
    )
    found = store.rows(
        f"SELECT written, form, count(*) OVER () FROM {_FORMS} ORDER BY line LIMIT {_SHOWN}"
    )
    if found:
        for name in names:
            store.rows(
                f"UPDATE {staged} SET {name} = f.form FROM {_FORMS} f WHERE {name} = f.written"
            )
    store.rows(f"DROP TABLE {_FORMS}")
    if not found:
        return []
    examples = "、".join(f"{written} = {form}" for written, form, _ in found)
    return [Note("ids_unified", {"ids": found[0][2], "examples": examples})]
