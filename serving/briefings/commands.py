"""``wagewatch briefing``: write the monthly briefing or the yearly summary to a file."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import typer

from serving.ingest.resources import import_submissions
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import Out, Region
from serving.terminal.output import print_line, write_file
from serving.terminal.resources import open_database, open_records, open_settings

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_FORMATS = ("docx", "html", "pdf")


def briefing(
    context: typer.Context,
    out: Out,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM")] = None,
    year: Annotated[int | None, typer.Option("--year", min=1990, max=2200)] = None,
    region: Region = "",
) -> None:
    """Write the briefing of a month or summary of a year; the file suffix selects the format."""
    cli = cli_context(context)
    if (month is None) == (year is None):
        raise typer.BadParameter(cli.text("month_or_year"), param_hint="--month / --year")
    kind = out.suffix.lower().removeprefix(".")
    if kind not in _FORMATS:
        raise typer.BadParameter(cli.text("briefing_format", found=out.suffix), param_hint="--out")
    _write(cli, out, kind, _first_day(cli, month, year), month is None, region)
    print_line(cli.text("written", path=str(out)))


def _write(
    cli: CliContext, out: Path, kind: str, day: dt.date, whole_year: bool, region: str
) -> None:
    from serving.briefings.period import month_of, year_of
    from serving.briefings.service import create_monthly, create_yearly, store_briefing
    from serving.documents.formats import RENDERERS

    settings = open_settings(cli).model_copy(update={"language": cli.language})
    import_submissions(cli, settings)
    period = year_of(day.year) if whole_year else month_of(day)
    with open_records(cli) as store, open_database(cli, settings) as database:
        if whole_year:
            summary = create_yearly(store, database, settings, period, region)
            write_file(out, RENDERERS[kind](summary, settings.language))
            return
        made = create_monthly(store, database, settings, period, region)
        body = RENDERERS[kind](made.document, settings.language)
        write_file(out, body)
        store_briefing(database, period, made.figures, kind, body, os_user_name())


def _first_day(cli: CliContext, month: str | None, year: int | None) -> dt.date:
    if year is not None:
        return dt.date(year, 1, 1)
    found = _MONTH.fullmatch(month or "")
    if found is None or found[1] == "0000":
        raise typer.BadParameter(cli.text("not_a_month", found=month), param_hint="--month")
    return dt.date(int(found[1]), int(found[2]), 1)
