"""``wagewatch records``: contents of the record store; Parquet export and import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.errors import CommandError
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import JsonFlag
from serving.terminal.output import cell_text, print_json, print_line, print_table, progress
from serving.terminal.resources import make_workspace, open_records

if TYPE_CHECKING:
    from risk.store.store import FeedSpan

GROUP = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

Folder = Annotated[str, typer.Argument(metavar="FOLDER")]


class RecordsFolderElsewhere(CommandError):
    """Records are exported to and imported from local folders only; a URL was given."""

    code = "records_folder_elsewhere"


@GROUP.callback()
def records(context: typer.Context, json: JsonFlag = False) -> None:
    """Rows, versions and dates per table; missing feeds; waiting rows."""
    if context.invoked_subcommand is not None:
        return
    from risk.intake.orphan_rows import orphan_rows
    from risk.intake.quarantine import quarantined_counts
    from serving.ingest.open_complaints import open_complaint_counts, open_complaint_lines

    cli = cli_context(context)
    with open_records(cli) as store:
        feeds, missing = store.feeds(), store.missing_feeds()
        waiting, quarantined = orphan_rows(store), quarantined_counts(store)
        complaints = open_complaint_counts(store)
    if json:
        tables = [
            {
                **asdict(feed),
                "waiting": waiting[feed.table],
                "quarantined": quarantined[feed.table],
            }
            for feed in feeds
        ]
        print_json({"tables": tables, "missing_feeds": missing, "complaints": complaints})
        return
    _show(cli, feeds, waiting, quarantined)
    if missing:
        print_line(cli.text("records.missing", tables=", ".join(missing)))
    for line in open_complaint_lines(complaints, cli.language):
        print_line(line)


@GROUP.command("export")
def export(context: typer.Context, folder: Folder) -> None:
    """All versions of all records as Parquet, by table and year."""
    from risk.store.parquet_export import export_records

    cli = cli_context(context)
    place = _on_this_machine(folder)
    with open_records(cli) as store, progress() as step:
        rows = export_records(store, place, step)
    count, tables = sum(rows.values()), len(rows)
    print_line(cli.text("records_folder.exported", rows=count, tables=tables, path=folder))


@GROUP.command("import")
def import_(context: typer.Context, folder: Folder, json: JsonFlag = False) -> None:
    """Import what ``export`` wrote; creates the workspace if there is none."""
    from risk.store.parquet_export import import_records

    cli = cli_context(context)
    place = _on_this_machine(folder)
    make_workspace(cli)
    with open_records(cli, read_only=False) as store, progress() as step:
        taken = import_records(store, place, step)
    if json:
        print_json({"tables": [asdict(one) for one in taken]})
        return
    headings = [cli.text(f"records_folder.{name}") for name in ("table", "rows", "stored")]
    print_table(
        headings, [[one.table, str(one.rows), str(one.stored)] for one in taken], right=(1, 2)
    )


def _on_this_machine(folder: str) -> Path:
    """Return the folder as a path; a URL would become a folder named ``s3:``."""
    if "://" in folder:
        raise RecordsFolderElsewhere(path=folder)
    return Path(folder)


def _show(
    cli: CliContext,
    feeds: Sequence[FeedSpan],
    waiting: Mapping[str, int],
    quarantined: Mapping[str, int],
) -> None:
    from risk.contract import STORED_TABLES

    names = ("table", "name", "rows", "versions", "first", "last", "waiting", "quarantined")
    rows = [
        [
            feed.table,
            STORED_TABLES[feed.table].zh,
            str(feed.rows),
            str(feed.versions),
            cell_text(feed.first_known_at),
            cell_text(feed.last_known_at),
            str(waiting[feed.table]),
            str(quarantined[feed.table]),
        ]
        for feed in feeds
    ]
    print_table([cli.text(f"records.{name}") for name in names], rows, right=(2, 3, 6, 7))
