"""Which stored tables a family reads, and by which SQL: found from the texts, through every step.

A family reads what its steps name, what the steps and views named there name, and so on down to
stored tables. The names are taken from the engine's own parse of the SQL, so a column that is
called like a table is no table. Of the step ``feeds`` only the flags a family names count: a flag
says whether a table held anything at all, not what.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from features.catalogue import Family
from features.engines.duckdb import DuckDBEngine
from features.feature_sets import FEATURE_SETS
from features.matrix import steps
from features.sql_tables import ParsedQuery, parse
from risk.contract import STORED_TABLES, TABLES
from risk.store.store import RecordStore
from risk.unit_kinds import EMPLOYERS_SCHEMA

_FEEDS, _FLAG = "feeds", "has_"
_STORED, _STEPS = "main", "steps"

Name = tuple[str, str]
"""Where a name belongs (the steps, a schema of the store, or nothing yet), and the name."""


@dataclass(frozen=True)
class FamilyDependencies:
    """What one family reads.

    ``tables`` are the stored tables whose rows count, ``feeds`` those of which it only counts
    whether they hold any row. ``families`` are those whose steps must run for it, itself
    included. ``code`` is a digest of every text involved, down to the views of the store.
    """

    tables: frozenset[str]
    feeds: frozenset[str]
    families: frozenset[str]
    code: str


def family_dependencies(
    store: RecordStore, families: Sequence[Family]
) -> dict[str, FamilyDependencies]:
    """What each of ``families`` reads in the world that ``store`` shows, by its name.

    Steps may also be those of any other family of its kind of unit.
    """
    asked = {family.name: family for family in (*FEATURE_SETS[store.kind].families, *families)}
    names = _Names(store, list(asked.values()))
    functions = _functions(store)
    return {family.name: _reading(family, asked.values(), names, functions) for family in families}


def _reading(
    family: Family, asked: Iterable[Family], names: _Names, functions: str
) -> FamilyDependencies:
    steps_of = {step.name: one.name for one in asked for step in one.steps}
    start = [(_STEPS, step.name) for step in family.steps]
    found = names.reached([*start, (_STEPS, "cohort")])
    texts = sorted((*name, names.texts[name]) for name in found if name in names.texts)
    columns = [feature.name for feature in family.features]
    told = json.dumps([texts, columns, functions]).encode()
    return FamilyDependencies(
        tables=frozenset(name for schema, name in found if schema == _STORED) & set(STORED_TABLES),
        feeds=frozenset(name for schema, name in found if schema == _FEEDS),
        families=frozenset(
            {family.name}
            | {steps_of[name] for schema, name in found if schema == _STEPS and name in steps_of}
        ),
        code=hashlib.sha256(told).hexdigest(),
    )


class _Names:
    """Every step and view with its SQL, and what each of them names."""

    def __init__(self, store: RecordStore, families: Sequence[Family]) -> None:
        self._store = store
        self._lens = EMPLOYERS_SCHEMA if store.kind == "employer" else _STORED
        self.texts: dict[Name, str] = {
            (schema, name): _select_of(sql)
            for schema, name, sql in store.rows(
                "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE NOT internal"
            )
        }
        self.texts.update({(_STEPS, step.name): step.sql for step in steps(families)})
        self._met: dict[Name, frozenset[Name]] = {}

    def reached(self, start: Sequence[Name]) -> frozenset[Name]:
        """All that is named from ``start`` on; stored tables are (main, name)."""
        found: set[Name] = set()
        todo = list(start)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo.extend(self._named_by(name))
        return frozenset(found)

    def _named_by(self, name: Name) -> frozenset[Name]:
        if name not in self.texts:
            return frozenset()
        if name not in self._met:
            self._met[name] = frozenset(self._resolved(name, parse(self.texts[name])))
        return self._met[name]

    def _resolved(self, inside: Name, query: ParsedQuery) -> Iterator[Name]:
        for schema, table in query.tables:
            if inside[0] == _STEPS and table == _FEEDS:
                # All of them if it names none: it may take every column.
                flags = {name for name in TABLES if f"{_FLAG}{name}" in query.columns}
                yield from (self._flag(flag) for flag in flags or TABLES)
            else:
                yield self._place(inside, schema, table)

    def _flag(self, table: str) -> Name:
        seen = self._place((_STEPS, _FEEDS), "", table)
        return (_FEEDS, table) if seen == (_STORED, table) else seen

    def _place(self, inside: Name, schema: str, name: str) -> Name:
        """Where ``name`` belongs when the SQL of ``inside`` says it."""
        if schema:
            return schema, name
        if inside[0] != _STEPS:
            return inside[0], name
        if (_STEPS, name) in self.texts:
            return _STEPS, name
        return (self._lens if (self._lens, name) in self.texts else _STORED), name


def _select_of(view: str) -> str:
    """The query of a ``CREATE VIEW name AS query;``."""
    return view.split(" AS ", 1)[1].rstrip().removesuffix(";")


def _functions(store: RecordStore) -> str:
    """The functions the engine defines for the steps, as text."""
    engine = DuckDBEngine(store, [dt.date(2000, 1, 1)])
    try:
        found = engine.rows(
            "SELECT function_name, parameters, macro_definition FROM duckdb_functions()"
            " WHERE function_type = 'macro' AND NOT internal ORDER BY ALL"
        )
    finally:
        engine.close()
    return str(found)
