"""``wagewatch check``: fine, look at a feed, or retrain; the exit code says it too."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from risk.locale import text
from serving.cli.context import Job, job_of
from serving.cli.options import AsOf, Json, Unit
from serving.cli.output import as_json, line, table
from serving.cli.resources import open_database, open_records, open_settings, take_in_what_was_sent

if TYPE_CHECKING:
    from training.monitoring.check import CheckReport

EXIT_CODES = {"fine": 0, "look": 3, "retrain": 4}
_SHOWN = 15


def check(context: typer.Context, as_of: AsOf, json: Json = False, kind: Unit = "project") -> None:
    """Look at feeds, codes, drift and what past lists came to."""
    from serving.models.service import check_champion
    from serving.settings import places_of
    from serving.watchlists.repository import WatchlistRepository
    from training.json_safe import plain

    job = job_of(context)
    settings = open_settings(job)
    take_in_what_was_sent(job, settings)
    with open_records(job) as store, open_database(job, settings) as database:
        seen, lists = store.for_kind(kind), WatchlistRepository(database, kind)
        report = check_champion(job.workspace, seen, lists, as_of, places_of(settings, kind))
    if json:
        as_json(plain(asdict(report)))
    else:
        _print(job, report)
    raise typer.Exit(EXIT_CODES[report.verdict])


def _print(job: Job, report: CheckReport) -> None:
    line(job.say(f"check.verdicts.{report.verdict}"))
    for reason in report.reasons:
        line(f"- {job.say(f'check.reasons.{reason}')}")
    _feeds(job, report)
    _codes(job, report)
    _moved(job, report)
    _performance(job, report)


def _feeds(job: Job, report: CheckReport) -> None:
    for one in report.feeds:
        line(
            job.say(
                f"check.{one.trouble}",
                table=text(f"check.tables.{one.table}", job.language),
                region=f" {one.region}" if one.region else "",
                rows=one.rows,
                usual=f"{one.usual:.0f}",
                last=one.last_known or "-",
            )
        )


def _codes(job: Job, report: CheckReport) -> None:
    for one in report.codes:
        line(
            job.say(
                f"check.code_{one.change}",
                column=f"{one.table}.{one.field}",
                code=one.code,
                before=f"{one.before:.1%}",
                now=f"{one.now:.1%}",
                rows=one.rows,
            )
        )


def _moved(job: Job, report: CheckReport) -> None:
    shown = [(one, "") for one in report.moved]
    shown += [(one, job.say("check.hangs_on_feed")) for one in report.moved_with_feeds]
    if not shown:
        line(job.say("check.nothing_moved"))
        return
    line(job.say("check.moved", features=len(shown), shown=min(len(shown), _SHOWN)))
    heads = ("feature", "index", "explained", "importance", "unknown_before", "unknown_now", "note")
    rows = [
        [
            one.feature,
            f"{one.index:.2f}",
            f"{max(one.chance, one.usual):.2f}",
            f"{one.importance:.1%}",
            f"{one.unknown_before:.0%}",
            f"{one.unknown_now:.0%}",
            note,
        ]
        for one, note in shown[:_SHOWN]
    ]
    table([job.say(f"check.columns.{name}") for name in heads], rows)


def _performance(job: Job, report: CheckReport) -> None:
    from serving.models.backtest_text import shown

    coming, since, lists = report.outlook, report.since_training, report.lists
    line(
        job.say(
            "check.outlook",
            cohort=coming.cohort,
            events=f"{coming.events_expected:.0f}",
            places=coming.places,
            precision=f"{coming.precision_expected:.1%}",
        )
    )
    if since is None:
        line(job.say("check.nothing_since"))
    else:
        line(
            job.say(
                "check.since",
                months=len(since.months),
                first=since.months[0],
                last=since.months[-1],
                events=since.events,
                ratio=shown(since.ratio, job.language, 2),
                precision=shown(since.precision, job.language),
                expected=f"{since.precision_expected:.3f}",
            )
        )
    if not lists.entries and not lists.random_entries:
        line(job.say("check.no_lists"))
        return
    line(
        job.say(
            "check.lists",
            entries=lists.entries,
            labelled=lists.labelled,
            events=lists.events,
            precision=shown(lists.precision, job.language),
            least=f"{lists.at_least:.3f}",
            most=f"{lists.at_most:.3f}",
            said=f"{lists.said:.3f}",
            random=lists.random_entries,
            seen=lists.random_labelled,
            elsewhere=shown(lists.elsewhere, job.language),
        )
    )
