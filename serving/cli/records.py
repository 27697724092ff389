"""``wagewatch records``: what lies in the record store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from serving.cli.job import Job, job_of
from serving.cli.opening import open_records
from serving.cli.options import Json
from serving.cli.output import as_json, line, plain, table

if TYPE_CHECKING:
    from risk.records import FeedSpan


def records(context: typer.Context, json: Json = False) -> None:
    """Rows, versions and dates per table; which feeds are missing; what waits."""
    from risk.intake.quarantine import quarantined_counts
    from risk.intake.waiting import waiting_rows

    job = job_of(context)
    with open_records(job) as store:
        feeds, missing = store.feeds(), store.missing_feeds()
        waiting, quarantined = waiting_rows(store), quarantined_counts(store)
    if json:
        tables = [
            {
                **asdict(feed),
                "waiting": waiting[feed.table],
                "quarantined": quarantined[feed.table],
            }
            for feed in feeds
        ]
        as_json({"tables": tables, "missing_feeds": missing})
        return
    _show(job, feeds, waiting, quarantined)
    if missing:
        line(job.say("records.missing", tables=", ".join(missing)))


def _show(
    job: Job,
    feeds: Sequence[FeedSpan],
    waiting: Mapping[str, int],
    quarantined: Mapping[str, int],
) -> None:
    from risk.contract import TABLES

    names = ("table", "name", "rows", "versions", "first", "last", "waiting", "quarantined")
    rows = [
        [
            feed.table,
            TABLES[feed.table].zh,
            str(feed.rows),
            str(feed.versions),
            plain(feed.first_known_at),
            plain(feed.last_known_at),
            str(waiting[feed.table]),
            str(quarantined[feed.table]),
        ]
        for feed in feeds
    ]
    table([job.say(f"records.{name}") for name in names], rows, right=(2, 3, 6, 7))
