"""``wagewatch train``: a new model, and whether it takes the place of the old one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from risk.unit_kinds import Kind
from serving.cli.context import Job, job_of, user_name
from serving.cli.options import AsOf, UnitOrAll
from serving.cli.output import line, note, progress
from serving.cli.resources import open_records, open_settings, take_in_what_was_sent

if TYPE_CHECKING:
    from serving.settings import Settings

Trials = Annotated[int | None, typer.Option("--trials", min=0, max=200)]


def train(
    context: typer.Context, as_of: AsOf, trials: Trials = None, kind: UnitOrAll = None
) -> None:
    """Train on what was known before a date, register, promote if the gate passes."""
    from risk.store.store import known_kinds

    job = job_of(context)
    settings = open_settings(job)
    take_in_what_was_sent(job, settings)
    with open_records(job) as store:
        wanted = [kind] if kind else known_kinds(store, as_of)
    for one in wanted:
        _train(job, settings, as_of, settings.training.trials if trials is None else trials, one)


def _train(job: Job, settings: Settings, as_of: dt.date, trials: int, kind: Kind) -> None:
    from serving.settings import places_of
    from training.pipeline import Search, train_and_register

    with progress() as step:
        run = train_and_register(
            job.workspace,
            as_of,
            who=user_name(),
            places=places_of(settings, kind),
            search=Search(trials, settings.seed),
            progress=step,
            kind=kind,
        )
    version = run.version
    line(
        job.say(
            "trained", version=version.version, kind=version.kind, positives=run.trained.positives
        )
    )
    key = "promoted" if run.decision.passed else "not_promoted"
    line(job.say(key, version=version.version))
    line(job.say(f"gate.{run.decision.grounds}"))
    for one in version.about["too_good"]:
        note(job.say("too_good", feature=one["feature"], roc_auc=f"{one['roc_auc']:.3f}"))
