"""``wagewatch explain``: one project."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.job import job_of
from serving.cli.opening import open_database, open_settings
from serving.cli.options import AsOfOrNone, Json
from serving.cli.output import raw


def explain(
    context: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT")],
    as_of: AsOfOrNone = None,
    json: Json = False,
) -> None:
    """Reasons, red flags and timeline as sealed with the newest list, or with that of a date."""
    job = job_of(context)
    with open_database(job, open_settings(job)) as database:
        stored = database.risk(project, as_of)
    if json:
        raw(stored.body + b"\n")
        return
    from json import loads

    from serving.exports.terminal import risk_text

    raw(risk_text(loads(stored.body), job.language).encode())
