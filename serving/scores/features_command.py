"""``wagewatch features``: the feature matrix as Parquet or CSV."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from serving.ingest.resources import open_records_in
from serving.terminal.context import CliContext, cli_context
from serving.terminal.dates import required_dates
from serving.terminal.options import (
    AsOfsOrNone,
    EngineName,
    FromOrNone,
    KindOption,
    OutPath,
    Records,
    ToOrNone,
)
from serving.terminal.output import (
    atomic_write,
    convert_os_errors,
    print_line,
    progress,
    require_parent_folder,
)
from serving.terminal.resources import open_settings

if TYPE_CHECKING:
    from risk.minimum_wage import MinimumWage


def features(
    context: typer.Context,
    out: OutPath,
    *,
    as_of: AsOfsOrNone = None,
    first: FromOrNone = None,
    last: ToOrNone = None,
    engine: EngineName = "duckdb",
    records: Records = None,
    kind: KindOption = "project",
) -> None:
    """One row per project and date, one column per feature."""
    cli = cli_context(context)
    dates = required_dates(cli, as_of, first, last)
    by_engine = _by_spark if engine == "spark" else _here
    rows = by_engine(cli, dates, out, records, kind)
    print_line(cli.text("features_written", rows=rows, path=out))


def _here(
    cli: CliContext, as_of: list[dt.date], out: str, records: str | None, kind: KindOption
) -> int:
    from serving.scores.feature_export import write_features, write_features_by_date
    from serving.scores.table_file import table_format

    path = Path(out)
    require_parent_folder(path)
    by_date = out.endswith("/") or path.is_dir()
    form = "parquet" if by_date else table_format(path)
    with open_records_in(cli, records) as opened, progress() as step:
        opened.minimum_wages = _minimum_wages(cli)
        store = opened.for_kind(kind)
        if by_date:
            with convert_os_errors(path):
                return write_features_by_date(store, as_of, path, step)
        with atomic_write(path) as temporary:
            return write_features(store, as_of, temporary, step, form)


def _by_spark(
    cli: CliContext, as_of: list[dt.date], out: str, records: str | None, kind: KindOption
) -> int:
    from serving.scores.spark_output import records_for_spark, require_folder, write_features

    require_folder(out)
    wages = _minimum_wages(cli)
    with (
        records_for_spark(records, lambda: open_records_in(cli, records)) as folder,
        progress() as step,
    ):
        return write_features(folder, as_of, out, kind, step, wages)


def _minimum_wages(cli: CliContext) -> tuple[MinimumWage, ...] | None:
    """Return the minimum wages of the workspace; None without one, which a folder does not need."""
    from serving.office_values import office_minimum_wages

    if not cli.workspace.settings_file.exists():
        return None
    return office_minimum_wages(cli.workspace, open_settings(cli))
