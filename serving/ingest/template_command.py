"""``wagewatch template``: empty forms of the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.errors import CommandError
from serving.terminal.context import cli_context
from serving.terminal.output import atomic_write, convert_os_errors, print_line

Folder = Annotated[Path, typer.Argument(metavar="FOLDER")]
TableNames = Annotated[list[str] | None, typer.Option("--table", metavar="T")]


class TableNameUnknown(CommandError):
    """The contract has no table of this name. Carries ``found`` and ``allowed``."""

    code = "table_name_unknown"


def template(context: typer.Context, folder: Folder, tables: TableNames = None) -> None:
    """Write XLSX forms of the tables to fill in; a filled form can be imported."""
    from risk.contract import TABLES
    from risk.intake.templates import write_template

    cli = cli_context(context)
    by_name = {name: table for table in TABLES.values() for name in (table.name, table.zh)}
    for name in tables or ():
        if name not in by_name:
            allowed = ", ".join(f"{table.name}/{table.zh}" for table in TABLES.values())
            raise TableNameUnknown(found=name, allowed=allowed)
    wanted = [by_name[name] for name in dict.fromkeys(tables or TABLES)]
    with convert_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for table in wanted:
        with atomic_write(folder / f"{table.zh}.xlsx") as temporary:
            write_template(temporary, table, cli.language)
    print_line(cli.text("template.written", count=len(wanted), folder=str(folder)))
