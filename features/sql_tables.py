"""Which tables and columns a SQL text names, by the parser of DuckDB.

A column or an alias that has the name of a table is not taken for one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from risk.store.connection import connect

_SERIALIZED = (
    "SELECT json_serialize_sql(unnest(?::VARCHAR[]), skip_null := true, skip_empty := true)"
)


@dataclass(frozen=True)
class ParsedQuery:
    """The names in a SELECT.

    ``tables`` are (schema, table) in no particular order, once per mention, the schema "" where
    the text gives none; names of its own WITH clauses are left out. ``columns`` are unqualified.
    """

    tables: tuple[tuple[str, str], ...]
    columns: frozenset[str]


_parsed: dict[str, ParsedQuery] = {}
"""What :func:`parse_all` returned, by text."""


def parse(sql: str) -> ParsedQuery:
    """The names in ``sql``, which must be a single SELECT.

    Raises:
        ValueError: it cannot be parsed.
    """
    return parse_all([sql])[0]


def parse_all(texts: Sequence[str]) -> list[ParsedQuery]:
    """The names in each of ``texts``; those that were not parsed before take one statement.

    Raises:
        ValueError: one of them cannot be parsed.
    """
    new = [sql for sql in dict.fromkeys(texts) if sql not in _parsed]
    if new:
        # A cursor of its own for each call: a connection must not be shared by threads.
        rows = _parser().cursor().execute(_SERIALIZED, [new]).fetchall()
        for sql, (tree,) in zip(new, rows, strict=True):
            _parsed[sql] = _names_in(sql, tree)
    return [_parsed[sql] for sql in texts]


def _names_in(sql: str, serialized: str) -> ParsedQuery:
    nodes: list[dict[str, Any]] = []

    def noted(node: dict[str, Any]) -> dict[str, Any]:
        nodes.append(node)
        return node

    # Noting every JSON object while it is read takes a fraction of walking the tree.
    tree = json.loads(serialized, object_hook=noted)
    if tree.get("error", True):
        raise ValueError(f"{tree.get('error_message')} in the SQL: {sql}")
    own = {cte["key"] for node in nodes for cte in node.get("cte_map", {}).get("map", ())}
    tables = (
        (node.get("schema_name", ""), node["table_name"])
        for node in nodes
        if node.get("type") == "BASE_TABLE"
    )
    columns = (node["column_names"][-1] for node in nodes if node.get("type") == "COLUMN_REF")
    return ParsedQuery(
        tuple((schema, name) for schema, name in tables if schema or name not in own),
        frozenset(columns),
    )


def tables_read(sql: str) -> frozenset[str]:
    """The unqualified names of the tables that ``sql`` reads.

    >>> sorted(tables_read("SELECT p.paid FROM pay p JOIN main.rolls USING (payroll_id)"))
    ['pay', 'rolls']
    """
    return frozenset(name for _, name in parse(sql).tables)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return connect(threads=1)
