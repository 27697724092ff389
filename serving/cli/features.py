"""``wagewatch features``: the feature matrix as Parquet."""

from __future__ import annotations

import typer

from serving.cli.job import Job, job_of
from serving.cli.opening import open_records, records_in
from serving.cli.options import AsOfs, EngineName, OutOfEngine, Records, Unit
from serving.cli.output import line, progress, require_file


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
    if engine == "spark":
        rows = _by_spark(job, as_of, out, records, kind)
    else:
        from serving.modelling import write_features

        path = require_file(out)
        with records_in(job, records) as store, progress() as step:
            rows = write_features(store.seen_as(kind), as_of, path, step)
    line(job.say("features_written", rows=rows, path=out))


def _by_spark(job: Job, as_of: AsOfs, out: str, records: str | None, kind: Unit) -> int:
    from serving.on_spark import records_for_spark, write_features

    with records_for_spark(records, lambda: open_records(job)) as folder, progress() as step:
        return write_features(folder, as_of, out, kind, step)
