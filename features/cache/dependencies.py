"""The stored tables a family depends on, and a digest of the SQL involved.

Dependencies are followed from the steps of the family through the steps and views they read, down
to stored tables; :mod:`features.sql_tables` finds the names. Of the step ``feeds`` only the flags
a family uses count: a flag depends on whether a table has any row, not on its rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from features.catalogue import Family
from features.engines.duckdb import FUNCTIONS
from features.feature_sets import FEATURE_SETS
from features.matrix import steps
from features.sql_tables import ParsedQuery, parse
from risk.contract import STORED_TABLES, TABLES
from risk.flags.minimum_wages import minimum_wages
from risk.minimum_wage import minimum_wages_sql
from risk.store.store import RecordStore
from risk.unit_kinds import EMPLOYERS_SCHEMA

_FEEDS, _FLAG = "feeds", "has_"
_STORED, _STEPS = "main", "steps"

Name = tuple[str, str]
"""(scope, name): the scope is the steps, a schema of the store, or ``feeds``."""


@dataclass(frozen=True)
class FamilyDependencies:
    """The dependencies of one family.

    ``tables`` are the stored tables whose rows it uses, ``feeds`` those of which it only uses
    whether they have any row. ``families`` are those whose steps must run for it, itself included.
    ``code`` is a digest of all SQL involved, down to the views of the store.
    """

    tables: frozenset[str]
    feeds: frozenset[str]
    families: frozenset[str]
    code: str


def family_dependencies(
    store: RecordStore, families: Sequence[Family]
) -> dict[str, FamilyDependencies]:
    """The dependencies of each of ``families`` by name, for the kind of unit of ``store``.

    They may read steps of any other family of that kind.
    """
    known = {family.name: family for family in (*FEATURE_SETS[store.kind].families, *families)}
    names = _Names(store, list(known.values()))
    functions = _functions(store)
    return {
        family.name: _dependencies_of(family, known.values(), names, functions)
        for family in families
    }


def feature_definitions(store: RecordStore) -> dict[str, str]:
    """A digest of the SQL of each family, by name, for the kind of unit of ``store``."""
    found = family_dependencies(store, FEATURE_SETS[store.kind].families)
    return {name: dependencies.code for name, dependencies in found.items()}


def redefined_families(
    store: RecordStore, definitions: Mapping[str, str] | None
) -> tuple[str, ...] | None:
    """The families whose digest is not that in ``definitions``; None where that is None."""
    if definitions is None:
        return None
    now = feature_definitions(store)
    return tuple(name for name, code in now.items() if definitions.get(name) != code)


def _dependencies_of(
    family: Family, known: Iterable[Family], names: _Names, functions: str
) -> FamilyDependencies:
    steps_of = {step.name: owner.name for owner in known for step in owner.steps}
    start = [(_STEPS, step.name) for step in family.steps]
    found = names.reached([*start, (_STEPS, "cohort")])
    texts = sorted((*name, names.texts[name]) for name in found if name in names.texts)
    columns = [feature.name for feature in family.features]
    content = json.dumps([texts, columns, functions]).encode()
    return FamilyDependencies(
        tables=frozenset(name for schema, name in found if schema == _STORED) & set(STORED_TABLES),
        feeds=frozenset(name for schema, name in found if schema == _FEEDS),
        families=frozenset(
            {family.name}
            | {steps_of[name] for schema, name in found if schema == _STEPS and name in steps_of}
        ),
        code=hashlib.sha256(content).hexdigest(),
    )


class _Names:
    """The SQL of all steps and views, and the names each of them reads."""

    def __init__(self, store: RecordStore, families: Sequence[Family]) -> None:
        self._store = store
        self._views = EMPLOYERS_SCHEMA if store.kind == "employer" else _STORED
        self.texts: dict[Name, str] = {
            (schema, name): _select_of(sql)
            for schema, name, sql in store.rows(
                # Temporary views limit the rows of the connection, not what a family reads.
                "SELECT schema_name, view_name, sql FROM duckdb_views()"
                " WHERE NOT internal AND NOT temporary"
            )
        }
        self.texts.update({(_STEPS, step.name): step.sql for step in steps(families)})
        wages = minimum_wages_sql(store.minimum_wages or minimum_wages())
        self.texts[_STEPS, "minimum_wages"] = wages
        self._read: dict[Name, frozenset[Name]] = {}

    def reached(self, start: Sequence[Name]) -> frozenset[Name]:
        """All names read from ``start`` on, directly or not; stored tables are ("main", name)."""
        found: set[Name] = set()
        todo = list(start)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo.extend(self._read_by(name))
        return frozenset(found)

    def _read_by(self, name: Name) -> frozenset[Name]:
        if name not in self.texts:
            return frozenset()
        if name not in self._read:
            self._read[name] = frozenset(self._resolved(name, parse(self.texts[name])))
        return self._read[name]

    def _resolved(self, inside: Name, query: ParsedQuery) -> Iterator[Name]:
        for schema, table in query.tables:
            if inside[0] == _STEPS and table == _FEEDS:
                # All flags if none is named: it may select every column.
                flags = {name for name in TABLES if f"{_FLAG}{name}" in query.columns}
                yield from (self._flag(flag) for flag in flags or TABLES)
            else:
                yield self._scoped(inside, schema, table)

    def _flag(self, table: str) -> Name:
        seen = self._scoped((_STEPS, _FEEDS), "", table)
        return (_FEEDS, table) if seen == (_STORED, table) else seen

    def _scoped(self, inside: Name, schema: str, name: str) -> Name:
        """The scope of ``name`` in the SQL of ``inside``."""
        if schema:
            return schema, name
        if inside[0] != _STEPS:
            return inside[0], name
        if (_STEPS, name) in self.texts:
            return _STEPS, name
        return (self._views if (self._views, name) in self.texts else _STORED), name


def _select_of(view: str) -> str:
    """The query in ``CREATE VIEW name AS query;``."""
    return view.split(" AS ", 1)[1].rstrip().removesuffix(";")


_shown: dict[tuple[str, ...], str] = {}
"""What :func:`_functions` returns, by the SQL that creates them."""


def _functions(store: RecordStore) -> str:
    """The definitions of the functions the engine provides for the steps, as DuckDB shows them.

    Any store shows the same, and DuckDB goes through some thousand functions for it.
    """
    if FUNCTIONS not in _shown:
        with store.cursor() as cursor:
            for sql in FUNCTIONS:
                cursor.execute(sql)
            found = cursor.execute(
                "SELECT function_name, parameters, macro_definition FROM duckdb_functions()"
                " WHERE function_type = 'macro' AND NOT internal ORDER BY ALL"
            ).fetchall()
        _shown[FUNCTIONS] = str(found)
    return _shown[FUNCTIONS]
