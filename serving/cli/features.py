"""``wagewatch features``: the feature matrix as a Parquet file."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from serving.cli.job import job_of
from serving.cli.opening import open_records
from serving.cli.options import AsOfs, Out, Unit
from serving.cli.output import line, progress, require_folder


def features(
    context: typer.Context,
    as_of: AsOfs,
    out: Out,
    engine: Annotated[Literal["duckdb"], typer.Option("--engine")] = "duckdb",
    kind: Unit = "project",
) -> None:
    """One row per project and date, one column per feature."""
    from serving.modelling import write_features

    job = job_of(context)
    require_folder(out)
    with open_records(job) as store, progress() as step:
        rows = write_features(store.seen_as(kind), as_of, out, step)
    line(job.say("features_written", rows=rows, path=str(out)))
