"""``wagewatch score``: every project of the cohort, as CSV."""

from __future__ import annotations

import typer

from serving.cli.job import job_of
from serving.cli.opening import open_records, open_settings
from serving.cli.options import AsOf, Out, Unit
from serving.cli.output import line, note, progress, require_folder, to_file


def score(context: typer.Context, as_of: AsOf, out: Out, kind: Unit = "project") -> None:
    """project_id, probability, tier and model of every project of the cohort."""
    from serving.exports.scores import scores_csv
    from serving.modelling import score_cohort

    job = job_of(context)
    require_folder(out)
    settings = open_settings(job)
    with open_records(job) as store, progress() as step:
        scored = score_cohort(job.workspace, store.seen_as(kind), as_of, step)
    to_file(out, scores_csv(scored, settings.tiers))
    if scored.model.kind == "scorecard":
        note(job.say("scorecard_scored", events=scored.model.events))
    line(job.say("scored", projects=len(scored.cohort.projects), path=str(out)))
