"""``wagewatch deposits``: rate advice per contractor, and deposits that expire."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import typer

from serving.clock import today
from serving.terminal.context import cli_context
from serving.terminal.options import AsOfOrNone, Region
from serving.terminal.output import print_bytes, print_json, print_line, print_table
from serving.terminal.resources import open_records, open_settings


def deposits(
    context: typer.Context,
    as_of: AsOfOrNone = None,
    region: Region = "",
    format: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
) -> None:
    """Show deposit advice from the records as known before a date (default: today)."""
    from serving.auth.principal import OFFICE
    from serving.deposits.rules import deposit_rules
    from serving.deposits.service import advice_rows, ending_rows, fen_to_yuan, return_rows
    from serving.deposits.xlsx import advice_cells, ending_cells, headings, return_cells
    from serving.snapshot.deposit_advice import load_deposit_advice

    cli = cli_context(context)
    settings = open_settings(cli)
    day = as_of or today()
    tables = deposit_rules(cli.workspace, settings)
    with open_records(cli) as store:
        found: dict[str, Any] = load_deposit_advice(store, day, tables)
    advice = advice_rows(found, OFFICE, region)
    ending = ending_rows(found, OFFICE, settings.deposits.warn_days, region)
    returns = return_rows(found, OFFICE, region)
    if format == "json":
        money = {
            "advice": [fen_to_yuan(row) for row in advice],
            "ending": [fen_to_yuan(row) for row in ending],
            "returns": [fen_to_yuan(row) for row in returns],
        }
        print_json({"as_of": day, **money})
        return
    parts = (
        ("advice", [advice_cells(row, cli.language) for row in advice]),
        ("ending", [ending_cells(row, cli.language) for row in ending]),
        ("returns", [return_cells(row, cli.language) for row in returns]),
    )
    if format == "csv":
        from serving.documents.csv import to_csv

        for name, rows in parts:
            print_bytes(to_csv(headings(name, cli.language), rows))
        return
    for name, rows in parts:
        print_line(cli.text(f"deposits.{name}", day=day, n=len(rows)))
        print_table(
            headings(name, cli.language), [["" if c is None else str(c) for c in r] for r in rows]
        )
    sys.stdout.flush()
