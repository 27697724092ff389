"""``wagewatch score``: every project of the cohort, as CSV or Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from serving.ingest.resources import open_records_in
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import (
    AsOf,
    DossiersFlag,
    EngineName,
    FlagsFlag,
    KindOption,
    OutPath,
    Records,
)
from serving.terminal.output import (
    atomic_write,
    print_line,
    print_note,
    progress,
    require_file_path,
    write_file,
)
from serving.terminal.resources import open_settings

if TYPE_CHECKING:
    from serving.publishing.used_model import UsedModel


def score(
    context: typer.Context,
    as_of: AsOf,
    out: OutPath,
    engine: EngineName = "duckdb",
    records: Records = None,
    kind: KindOption = "project",
    *,
    flags: FlagsFlag = False,
    dossiers: DossiersFlag = False,
) -> None:
    """project_id, probability, tier and model of every project of the cohort."""
    from serving.publishing.remarks import model_info

    cli = cli_context(context)
    scored, model = (
        _by_spark(cli, as_of, out, records, kind, flags=flags, dossiers=dossiers)
        if engine == "spark"
        else _here(cli, as_of, out, records, kind)
    )
    if (note := model_info(model, kind).note) is not None:
        print_note(note.to_document()[cli.language])
    print_line(cli.text("scored", scored=scored, units=cli.text(f"units.{kind}"), path=out))


def _here(
    cli: CliContext, as_of: AsOf, out: str, records: str | None, kind: KindOption
) -> tuple[int, UsedModel]:
    from serving.office_values import office_minimum_wages
    from serving.publishing.scoring import score_probabilities
    from serving.scores.csv import scores_csv, scores_table
    from serving.scores.table_file import PARQUET_SUFFIXES, write_table

    path = require_file_path(out)
    settings = open_settings(cli)
    with open_records_in(cli, records) as store, progress() as step:
        store.minimum_wages = office_minimum_wages(cli.workspace, settings)
        scored = score_probabilities(cli.workspace, store.for_kind(kind), as_of, step)
    if path.suffix.lower() in PARQUET_SUFFIXES:
        with atomic_write(path) as temporary:
            write_table([scores_table(scored, settings.tiers)], temporary, "parquet")
    else:
        write_file(path, scores_csv(scored, settings.tiers))
    return len(scored.by_project), scored.model


def _by_spark(
    cli: CliContext,
    as_of: AsOf,
    out: str,
    records: str | None,
    kind: KindOption,
    *,
    flags: bool,
    dossiers: bool,
) -> tuple[int, UsedModel]:
    from serving.office_values import office_values
    from serving.publishing.dossier_queries import dossier_queries
    from serving.scores.spark_output import Parts, records_for_spark, require_folder, write_scores

    require_folder(out)
    settings = open_settings(cli)
    queries = dossier_queries(kind, settings.indicators.transfer_days)
    workspace = cli.workspace.require()
    with (
        records_for_spark(records, lambda: open_records_in(cli, records)) as folder,
        progress() as step,
    ):
        return write_scores(
            *(workspace, folder, as_of, out),
            kind=kind,
            tiers=settings.tiers.thresholds(),
            progress=step,
            values=office_values(workspace, settings),
            also=Parts(flags, queries if dossiers else ()),
        )
