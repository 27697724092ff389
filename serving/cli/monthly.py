"""``wagewatch monthly``: score, publish and brief; safe to repeat after an interruption."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOf, Region
from serving.terminal.output import print_line, print_note, progress
from serving.terminal.resources import open_database, open_records, open_settings

if TYPE_CHECKING:
    from serving.publishing.context import PublishContext


def monthly(
    context: typer.Context,
    as_of: AsOf,
    capacity: Annotated[int | None, typer.Option("--capacity", min=1, max=100_000)] = None,
    region: Region = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", file_okay=False)] = None,
) -> None:
    """Score, publish and brief; a list published before is not changed."""
    from serving.monthly.files import (
        escalate_due,
        month_folder,
        write_briefings,
        write_list,
        write_scores,
    )
    from serving.publishing.hooks import publish_context
    from serving.watchlists.latest_day import require_near

    cli = cli_context(context)
    require_near(as_of)
    settings = open_settings(cli).model_copy(update={"language": cli.language})
    import_submissions(cli, settings)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with open_records(cli) as store, open_database(cli, settings) as database:
        publishing = publish_context(cli.workspace, store, database, settings)
        folder = out or month_folder(publishing, as_of, region)
        publish_unless_published(
            cli, publishing, as_of, capacity or settings.policy.capacity, region
        )
        employers = publish_employers(cli, publishing, as_of, region)
        escalate_due(publishing, as_of)
        with progress() as step:
            scores = write_scores(publishing, as_of, folder, step)
        written = [
            scores,
            *write_list(publishing, as_of, region, folder),
            *(write_list(employers, as_of, region, folder, "employers-") if employers else []),
            *write_briefings(publishing, as_of, region, folder, os_user_name()),
        ]
    for path in written:
        print_line(cli.text("written", path=str(path)))


def publish_unless_published(
    cli: CliContext, context: PublishContext, as_of: dt.date, capacity: int, region: str
) -> None:
    """Publish a list unless there is one of that date and region."""
    from serving.publishing.context import PublishRequest
    from serving.publishing.pipeline import publish_watchlist

    known = {(summary.as_of, summary.region) for summary in context.lists.summaries()}
    if (as_of, region) in known:
        print_note(cli.text("sealed_already", as_of=as_of))
        return
    with progress() as step:
        done = publish_watchlist(
            context, PublishRequest(as_of, capacity, region, os_user_name()), step
        )
    if done.model.note is not None:
        print_note(done.model.note.to_document()[cli.language])
    counts = {"as_of": as_of, "entries": done.entries, "cohort": done.cohort}
    units = cli.text(f"units.{context.store.kind}")
    print_line(cli.text("published", **counts, units=units, digest=done.digest))


def publish_employers(
    cli: CliContext, context: PublishContext, as_of: dt.date, region: str
) -> PublishContext | None:
    """Publish the list of employers outside construction.

    Returns the publishing context of employers; None if no employer is known, no model scores them
    or none is in the region.
    """
    from models.registry import NoModel
    from risk.store.store import known_kinds
    from serving.publishing.pipeline import RegionUnknown

    if "employer" not in known_kinds(context.store, as_of):
        return None
    employers = context.for_kind("employer")
    try:
        publish_unless_published(cli, employers, as_of, context.settings.employers.capacity, region)
    except NoModel:
        print_note(cli.text("no_employer_model"))
        return None
    except RegionUnknown:
        return None
    return employers
