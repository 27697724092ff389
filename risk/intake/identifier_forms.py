"""One written form per identifier: XM001, xm001 and XM-001 are one key.

Identifiers are compared without the case of their letters and without the dash between a leading
word and a number. A row is stored with the form that its identifier was first written in, in the
store or else in the file, so that rows of all tables join.

Most files write their identifiers in one way. What ways the stored ones are written in is stored
too, so that identifiers are compared only where a file brings a different way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from risk.contract import STORED_TABLES, FieldType, Table
from risk.intake.account_notes import Note
from risk.store.store import RecordStore

_SHAPES, _FORMS = "identifier_shapes", "intake_forms"
_SHOWN = 3
_PLACES = 100  # more than the columns of one kind, so that no two places are equal
_KINDS = {"owner_id": "org_id", "contractor_id": "org_id", "parent_contract_id": "contract_id"}


@dataclass(frozen=True)
class _Shape:
    """Ways in which identifiers are written.

    ``lower`` and ``upper``: some have small and some have capital letters; ``dashes`` are the
    smallest and the largest number of dashes.
    """

    lower: bool
    upper: bool
    dashes: tuple[int, int]

    @property
    def mixed(self) -> bool:
        """Whether two identifiers may differ in form only."""
        return (self.lower and self.upper) or self.dashes[0] != self.dashes[1]

    def joined(self, other: _Shape | None) -> _Shape:
        """Ways of both."""
        if other is None:
            return self
        low, high = zip(self.dashes, other.dashes, strict=True)
        return _Shape(self.lower or other.lower, self.upper or other.upper, (min(low), max(high)))


def unify_identifiers(store: RecordStore, table: Table, staged: str) -> list[Note]:
    """Give the identifiers of the rows in ``staged`` the form first written; return notes.

    ``staged`` has a column ``line``. Use inside a transaction, before the rows are stored.
    """
    notes = []
    for kind, names in _by_kind(table).items():
        shape = _shape(store, [(staged, name) for name in names])
        if shape is None:
            continue
        before = _stored_shape(store, kind)
        after = shape.joined(before)
        if after.mixed:
            notes += _unify(store, kind, names, staged)
        if after != before:
            _store_shape(store, kind, after)
    return notes


def forget_shapes(store: RecordStore) -> None:
    """Forget how stored identifiers are written, because rows came in on another way."""
    store.rows(f"DROP TABLE IF EXISTS {_SHAPES}")


def normal_form_sql(name: str) -> str:
    """SQL of the form in which two identifiers are compared.

    A dash between numbers counts: 1-11 and 11-1 are two.
    """
    return f"regexp_replace(upper({name}), '^([A-Z一-鿿]+)-([0-9])', '\\1\\2')"


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


def _shape(store: RecordStore, columns: list[tuple[str, str]]) -> _Shape | None:
    parts = " UNION ALL ".join(
        f"SELECT bool_or({name} <> upper({name})) AS lower,"
        f" bool_or({name} <> lower({name})) AS upper,"
        f" min({_dashes_sql(name)}) AS fewest, max({_dashes_sql(name)}) AS most FROM {table}"
        for table, name in columns
    )
    lower, upper, fewest, most = store.rows(
        f"SELECT bool_or(lower), bool_or(upper), min(fewest), max(most) FROM ({parts})"
    )[0]
    return None if fewest is None else _Shape(lower, upper, (fewest, most))


def _dashes_sql(name: str) -> str:
    """SQL of the number of dashes; most identifiers have none, and only the others are counted."""
    counted = f"strlen({name}) - strlen(replace({name}, '-', ''))"
    return f"CASE WHEN contains({name}, '-') THEN {counted} WHEN {name} IS NOT NULL THEN 0 END"


def _stored_shape(store: RecordStore, kind: str) -> _Shape | None:
    store.rows(
        f"CREATE TABLE IF NOT EXISTS {_SHAPES} (kind VARCHAR NOT NULL, lower BOOLEAN,"
        " upper BOOLEAN, fewest BIGINT, most BIGINT)"
    )
    found = store.rows(f"SELECT lower, upper, fewest, most FROM {_SHAPES} WHERE kind = ?", [kind])
    if found:
        [(lower, upper, fewest, most)] = found
        return _Shape(lower, upper, (fewest, most))
    return _shape(store, list(_columns(kind)))  # a store of an earlier release, or an empty one


def _store_shape(store: RecordStore, kind: str, shape: _Shape) -> None:
    store.rows(f"DELETE FROM {_SHAPES} WHERE kind = ?", [kind])
    store.rows(
        f"INSERT INTO {_SHAPES} VALUES (?, ?, ?, ?, ?)",
        [kind, shape.lower, shape.upper, *shape.dashes],
    )


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
