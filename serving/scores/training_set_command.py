"""``wagewatch training-set``: features with labels, as models are fitted on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from serving.terminal.context import CliContext, cli_context
from serving.terminal.dates import required_dates
from serving.terminal.options import AsOfOrNone, From, KindOption, Out, To
from serving.terminal.output import atomic_write, print_line, progress, require_parent_folder
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from risk.unit_kinds import Kind
    from serving.settings import Settings
    from training.analysis.training_table import Draws


def training_set(
    context: typer.Context,
    first: From,
    last: To,
    out: Out,
    as_of: AsOfOrNone = None,
    kind: KindOption = "project",
) -> None:
    """One row per project and date: features, label, how it was seen, fold, groups."""
    import pyarrow.compute as pc

    from serving.office_values import office_minimum_wages
    from serving.scores.table_file import table_format, write_table
    from training.analysis.training_table import training_table
    from training.evaluation.walk_forward import end_of_records

    cli = cli_context(context)
    dates = required_dates(cli, None, first, last)
    require_parent_folder(out)
    form = table_format(out)
    settings = open_settings(cli)
    with open_records(cli) as opened, progress() as step:
        opened.minimum_wages = office_minimum_wages(cli.workspace, settings)
        store = opened.for_kind(kind)
        table = training_table(
            store,
            dates,
            as_of or end_of_records(store),
            cache_dir=cli.workspace.features,
            progress=step,
            draws=_draws(cli, settings, kind),
        )
    with atomic_write(out) as temporary:
        write_table([table], temporary, form)
    labels = table["label"]
    labelled, events = len(labels) - labels.null_count, pc.sum(labels).as_py() or 0
    print_line(
        cli.text(
            "training_set_written", rows=len(labels), labelled=labelled, events=events, path=out
        )
    )


def _draws(cli: CliContext, settings: Settings, kind: Kind) -> Draws:
    from serving.watchlists.history import stated_draws
    from serving.watchlists.repository import WatchlistRepository

    with open_database(cli, settings) as database:
        return stated_draws(WatchlistRepository(database, kind))
