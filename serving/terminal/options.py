"""Options of several commands; their help is in the catalogue under ``help.options``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import typer

from risk.unit_kinds import Kind
from serving.terminal.dates import parse_date

AsOf = Annotated[dt.date, typer.Option("--as-of", parser=parse_date, metavar="YYYY-MM-DD")]
AsOfOrNone = Annotated[
    dt.date | None, typer.Option("--as-of", parser=parse_date, metavar="YYYY-MM-DD")
]
AsOfsOrNone = Annotated[
    list[dt.date] | None, typer.Option("--as-of", parser=parse_date, metavar="YYYY-MM-DD...")
]
From = Annotated[dt.date, typer.Option("--from", parser=parse_date, metavar="YYYY-MM-DD")]
To = Annotated[dt.date, typer.Option("--to", parser=parse_date, metavar="YYYY-MM-DD")]
FromOrNone = Annotated[
    dt.date | None, typer.Option("--from", parser=parse_date, metavar="YYYY-MM-DD")
]
ToOrNone = Annotated[dt.date | None, typer.Option("--to", parser=parse_date, metavar="YYYY-MM-DD")]
OnOrNone = Annotated[dt.date | None, typer.Option("--on", parser=parse_date, metavar="YYYY-MM-DD")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False)]
OutPath = Annotated[str, typer.Option("--out", metavar="PATH")]
OutOrNone = Annotated[Path | None, typer.Option("--out", metavar="FILE", dir_okay=False)]
Region = Annotated[str, typer.Option("--region", metavar="CODE")]
KindOption = Annotated[Kind, typer.Option("--kind")]
KindOrAll = Annotated[Kind | None, typer.Option("--kind")]
JsonFlag = Annotated[bool, typer.Option("--json")]
EngineName = Annotated[Literal["duckdb", "spark"], typer.Option("--engine")]
DossiersFlag = Annotated[bool, typer.Option("--dossiers")]
FlagsFlag = Annotated[bool, typer.Option("--flags")]
Records = Annotated[str | None, typer.Option("--records", metavar="FOLDER")]
Challengers = Annotated[list[str] | None, typer.Option("--challenger", metavar="MODULE:OBJECT")]
