"""``wagewatch simulate``: synthetic records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.terminal.context import cli_context
from serving.terminal.output import print_line, progress


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT", file_okay=False)],
    projects: Annotated[int, typer.Option("--projects")],
    months: Annotated[int, typer.Option("--months")],
    seed: Annotated[int, typer.Option("--seed")],
    ledgers: Annotated[
        Path | None, typer.Option("--ledgers", metavar="FOLDER", file_okay=False)
    ] = None,
) -> None:
    """Write synthetic records, marked as synthetic.

    With ``--ledgers``, projects and complaints are written there as workbooks like those offices
    keep, and not to OUT.
    """
    from risk.simulator import simulate as run
    from risk.simulator import write_ledgers

    with progress() as step:
        report = run(out, projects=projects, months=months, seed=seed, progress=step)
    cli = cli_context(context)
    print_line(cli.text("simulated", path=str(out), rows=sum(report.rows.values())))
    if ledgers is not None:
        for path in write_ledgers(out, ledgers):
            print_line(cli.text("demo.ledger", path=str(path)))
