"""``wagewatch demo``: a whole synthetic county, from records to the running service."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from risk.errors import WagewatchError
from risk.unit_kinds import KINDS
from risk.workspace import Workspace
from serving.cli.context import DEFAULT_WORKSPACE, WORKSPACE_VARIABLE, Job, job_of
from serving.cli.output import line, note, progress, row_progress
from serving.cli.resources import make_workspace, open_database, open_records, open_settings
from serving.watchlists.commands import show

if TYPE_CHECKING:
    from serving.settings import Settings

DEMO_WORKSPACE = "demo-workspace"
SYNTHETIC = "synthetic-records"
END = dt.date(2025, 12, 31)
DATES = (dt.date(2025, 12, 1), dt.date(2026, 1, 1))


class DemoWouldMix(WagewatchError):
    """The workspace holds other records; synthetic ones must not lie beside them."""

    code = "demo_would_mix"


def demo(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    projects: Annotated[int, typer.Option("--projects", min=20)] = 300,
    months: Annotated[int, typer.Option("--months", min=12)] = 48,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535)] = None,
) -> None:
    """Simulate, import, train, publish two lists, brief, show, serve; again it shows and serves."""
    job = _demo_job(job_of(context))
    if _ready(job):
        note(job.say("demo.ready", path=str(job.workspace.root)))
    else:
        _prepare(job, projects=projects, months=months, seed=seed)
    show(job, max(DATES), "", "table")
    line(job.say("demo.done", path=str(job.workspace.root)))
    if serve:
        from serving.cli.serve import serve_workspace

        serve_workspace(job, port=port)


def _demo_job(job: Job) -> Job:
    chosen = str(job.workspace.root) != DEFAULT_WORKSPACE or WORKSPACE_VARIABLE in os.environ
    return job if chosen else replace(job, workspace=Workspace(Path(DEMO_WORKSPACE)))


def _ready(job: Job) -> bool:
    from serving.watchlists.repository import WatchlistRepository

    if not job.workspace.settings_file.exists():
        return False
    if not (job.workspace.root / SYNTHETIC).is_dir():
        raise DemoWouldMix(path=str(job.workspace.root))
    with open_database(job, open_settings(job)) as database:
        return len(WatchlistRepository(database).summaries()) >= len(DATES)


def _prepare(job: Job, *, projects: int, months: int, seed: int) -> None:
    from risk.intake.importer import import_paths
    from risk.simulator import simulate

    records = job.workspace.root / SYNTHETIC
    records.mkdir(parents=True, exist_ok=True)
    make_workspace(job)
    note(job.say("demo.simulating", projects=projects, months=months))
    with progress() as step:
        simulate(records, projects=projects, months=months, seed=seed, end=END, progress=step)
    note(job.say("demo.importing"))
    with row_progress() as step:
        import_paths(job.workspace, [records], today=max(DATES), progress=step)
    _train_and_publish(job, open_settings(job))


def _train_and_publish(job: Job, settings: Settings) -> None:
    from serving.publishing.context import PublishRequest
    from serving.publishing.hooks import publish_context
    from serving.publishing.pipeline import publish_watchlist
    from serving.settings import places_of
    from training.pipeline import Search, train_and_register

    note(job.say("demo.training", as_of=DATES[0]))
    for kind in KINDS:
        with progress() as step:
            train_and_register(
                job.workspace,
                DATES[0],
                who="demo",
                places=places_of(settings, kind),
                search=Search(settings.training.trials, settings.seed),
                progress=step,
                kind=kind,
            )
    for as_of in DATES:
        note(job.say("demo.publishing", as_of=as_of))
        with open_records(job) as store, open_database(job, settings) as database:
            for kind in KINDS:
                base = publish_context(job.workspace, store, database, settings)
                with progress() as step:
                    request = PublishRequest(as_of, places_of(settings, kind), "", "demo")
                    publish_watchlist(base.for_kind(kind), request, step)
    _brief(job, settings)


def _brief(job: Job, settings: Settings) -> None:
    from serving.cli.monthly import FOLDER, write_briefings
    from serving.publishing.hooks import publish_context

    folder = job.workspace.root / FOLDER / str(max(DATES))
    folder.mkdir(parents=True, exist_ok=True)
    note(job.say("demo.briefing", path=str(folder)))
    with open_records(job) as store, open_database(job, settings) as database:
        office = publish_context(job.workspace, store, database, settings)
        write_briefings(office, max(DATES), "", folder)
