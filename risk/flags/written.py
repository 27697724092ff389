"""Red flags that another engine found: a folder of rows for each rule, and their digest."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

from risk.flags.engine import rule_sql
from risk.flags.law import Law
from risk.flags.rule import Rule
from risk.flags.rules import RULES
from risk.flags.snapshot import TERM_FUNCTIONS, create_snapshot
from risk.store import known_query
from risk.store.settled import SETTLED_SQL

FLAGS_FOLDER = "_flags"
"""Its name in the folder of a date. Readers of Parquet pass over names that begin with an
underscore."""


def written_rows_sql(folder: Path, rule: Rule) -> str:
    """SQL of the rows of ``rule`` below ``folder``, as :func:`rule_sql` gives them.

    Raises:
        WrittenRowsMissing: there is no file of them.
    """
    return known_query.written_rows_sql(folder / FLAGS_FOLDER / rule.code)


def flags_digest(as_of: dt.date, law: Law) -> str:
    """SHA-256 over all that decides the flags of ``as_of`` besides the records."""
    tables = _Recorded()
    create_snapshot(tables, as_of, None, law, f"({SETTLED_SQL})")
    rules = {rule.code: rule_sql(rule) for rule in RULES}
    made = [tables.created, rules, [astuple(function) for function in TERM_FUNCTIONS]]
    return hashlib.sha256(json.dumps(made, default=str).encode()).hexdigest()


class _Recorded:
    """Keeps what would be created; see :class:`risk.flags.snapshot.SnapshotTables`."""

    def __init__(self) -> None:
        self.created: list[tuple[object, ...]] = []

    def create(self, name: str, sql: str) -> None:
        self.created.append((name, sql))

    def create_of_rows(
        self, name: str, kinds: Mapping[str, str], rows: Sequence[tuple[object, ...]]
    ) -> None:
        self.created.append((name, dict(kinds), list(rows)))

    def create_functions(self) -> None:
        pass
