"""``wagewatch campaign``: write the report of a campaign to a file."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.clock import now, office_date
from serving.terminal.context import cli_context
from serving.terminal.options import OnOrNone, Out, Region
from serving.terminal.output import print_line, write_file
from serving.terminal.resources import open_database, open_settings

_FORMATS = ("docx", "html", "pdf")


def campaign(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    out: Out,
    on: OnOrNone = None,
    region: Region = "",
) -> None:
    """Write the progress report of a campaign; the file suffix selects the format."""
    cli = cli_context(context)
    kind = out.suffix.lower().removeprefix(".")
    if kind not in _FORMATS:
        raise typer.BadParameter(cli.text("briefing_format", found=out.suffix), param_hint="--out")
    from serving.auth.principal import Principal
    from serving.auth.roles import Role
    from serving.campaigns.plans import get_plan
    from serving.campaigns.queries import read_status
    from serving.campaigns.report import campaign_report
    from serving.documents.formats import RENDERERS

    settings = open_settings(cli).model_copy(update={"language": cli.language})
    moment = now()
    day = on or office_date(moment)
    plan = get_plan(settings, name, day)
    principal = Principal("office", "office", Role.ADMIN, region)
    with open_database(cli, settings) as database:
        progress = read_status(database, settings, principal, plan, day, moment)
    write_file(out, RENDERERS[kind](campaign_report(progress, settings), settings.language))
    print_line(cli.text("written", path=str(out)))
