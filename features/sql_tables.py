"""Which tables and columns a SQL text names, by the parser of DuckDB.

A column or an alias that has the name of a table is not taken for one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from risk.store.connection import connect

_SERIALIZED = "SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_empty := true)"


@dataclass(frozen=True)
class ParsedQuery:
    """The names in a SELECT.

    ``tables`` are (schema, table) in no particular order, once per mention, the schema "" where
    the text gives none; names of its own WITH clauses are left out. ``columns`` are unqualified.
    """

    tables: tuple[tuple[str, str], ...]
    columns: frozenset[str]


@cache
def parse(sql: str) -> ParsedQuery:
    """The names in ``sql``, which must be a single SELECT.

    Raises:
        ValueError: it cannot be parsed.
    """
    # A cursor of its own for each call: a connection must not be shared by threads.
    row = _parser().cursor().execute(_SERIALIZED, [sql]).fetchone()
    nodes: list[dict[str, Any]] = []

    def noted(node: dict[str, Any]) -> dict[str, Any]:
        nodes.append(node)
        return node

    # Noting every JSON object while it is read takes a fraction of walking the tree.
    tree = json.loads(row[0] if row else "{}", object_hook=noted)
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
