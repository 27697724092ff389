"""``wagewatch deposits``: the rate step of every contractor, and guarantees that run out."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import typer

from serving.cli.context import job_of
from serving.cli.options import AsOfOrNone, Region
from serving.cli.output import as_json, line, raw, table
from serving.cli.resources import open_records, open_settings


def deposits(
    context: typer.Context,
    as_of: AsOfOrNone = None,
    region: Region = "",
    format: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
) -> None:
    """From the records as known before a date; today where none is given."""
    import datetime as dt

    from serving.auth.principal import OFFICE
    from serving.deposits.rules import deposit_rules
    from serving.deposits.service import advice_rows, ending_rows, in_yuan
    from serving.deposits.xlsx import advice_cells, ending_cells, headings
    from serving.snapshot.deposit_advice import deposits_of

    job = job_of(context)
    settings = open_settings(job)
    day = as_of or dt.datetime.now().astimezone().date()
    tables = deposit_rules(job.workspace, settings)
    with open_records(job) as store:
        found: dict[str, Any] = deposits_of(store, day, tables)
    advice = advice_rows(found, OFFICE, region)
    ending = ending_rows(found, OFFICE, settings.deposits.warn_days, region)
    if format == "json":
        as_json({"as_of": day, "advice": advice, "ending": [in_yuan(one) for one in ending]})
        return
    parts = (
        ("advice", [advice_cells(one, job.language) for one in advice]),
        ("ending", [ending_cells(one, job.language) for one in ending]),
    )
    if format == "csv":
        from serving.documents.csv import to_csv

        for name, rows in parts:
            raw(to_csv(headings(name, job.language), rows))
        return
    for name, rows in parts:
        line(job.say(f"deposits.{name}", day=day, n=len(rows)))
        table(
            headings(name, job.language), [["" if c is None else str(c) for c in r] for r in rows]
        )
    sys.stdout.flush()
