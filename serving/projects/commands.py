"""``wagewatch explain``: the risk of one project."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.terminal.context import cli_context
from serving.terminal.options import AsOfOrNone, JsonFlag
from serving.terminal.output import print_bytes
from serving.terminal.resources import open_database, open_settings


def explain(
    context: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT")],
    as_of: AsOfOrNone = None,
    json: JsonFlag = False,
) -> None:
    """Reasons, red flags and timeline as sealed with the newest list or that of a date."""
    from serving.watchlists.repository import WatchlistRepository

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        stored = WatchlistRepository(database).project_risk(project, as_of)
    document = stored.document()
    if json:
        print_bytes(stored.body + b"\n")
        return
    from serving.watchlists.terminal import risk_text

    print_bytes(risk_text(document, cli.language).encode())
