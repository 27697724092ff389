"""Runs feature steps on Spark, over the records of a folder of Parquet.

It runs the same text as DuckDB does. The few functions the two engines do not share are defined
here once, as functions of the session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from features.catalogue import Step
from features.engines.spark_paths import DatePartitions, escape_glob
from features.sql_tables import parse
from risk.contract import STORED_TABLES, Table
from risk.store.parquet_validation import (
    FolderProblem,
    RecordsFolderEmpty,
    RecordsFolderRefused,
    wrong_type,
)
from risk.store.store import columns, versions_sql, views_for_kind
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.cteRecursionRowLimit": "-1",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
}
_FUNCTIONS = (
    "CREATE OR REPLACE TEMPORARY FUNCTION days_between(earlier DATE, later DATE) RETURNS INT"
    " RETURN datediff(later, earlier)",
    "CREATE OR REPLACE TEMPORARY FUNCTION months_later(day DATE, n INT) RETURNS DATE"
    " RETURN add_months(day, n)",
)
_TYPES = {"VARCHAR": "STRING"}
_NO_FILES = ("PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA")


class SparkEngine:
    """Keeps each step as a view of one session; what is read more than once is computed once."""

    def __init__(
        self,
        records: str,
        as_ofs: Sequence[dt.date],
        *,
        kind: Kind = "project",
        session: SparkSession,
        known_before: dt.date | None = None,
    ) -> None:
        """An engine for ``as_ofs`` over the folder ``records`` (a path or an address Spark reads).

        With ``known_before`` nothing known on or after that day was ever told.

        Raises:
            RecordsFolderEmpty: there is no such folder, or no records in it.
            RecordsFolderRefused: a column is missing or is not of the contract's type.
        """
        self.kind = kind
        self.session = session.newSession()
        self._as_ofs = sorted(set(as_ofs))
        self._views: list[str] = []
        self._problems: list[FolderProblem] = []
        for name, value in _SETTINGS.items():
            self.session.conf.set(name, value)
        for sql in _FUNCTIONS:
            self.session.sql(sql)
        days = ", ".join(f"(DATE '{day.isoformat()}')" for day in self._as_ofs)
        self.view("as_ofs", f"SELECT as_of FROM VALUES {days} AS days(as_of)")
        self._lay_out(records, known_before)

    def _lay_out(self, records: str, known_before: dt.date | None) -> None:
        stored = {name: self._stored(records, table) for name, table in STORED_TABLES.items()}
        if not any(stored.values()):
            raise RecordsFolderEmpty(path=records)
        if self._problems:
            raise RecordsFolderRefused(path=records, problems=self._problems)
        for name, table in STORED_TABLES.items():
            told = stored[name] or self.session.createDataFrame([], _schema(table))
            if known_before is not None:
                told = told.where(f"known_at < DATE '{known_before.isoformat()}'")
            self._name(f"told_{name}", told)
        for name, table in STORED_TABLES.items():
            self.view(f"told_{name}_versions", versions_sql(table, "told_"))
        for name in STORED_TABLES:
            self.view(name, f"SELECT * FROM told_{name}")
            self.view(f"{name}_versions", f"SELECT * FROM told_{name}_versions")
        for name, sql in views_for_kind(self.kind, "told_").items():
            self.view(name, sql)

    def _stored(self, records: str, table: Table) -> DataFrame | None:
        """The stored rows of ``table``; None where the folder has none."""
        from pyspark.errors import AnalysisException

        # Files count wherever they lie below the table, and folders add no columns.
        reader = self.session.read.option("recursiveFileLookup", "true")
        reader = reader.option("pathGlobFilter", "*.parquet")
        place = f"{escape_glob(records)}/{table.name}"
        try:
            held = reader.parquet(place)
        except AnalysisException as error:
            if error.getCondition() not in _NO_FILES:
                raise
            return None
        self._problems += _layout_problems(held, table)
        found = reader.schema(_schema(table)).parquet(place)
        return found.select(*(name for name, _ in _named(table)))

    def _name(self, name: str, answer: DataFrame) -> None:
        answer.createOrReplaceTempView(name)
        self._views.append(name)

    def _kept(self, answer: DataFrame) -> DataFrame:
        # Computed now and cut off from how it came about: a plan that carried all its steps along
        # would grow without end. Persisting keeps the plan and took twice as long.
        if self.session.conf.get("spark.checkpoint.dir", None):
            return answer.checkpoint()
        return answer.localCheckpoint()

    def run(self, steps: Iterable[Step], done: Callable[[str], None] | None = None) -> None:
        """Make ``steps`` ready in order; ``done`` hears each name.

        A step that exactly one other of them reads stays a view; all others are computed here.
        """
        steps = tuple(steps)
        for number, step in enumerate(steps):
            answer = self.session.sql(step.sql)
            if not step.inlined and _reads(step.name, steps[number + 1 :]) != 1:
                answer = self._kept(answer)
            self._name(step.name, answer)
            if done:
                done(step.name)

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to ``sql``, held in memory: for what is known to be small."""
        return self.frame(sql, parameters).toArrow()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The same as plain rows."""
        return [tuple(row) for row in self.frame(sql, parameters).collect()]

    def view(self, name: str, sql: str, *, materialised: bool = False) -> None:
        """Create the temporary view ``name``; ``materialised`` if it is read more than once."""
        answer = self.session.sql(sql)
        self._name(name, self._kept(answer) if materialised else answer)

    def frame(self, sql: str, parameters: Sequence[object] = ()) -> DataFrame:
        """The answer to ``sql`` where it lies."""
        values: list[Any] = list(parameters)
        return self.session.sql(sql, args=values) if values else self.session.sql(sql)

    def write(self, sql: str, folder: str) -> None:
        """Write the answer to ``FOLDER/as_of=YYYY-MM-DD/part-*.parquet``; see :class:`Engine`."""
        self.write_frame(self.frame(sql), folder)

    def write_frame(self, frame: DataFrame, folder: str) -> None:
        """The same for what was made outside SQL; the executors write."""
        days = DatePartitions(self.session, folder, self._as_ofs)
        frame.write.mode("overwrite").partitionBy("as_of").parquet(folder)
        days.clear()

    def close(self) -> None:
        """Forget the steps, so that Spark clears them; the session it was given stays open."""
        for name in self._views:
            self.session.catalog.dropTempView(name)
        self._views.clear()


def _named(table: Table) -> list[tuple[str, str]]:
    return [*columns(table), ("arrival", "BIGINT")]


def _schema(table: Table) -> str:
    return ", ".join(f"{name} {_TYPES.get(kind, kind)}" for name, kind in _named(table))


def _layout_problems(held: DataFrame, table: Table) -> list[FolderProblem]:
    """As the checks of DuckDB; the columns ``held`` are those of one file, the others must fit."""
    types = {field.name: field.dataType.simpleString().upper() for field in held.schema}
    problems = []
    for name, kind in _named(table):
        if name not in types:
            problems.append(FolderProblem("missing_column", f"{table.name}.{name}"))
        elif types[name] != _TYPES.get(kind, kind):
            problems.append(wrong_type(table, name, types[name], kind))
    return problems


def _reads(name: str, later: Sequence[Step]) -> int:
    return sum(table == name for step in later for _, table in parse(step.sql).tables)
