"""``wagewatch demo``: a synthetic county, from records to the running service."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from risk.unit_kinds import KINDS
from risk.workspace import Workspace
from serving.errors import CommandError
from serving.terminal.context import (
    DEFAULT_WORKSPACE,
    WORKSPACE_VARIABLE,
    CliContext,
    cli_context,
    os_user_name,
    workspace_at,
)
from serving.terminal.output import print_line, print_note, progress, row_progress
from serving.terminal.resources import make_workspace, open_database, open_records, open_settings
from serving.watchlists.commands import show

if TYPE_CHECKING:
    from serving.settings import Settings

DEMO_WORKSPACE = "demo-workspace"
SYNTHETIC, LEDGERS = "synthetic-records", "synthetic-ledgers"
END = dt.date(2025, 12, 31)
DATES = (dt.date(2025, 12, 1), dt.date(2026, 1, 1))


class DemoWouldMix(CommandError):
    """The workspace has other records, which must not be mixed with synthetic ones."""

    code = "demo_would_mix"


def demo(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    projects: Annotated[int, typer.Option("--projects", min=20)] = 300,
    months: Annotated[int, typer.Option("--months", min=12)] = 48,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535)] = None,
) -> None:
    """Simulate, try and import ledgers, train, publish two lists, brief, show, serve.

    A repeat shows and serves.
    """
    cli = _demo_job(cli_context(context))
    if _ready(cli):
        print_note(cli.text("demo.ready", path=str(cli.workspace.root)))
    else:
        _prepare(cli, projects=projects, months=months, seed=seed)
    show(cli, max(DATES), "", "table")
    print_line(cli.text("demo.done", path=str(cli.workspace.root)))
    if serve:
        from serving.cli.serve import serve_workspace

        serve_workspace(cli, port=port)


def _demo_job(cli: CliContext) -> CliContext:
    chosen = str(cli.workspace.root) != DEFAULT_WORKSPACE or WORKSPACE_VARIABLE in os.environ
    return cli if chosen else replace(cli, workspace=workspace_at(Path(DEMO_WORKSPACE)))


def _ready(cli: CliContext) -> bool:
    from serving.watchlists.repository import WatchlistRepository

    if not cli.workspace.settings_file.exists():
        return False
    if not (cli.workspace.root / SYNTHETIC).is_dir():
        raise DemoWouldMix(path=str(cli.workspace.root))
    with open_database(cli, open_settings(cli)) as database:
        return len(WatchlistRepository(database).summaries()) >= len(DATES)


def _prepare(cli: CliContext, *, projects: int, months: int, seed: int) -> None:
    from risk.simulator import place_names, simulate, write_ledgers

    records, ledgers = cli.workspace.root / SYNTHETIC, cli.workspace.root / LEDGERS
    records.mkdir(parents=True, exist_ok=True)
    make_workspace(cli)
    _name_places(cli.workspace, place_names(projects))
    print_note(cli.text("demo.simulating", projects=projects, months=months))
    with progress() as step:
        simulate(records, projects=projects, months=months, seed=seed, end=END, progress=step)
    for path in write_ledgers(records, ledgers):
        print_note(cli.text("demo.ledger", path=str(path)))
    _confirm_layouts(cli, ledgers)
    _import(cli, records, ledgers)
    _train_and_publish(cli, open_settings(cli))


def _name_places(workspace: Workspace, names: Mapping[str, str]) -> None:
    """Write the names of the made-up regions into the settings."""
    lines = "".join(f'{code} = "{name}"\n' for code, name in names.items())
    settings = workspace.settings_file.read_text(encoding="utf-8")
    named = settings.replace("\n[places]\n", f"\n[places]\n{lines}")
    workspace.settings_file.write_text(named, encoding="utf-8")


def _confirm_layouts(cli: CliContext, ledgers: Path) -> None:
    """Try the ledgers, show what is proposed, and confirm it in the place of a person."""
    from risk.intake.layouts.layout import read_layouts
    from serving.ingest.layouts_commands import confirm_layout
    from serving.ingest.try_files import try_import

    print_note(cli.text("demo.trying"))
    try_import(cli, [ledgers], json=False)
    for layout in read_layouts(cli.workspace.layouts):
        confirm_layout(cli, layout.name, "demo")


def _import(cli: CliContext, records: Path, ledgers: Path) -> None:
    """Import everything and show the account of the ledgers."""
    from risk.intake.importer import import_paths
    from serving.ingest.texts import account_lines

    print_note(cli.text("demo.importing"))
    with row_progress() as step:
        report = import_paths(
            cli.workspace, [ledgers, records], today=max(DATES), who="demo", progress=step
        )
    books = tuple(file for file in report.files if file.reading.layouts)
    for line in account_lines(replace(report, files=books, notes=(), skipped=()), cli.language):
        print_line(line)
    others = [file for file in report.files if file not in books]
    rows = sum(file.accepted for file in others)
    print_line(cli.text("demo.others", files=len(others), rows=rows))


def _train_and_publish(cli: CliContext, settings: Settings) -> None:
    from serving.office_values import office_minimum_wages
    from serving.publishing.context import PublishRequest
    from serving.publishing.hooks import publish_context
    from serving.publishing.pipeline import publish_watchlist
    from serving.settings import capacity_of
    from training.pipeline import Search, run_training

    print_note(cli.text("demo.training", as_of=DATES[0]))
    for kind in KINDS:
        with progress() as step:
            run_training(
                cli.workspace,
                DATES[0],
                principal="demo",
                capacity=capacity_of(settings, kind),
                search=Search(settings.training.trials, settings.seed),
                progress=step,
                kind=kind,
                minimum_wages=office_minimum_wages(cli.workspace, settings),
            )
    for as_of in DATES:
        print_note(cli.text("demo.publishing", as_of=as_of))
        with open_records(cli) as store, open_database(cli, settings) as database:
            for kind in KINDS:
                base = publish_context(cli.workspace, store, database, settings)
                with progress() as step:
                    request = PublishRequest(as_of, capacity_of(settings, kind), "", "demo")
                    publish_watchlist(base.for_kind(kind), request, step)
    _brief(cli, settings)


def _brief(cli: CliContext, settings: Settings) -> None:
    from serving.monthly.files import FOLDER, write_briefings
    from serving.publishing.hooks import publish_context

    folder = cli.workspace.root / FOLDER / str(max(DATES))
    folder.mkdir(parents=True, exist_ok=True)
    print_note(cli.text("demo.briefing", path=str(folder)))
    with open_records(cli) as store, open_database(cli, settings) as database:
        office = publish_context(cli.workspace, store, database, settings)
        write_briefings(office, max(DATES), "", folder, os_user_name())
