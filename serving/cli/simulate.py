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
) -> None:
    """Write synthetic records, marked as synthetic."""
    from risk.simulator import simulate as run

    with progress() as step:
        report = run(out, projects=projects, months=months, seed=seed, progress=step)
    print_line(
        cli_context(context).text("simulated", path=str(out), rows=sum(report.rows.values()))
    )
