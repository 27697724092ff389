"""``wagewatch publish``: publishes a watchlist."""

from __future__ import annotations

from typing import Annotated

import typer

from risk.watchlist.ranking import Order
from serving.ingest.resources import import_submissions
from serving.terminal.context import cli_context, os_user_name
from serving.terminal.options import AsOf, KindOption, Region
from serving.terminal.output import print_line, print_note, progress
from serving.terminal.resources import open_database, open_records, open_settings


def publish(
    context: typer.Context,
    as_of: AsOf,
    capacity: Annotated[int | None, typer.Option("--capacity", min=1, max=100_000)] = None,
    region: Region = "",
    *,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME")] = None,
    kind: KindOption = "project",
    order: Annotated[Order | None, typer.Option("--order")] = None,
    scores: Annotated[str | None, typer.Option("--scores", metavar="FOLDER")] = None,
) -> None:
    """Score the cohort, select the list, seal and store it."""
    from risk.locale import text
    from serving.ingest.open_complaints import open_complaint_counts, open_complaint_lines
    from serving.publishing.context import PublishRequest
    from serving.publishing.hooks import publish_context
    from serving.publishing.pipeline import publish_watchlist
    from serving.settings import capacity_of
    from serving.watchlists.latest_day import require_near
    from serving.watchlists.ranking import ranking_notes

    cli = cli_context(context)
    require_near(as_of)
    settings = open_settings(cli)
    import_submissions(cli, settings)
    list_size = capacity or capacity_of(settings, kind)
    request = PublishRequest(as_of, list_size, region, by or os_user_name(), order, scores=scores)
    with (
        open_records(cli) as store,
        open_database(cli, settings) as database,
        progress() as step,
    ):
        publishing = publish_context(cli.workspace, store, database, settings)
        done = publish_watchlist(publishing.for_kind(kind), request, step)
        complaints = open_complaint_counts(store, as_of)
    if done.model.note is not None:
        print_note(done.model.note.to_document()[cli.language])
    key = "published" if done.new else "published_before"
    counts = {"as_of": as_of, "entries": done.entries, "cohort": done.cohort}
    print_line(cli.text(key, **counts, units=cli.text(f"units.{kind}"), digest=done.digest))
    for line in ranking_notes(done.ranking, cli.language):
        print_line(line)
        print_line(text("exports.ranking.orders_command", cli.language).strip())
    for line in open_complaint_lines(complaints, cli.language):
        print_line(line)
