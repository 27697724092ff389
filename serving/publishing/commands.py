"""``wagewatch publish``: seals a watchlist."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.context import job_of, user_name
from serving.cli.options import AsOf, Region, Unit
from serving.cli.output import line, note, progress
from serving.cli.resources import open_database, open_records, open_settings, take_in_what_was_sent


def publish(
    context: typer.Context,
    as_of: AsOf,
    capacity: Annotated[int | None, typer.Option("--capacity", min=1, max=100_000)] = None,
    region: Region = "",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME")] = None,
    kind: Unit = "project",
) -> None:
    """Score the cohort, choose the list, seal it with everything behind it."""
    from serving.publishing.context import PublishRequest
    from serving.publishing.hooks import publish_context
    from serving.publishing.pipeline import publish_watchlist
    from serving.settings import places_of

    job = job_of(context)
    settings = open_settings(job)
    take_in_what_was_sent(job, settings)
    places = capacity or places_of(settings, kind)
    request = PublishRequest(as_of, places, region, by or user_name())
    with (
        open_records(job) as store,
        open_database(job, settings) as database,
        progress() as step,
    ):
        publishing = publish_context(job.workspace, store, database, settings)
        done = publish_watchlist(publishing.for_kind(kind), request, step)
    if done.scorecard_events is not None:
        note(job.say("scorecard_scored", events=done.scorecard_events))
    key = "published" if done.new else "published_before"
    line(job.say(key, as_of=as_of, entries=done.entries, cohort=done.cohort, digest=done.digest))
