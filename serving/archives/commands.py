"""``wagewatch archive``: moves old lists to files, and brings them back."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import office_time
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.dates import parse_date
from serving.terminal.options import JsonFlag
from serving.terminal.output import convert_os_errors, print_json, print_line, print_note, progress
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.archives.repository import StoredList
    from serving.archives.service import ArchivePlan
    from serving.db.database import Database

GROUP = typer.Typer(rich_markup_mode=None)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", file_okay=False, exists=True)]
File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, exists=True)]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", dir_okay=False)]
Before = Annotated[dt.date, typer.Option("--before", parser=parse_date, metavar="YYYY-MM-DD")]


@GROUP.command("move")
def move(
    context: typer.Context,
    folder: Folder,
    before: Before,
    key: Key = None,
    trial: Annotated[bool, typer.Option("--try")] = False,
    compact: Annotated[bool, typer.Option("--compact")] = False,
) -> None:
    """Move the lists before a date to files, one for each, and their rows out of the database."""
    from serving.archives.service import plan_archive

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        plan = plan_archive(database, before)
        if trial:
            _show_plan(cli, database, plan)
        else:
            with convert_os_errors(folder):
                _move_lists(cli, database, plan, folder, key)
        if plan.held_back:
            print_note(cli.text("archive.held_back", lists=plan.held_back))
        if compact and not trial:
            _compact(cli, database)


@GROUP.command("verify")
def verify(context: typer.Context, file: File, key: Key = None) -> None:
    """Check a file against its manifest and seals; it needs no database."""
    from serving.archives.files import read_archive

    cli = cli_context(context)
    with read_archive(file, key) as found:
        rows = sum(found.rows.values())
        print_line(cli.text("archive.whole", path=str(file), as_of=found.as_of, rows=rows))


@GROUP.command("restore")
def restore(context: typer.Context, file: File, key: Key = None) -> None:
    """Bring the rows of an archived list back into the database."""
    from serving.archives.service import restore_list

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        done = restore_list(database, file, os_user_name(), key)
    print_line(cli.text("archive.restored", list=_name(cli, done)))


@GROUP.command("log")
def log(context: typer.Context, json: JsonFlag = False) -> None:
    """Show which lists were moved to which files, and brought back."""
    from serving.archives.repository import archive_steps

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database, database.engine.connect() as found:
        steps = list(archive_steps(found))
    if json:
        print_json([asdict(one) for one in steps])
        return
    for one in steps:
        said = cli.text(f"archive.steps.{one.step}", path=one.path, by=one.by)
        print_line(
            f"{office_time(one.at):%Y-%m-%d %H:%M} {_list_name(cli, one.as_of, one.region)}: {said}"
        )


def _show_plan(cli: CliContext, database: Database, plan: ArchivePlan) -> None:
    from serving.archives.service import projects_leaving

    for one in (*plan.unfinished, *plan.lists):
        leaving = projects_leaving(database, one)
        print_line(cli.text("archive.would_move", list=_name(cli, one), projects=leaving))
    if not (plan.unfinished or plan.lists):
        print_line(cli.text("archive.nothing"))


def _move_lists(
    cli: CliContext, database: Database, plan: ArchivePlan, folder: Path, key: Path | None
) -> None:
    from serving.archives.service import finish
    from serving.archives.service import move as move_list

    by = os_user_name()
    for number, one in enumerate((*plan.unfinished, *plan.lists)):
        with progress() as step:
            if number < len(plan.unfinished):
                done = finish(database, one, by, step)
            else:
                done = move_list(database, one, folder, by, step, key)
        about = {"list": _name(cli, one), "path": str(done.path), "projects": done.projects}
        print_line(cli.text("archive.moved", **about))
    if not (plan.unfinished or plan.lists):
        print_line(cli.text("archive.nothing"))


def _compact(cli: CliContext, database: Database) -> None:
    from serving.db.compaction import compact, stored_bytes
    from serving.db.tables import ARCHIVED

    before = stored_bytes(database.engine, ARCHIVED)
    compact(database.engine, ARCHIVED)
    after = stored_bytes(database.engine, ARCHIVED)
    sizes = {"before": f"{before / 1e6:.1f}", "after": f"{after / 1e6:.1f}"}
    print_line(cli.text("archive.compacted", **sizes))


def _name(cli: CliContext, one: StoredList) -> str:
    return _list_name(cli, one.as_of, one.region)


def _list_name(cli: CliContext, as_of: dt.date, region: str) -> str:
    return cli.text("archive.list", as_of=as_of, region=region or "*")
