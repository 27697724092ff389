"""Runs feature steps on Spark over a folder of Parquet records.

The SQL is the same as for DuckDB. The few functions that the two do not share are defined here as
functions of the session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from features.catalogue import Step
from features.engines.spark_paths import DatePartitions, escape_glob
from features.sql_tables import parse
from risk.contract import STORED_TABLES, Table
from risk.flags.minimum_wages import minimum_wages
from risk.minimum_wage import MinimumWage, minimum_wages_sql
from risk.store.parquet_validation import (
    FolderProblem,
    RecordsFolderEmpty,
    RecordsFolderRefused,
    wrong_type,
)
from risk.store.row_hashes import columns
from risk.store.store import MARKS, optional_columns, versions_sql, views_for_kind
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
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
    """Runs each step as a view of one session; steps read more than once are checkpointed."""

    def __init__(
        self,
        records: str,
        as_ofs: Sequence[dt.date],
        *,
        kind: Kind = "project",
        session: SparkSession,
        known_before: dt.date | None = None,
        wages: Sequence[MinimumWage] | None = None,
    ) -> None:
        """An engine for ``as_ofs`` over the folder ``records`` (a path or an address Spark reads).

        With ``known_before`` records known on or after that day are hidden. ``wages`` are the
        minimum wages, by default those shipped with the law.

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
        self.view("minimum_wages", minimum_wages_sql(wages or minimum_wages()))
        self._lay_out(records, known_before)

    def _lay_out(self, records: str, known_before: dt.date | None) -> None:
        stored = {name: self._stored(records, table) for name, table in STORED_TABLES.items()}
        if not any(stored.values()):
            raise RecordsFolderEmpty(path=records)
        if self._problems:
            raise RecordsFolderRefused(path=records, problems=self._problems)
        for name, table in STORED_TABLES.items():
            frame = stored[name] or self.session.createDataFrame([], _schema(table))
            if known_before is not None:
                frame = frame.where(f"known_at < DATE '{known_before.isoformat()}'")
            self._name(f"stored_{name}", frame)
        for name, table in STORED_TABLES.items():
            self.view(f"stored_{name}_versions", versions_sql(table, "stored_"))
        for name in STORED_TABLES:
            self.view(name, f"SELECT * FROM stored_{name}")
            self.view(f"{name}_versions", f"SELECT * FROM stored_{name}_versions")
        for name, sql in views_for_kind(self.kind, "stored_").items():
            self.view(name, sql)

    def _stored(self, records: str, table: Table) -> DataFrame | None:
        """The stored rows of ``table``; None if the folder has none."""
        from pyspark.errors import AnalysisException

        # Files may be in subfolders; names of folders add no columns.
        reader = self.session.read.option("recursiveFileLookup", "true")
        reader = reader.option("pathGlobFilter", "*.parquet")
        path = f"{escape_glob(records)}/{table.name}"
        try:
            inferred = reader.parquet(path)
        except AnalysisException as error:
            if error.getCondition() not in _NO_FILES:
                raise
            return None
        self._problems += _layout_problems(inferred, table)
        found = reader.schema(_schema(table)).parquet(path)
        return found.select(*(name for name, _ in _named(table)))

    def _name(self, name: str, answer: DataFrame) -> None:
        answer.createOrReplaceTempView(name)
        self._views.append(name)

    def _checkpoint(self, answer: DataFrame) -> DataFrame:
        # A checkpoint computes the step now and truncates its plan, which would otherwise grow with
        # every step. Persisting keeps the plan and took twice as long.
        if self.session.conf.get("spark.checkpoint.dir", None):
            return answer.checkpoint()
        return answer.localCheckpoint()

    def run(self, steps: Iterable[Step], done: Callable[[str], None] | None = None) -> None:
        """Run ``steps`` in order; ``done`` is called with the name of each.

        A step that exactly one later step reads stays a view; all others are computed now.
        """
        steps = tuple(steps)
        for number, step in enumerate(steps):
            answer = self.session.sql(step.sql)
            if not step.inlined and _reads(step.name, steps[number + 1 :]) != 1:
                answer = self._checkpoint(answer)
            self._name(step.name, answer)
            if done:
                done(step.name)

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The result of ``sql`` in memory; for small results."""
        return self.frame(sql, parameters).toArrow()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The result of ``sql`` as tuples."""
        return [tuple(row) for row in self.frame(sql, parameters).collect()]

    def view(self, name: str, sql: str, *, materialised: bool = False) -> None:
        """Create the temporary view ``name``; ``materialised`` if it is read more than once."""
        self.name(name, self.session.sql(sql), materialised=materialised)

    def name(self, name: str, frame: DataFrame, *, materialised: bool = False) -> None:
        """Create the temporary view ``name`` of ``frame``, as :meth:`view` does."""
        self._name(name, self._checkpoint(frame) if materialised else frame)

    def frame(self, sql: str, parameters: Sequence[object] = ()) -> DataFrame:
        """The result of ``sql`` as a Spark data frame."""
        values: list[Any] = list(parameters)
        return self.session.sql(sql, args=values) if values else self.session.sql(sql)

    def write(self, sql: str, folder: str) -> None:
        """Write the result to ``FOLDER/as_of=YYYY-MM-DD/part-*.parquet``; see :class:`Engine`."""
        self.write_frame(self.frame(sql), folder)

    def write_frame(self, frame: DataFrame, folder: str) -> None:
        """Write ``frame`` as :meth:`write` does; the executors write it."""
        days = DatePartitions(self.session, folder, self._as_ofs)
        frame.write.mode("overwrite").partitionBy("as_of").parquet(folder)
        days.clear()

    def close(self) -> None:
        """Drop the views, so that Spark can free them; the given session stays open."""
        for name in self._views:
            self.session.catalog.dropTempView(name)
        self._views.clear()


def _named(table: Table) -> list[tuple[str, str]]:
    return [*columns(table), ("arrival", "BIGINT"), *MARKS.items()]


def _schema(table: Table) -> str:
    return ", ".join(f"{name} {_TYPES.get(kind, kind)}" for name, kind in _named(table))


def _layout_problems(found: DataFrame, table: Table) -> list[FolderProblem]:
    """The problems that DuckDB's checks find; ``found`` has the columns of one of the files."""
    types = {field.name: field.dataType.simpleString().upper() for field in found.schema}
    problems = []
    for name, kind in _named(table):
        if name not in types and name in optional_columns(table):
            continue  # folders of earlier releases; read as NULL
        if name not in types:
            problems.append(FolderProblem("missing_column", f"{table.name}.{name}"))
        elif types[name] != _TYPES.get(kind, kind):
            problems.append(wrong_type(table, name, types[name], kind))
    return problems


def _reads(name: str, later: Sequence[Step]) -> int:
    return sum(table == name for step in later for _, table in parse(step.sql).tables)
