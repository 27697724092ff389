"""``wagewatch train``: a new model, and whether it takes the place of the old one."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.job import job_of, user_name
from serving.cli.opening import open_records, open_settings, take_in_what_was_sent
from serving.cli.options import AsOf
from serving.cli.output import line, note, progress

Trials = Annotated[int | None, typer.Option("--trials", min=0, max=200)]


def train(context: typer.Context, as_of: AsOf, trials: Trials = None) -> None:
    """Train on what was known before a date, register, promote if the gate passes."""
    from serving.modelling import train_and_register

    job = job_of(context)
    settings = open_settings(job)
    take_in_what_was_sent(job, settings)
    open_records(job).close()
    with progress() as step:
        run = train_and_register(
            job.workspace,
            as_of,
            who=user_name(),
            places=settings.policy.capacity,
            trials=settings.training.trials if trials is None else trials,
            seed=settings.seed,
            progress=step,
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
