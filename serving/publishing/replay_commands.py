"""``wagewatch replay``: makes a published list again and says whether it is the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import typer

from serving.terminal.context import cli_context
from serving.terminal.options import AsOf, JsonFlag, KindOption, Region
from serving.terminal.output import print_json, print_line, progress
from serving.terminal.resources import open_database, open_records, open_settings

NOT_THE_SAME: Final = 1


def replay(
    context: typer.Context,
    as_of: AsOf,
    region: Region = "",
    json: JsonFlag = False,
    kind: KindOption = "project",
) -> None:
    """Rebuild a published list from the records; exit code 1 where it is not the same."""
    from serving.publishing.hooks import publish_context
    from serving.publishing.replay import replay as run

    cli = cli_context(context)
    settings = open_settings(cli)
    with (
        open_records(cli) as store,
        open_database(cli, settings) as database,
        progress() as step,
    ):
        publishing = publish_context(cli.workspace, store, database, settings)
        done = run(publishing.for_kind(kind), as_of, region, step)
    if json:
        print_json({**asdict(done), "same": done.same})
    else:
        key = "replay.same" if done.same else "replay.differs"
        print_line(cli.text(key, as_of=as_of, sealed=done.sealed, replayed=done.replayed))
        for part in done.differs:
            print_line(f"- {part}")
        if done.code_differs:
            print_line(cli.text("replay.code_differs"))
    if not done.same:
        raise typer.Exit(NOT_THE_SAME)
