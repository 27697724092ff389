"""``wagewatch records``: contents of the record store; Parquet export and import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.clock import office_time, today
from serving.errors import CommandError
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import JsonFlag
from serving.terminal.output import cell_text, print_json, print_line, print_table, progress
from serving.terminal.resources import make_workspace, open_records

if TYPE_CHECKING:
    from risk.contract import Field, Table
    from risk.intake.import_accounts import ImportAccount
    from risk.store.store import FeedSpan

GROUP = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

_COUNTS = ("read", "accepted", "quarantined", "set_aside")
_FILES_SHOWN = 3

Folder = Annotated[str, typer.Argument(metavar="FOLDER")]


class RecordsFolderElsewhere(CommandError):
    """Records are exported to and imported from local folders only; a URL was given."""

    code = "records_folder_elsewhere"


class UnreadableColumnUnknown(CommandError):
    """The table has no such optional column. Carries ``table``, ``found`` and ``allowed``."""

    code = "unreadable_column_unknown"


@GROUP.callback()
def records(context: typer.Context, json: JsonFlag = False) -> None:
    """Rows, versions and dates per table; missing feeds; waiting rows."""
    if context.invoked_subcommand is not None:
        return
    from risk.intake.orphan_rows import orphan_rows
    from risk.intake.quarantine import quarantined_counts
    from serving.ingest.open_complaints import (
        day_after_today,
        open_complaint_counts,
        open_complaint_lines,
    )
    from training.dataset.labels import event_log

    cli = cli_context(context)
    with open_records(cli) as store:
        feeds, missing = store.feeds(), store.missing_feeds()
        waiting, quarantined = orphan_rows(store), quarantined_counts(store)
        complaints = open_complaint_counts(store)
        complete = event_log(store, day_after_today()).completeness
    found = complete.to_document() if complete else None
    if json:
        tables = [
            {
                **asdict(feed),
                "waiting": waiting[feed.table],
                "quarantined": quarantined[feed.table],
            }
            for feed in feeds
        ]
        counts = {"missing_feeds": missing, "complaints": complaints, "completeness": found}
        print_json({"tables": tables, **counts})
        return
    _show(cli, feeds, waiting, quarantined)
    if missing:
        print_line(cli.text("records.missing", tables=", ".join(missing)))
    for line in open_complaint_lines(complaints, cli.language):
        print_line(line)
    if found and any(band["cases"] for band in found["bands"]):
        _show_completeness(cli, found)


def _show_completeness(cli: CliContext, found: Mapping[str, Any]) -> None:
    from serving.completeness_text import completeness_lines, completeness_table

    for line in completeness_lines(found, cli.language):
        print_line(line)
    headings, rows = completeness_table(found, cli.language)
    print_table(headings, rows, right=(1, 2, 3))


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
    from risk.intake.identifier_forms import forget_shapes
    from risk.store.parquet_export import import_records

    cli = cli_context(context)
    place = _on_this_machine(folder)
    make_workspace(cli)
    with open_records(cli, read_only=False) as store, progress() as step:
        taken = import_records(store, place, step)
        forget_shapes(store)
    if json:
        print_json({"tables": [asdict(one) for one in taken]})
        return
    headings = [cli.text(f"records_folder.{name}") for name in ("table", "rows", "stored")]
    print_table(
        headings, [[one.table, str(one.rows), str(one.stored)] for one in taken], right=(1, 2)
    )


@GROUP.command("imports")
def imports(context: typer.Context, json: JsonFlag = False) -> None:
    """Past imports: when, who, which files, and their rows; the newest first."""
    from risk.intake.import_accounts import stored_accounts

    cli = cli_context(context)
    with open_records(cli) as store:
        accounts = stored_accounts(store)
    if json:
        print_json({"imports": [_account_json(one) for one in accounts]})
        return
    if not accounts:
        print_line(cli.text("records.no_imports"))
        return
    names = ("at", "who", "files", *_COUNTS)
    rows = [
        [
            office_time(one.at.replace(tzinfo=dt.UTC)).strftime("%Y-%m-%d %H:%M"),
            one.who,
            _files_text(cli, one.files),
            *(str(_rows_of(one, name)) for name in _COUNTS),
        ]
        for one in accounts
    ]
    print_table([cli.text(f"records.{name}") for name in names], rows, right=(3, 4, 5, 6))


def _account_json(account: ImportAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "at": account.at.replace(tzinfo=dt.UTC).isoformat(),
        "who": account.who,
        "files": list(account.files),
        **{name: _rows_of(account, name) for name in _COUNTS},
        "account": account.account,
    }


def _rows_of(account: ImportAccount, name: str) -> int:
    return sum(file[name] for file in account.account["files"])


def _files_text(cli: CliContext, files: Sequence[str]) -> str:
    shown = "、".join(files[:_FILES_SHOWN])
    more = len(files) - _FILES_SHOWN
    return shown if more <= 0 else shown + cli.text("import.and_more", more=more)


@GROUP.command("look")
def look(context: typer.Context, json: JsonFlag = False) -> None:
    """Optional cells that could not be read, by column and text."""
    from risk.contract import STORED_TABLES
    from risk.intake.unreadable_cells import unreadable_groups

    cli = cli_context(context)
    with open_records(cli) as store:
        groups = unreadable_groups(store)
    if json:
        print_json({"cells": [asdict(group) for group in groups]})
        return
    if not groups:
        print_line(cli.text("look.nothing"))
        return
    rows = []
    for group in groups:
        table = STORED_TABLES[group.table]
        heading = table.field(group.field).zh
        rows.append([table.zh, heading, group.raw, str(group.rows), group.message(cli.language)])
    headings = [cli.text(f"look.{name}") for name in ("table", "field", "raw", "rows", "why")]
    print_table(headings, rows, right=(3,))
    print_line(cli.text("look.how"))


@GROUP.command("answer")
def answer(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE")],
    field: Annotated[str, typer.Argument(metavar="FIELD")],
    raw: Annotated[str, typer.Argument(metavar="RAW")],
    value: Annotated[str, typer.Argument(metavar="VALUE")],
) -> None:
    """Answer all unreadable cells with the same text in one column."""
    from risk.intake.unreadable_cells import answer_cells

    cli = cli_context(context)
    answered, column = _column(table, field)
    with open_records(cli, read_only=False) as store:
        rows = answer_cells(store, answered, column, raw, value, today=today(), who=os_user_name())
    print_line(cli.text("look.mended", rows=rows))


@GROUP.command("merge")
def merge(
    context: typer.Context,
    made: Annotated[str, typer.Argument(metavar="ID")] = "",
    every: Annotated[bool, typer.Option("--all", help="All projects that are listed.")] = False,
    json: JsonFlag = False,
) -> None:
    """Projects with an id made from the name and a code; confirm that both are one."""
    from risk.intake.project_merges import merge_project, project_pairs
    from serving.ingest.sealed_lists import seal_recorder

    cli = cli_context(context)
    if not (made or every):
        _show_pairs(cli, json)
        return
    record_seals = seal_recorder(cli)
    with open_records(cli, read_only=False) as store:
        if record_seals:
            record_seals(store)
        confirmed = [made] if made else [one.made for one in project_pairs(store)]
        rows = [merge_project(store, one, today=today(), who=os_user_name()) for one in confirmed]
    if json:
        print_json({"confirmed": len(confirmed), "rows": sum(rows)})
        return
    print_line(cli.text("merge.merged", projects=len(confirmed), rows=sum(rows)))


def _show_pairs(cli: CliContext, json: bool) -> None:
    from risk.intake.project_merges import project_pairs

    with open_records(cli) as store:
        pairs = project_pairs(store)
    if json:
        print_json({"projects": [asdict(one) for one in pairs]})
        return
    if not pairs:
        print_line(cli.text("merge.nothing"))
        return
    names = ("name", "county", "made", "code")
    rows = [[getattr(one, name) for name in names] for one in pairs]
    print_table([cli.text(f"merge.{name}") for name in names], rows)
    print_line(cli.text("merge.how"))


def _column(table: str, field: str) -> tuple[Table, Field]:
    from risk.contract import STORED_TABLES
    from risk.intake.row_parser import optional_fields
    from risk.intake.unreadable_cells import field_called

    tables = {name: one for one in STORED_TABLES.values() for name in (one.name, one.zh)}
    if table not in tables:
        raise UnreadableColumnUnknown(table=table, found=field, allowed=", ".join(STORED_TABLES))
    found = tables[table]
    column = field_called(found, field)
    if column is None:
        allowed = ", ".join(one.zh for one in found.fields if one.name in optional_fields(found))
        raise UnreadableColumnUnknown(table=found.zh, found=field, allowed=allowed)
    return found, column


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
