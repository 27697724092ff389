"""``wagewatch features``: the feature matrix as Parquet."""

from __future__ import annotations

from pathlib import Path

import typer

from serving.cli.context import Job, job_of
from serving.cli.options import AsOfs, EngineName, OutOfEngine, Records, Unit
from serving.cli.output import line, progress, require_folder, writing, written_whole
from serving.cli.resources import records_in


def features(
    context: typer.Context,
    as_of: AsOfs,
    out: OutOfEngine,
    engine: EngineName = "duckdb",
    records: Records = None,
    kind: Unit = "project",
) -> None:
    """One row per project and date, one column per feature."""
    job = job_of(context)
    by_engine = _by_spark if engine == "spark" else _here
    rows = by_engine(job, as_of, out, records, kind)
    line(job.say("features_written", rows=rows, path=out))


def _here(job: Job, as_of: AsOfs, out: str, records: str | None, kind: Unit) -> int:
    from serving.scores.feature_export import write_features, write_features_by_date

    path = Path(out)
    require_folder(path)
    with records_in(job, records) as opened, progress() as step:
        store = opened.for_kind(kind)
        if out.endswith("/") or path.is_dir():
            with writing(path):
                return write_features_by_date(store, as_of, path, step)
        with written_whole(path) as beside:
            return write_features(store, as_of, beside, step)


def _by_spark(job: Job, as_of: AsOfs, out: str, records: str | None, kind: Unit) -> int:
    from serving.scores.spark_output import records_for_spark, write_features

    with records_for_spark(records, lambda: records_in(job, records)) as folder, progress() as step:
        return write_features(folder, as_of, out, kind, step)
