"""``wagewatch layouts``: the office's layouts, and their confirmation by a person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from serving.clock import now, office_date
from serving.errors import CommandError
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import JsonFlag
from serving.terminal.output import print_json, print_line, print_table

GROUP = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]
By = Annotated[str, typer.Option("--by", metavar="NAME")]


class LayoutIncomplete(CommandError):
    """Required fields have neither a column nor a filling; the layout cannot be used."""

    code = "layout_incomplete"


@GROUP.callback()
def layouts(context: typer.Context, json: JsonFlag = False) -> None:
    """Layouts by name: table, files, and who confirmed them."""
    if context.invoked_subcommand is not None:
        return
    from risk.intake.layouts.layout import read_layouts

    cli = cli_context(context)
    found = read_layouts(cli.workspace.layouts)
    if json:
        print_json(
            [
                {
                    "name": one.name,
                    "table": one.table.name,
                    "files": one.files,
                    "confirmed": one.confirmed,
                    "confirmed_by": one.confirmed_by or None,
                    "confirmed_at": one.confirmed_at or None,
                }
                for one in found
            ]
        )
        return
    names = ("name", "table", "files", "confirmed")
    rows = [
        [
            one.name,
            one.table.zh,
            one.files,
            f"{one.confirmed_by} {_day_of(one.confirmed_at)}" if one.confirmed else "-",
        ]
        for one in found
    ]
    print_table([cli.text(f"layouts.{name}") for name in names], rows)


def _day_of(moment: str) -> str:
    """The day of a moment in a layout, which people may have written by hand, at the office.

    >>> _day_of("2025-06-30T16:30:00+00:00"), _day_of("2025-06-30 16:30")
    ('2025-07-01', '2025-06-30')
    """
    try:
        at = dt.datetime.fromisoformat(moment)
    except ValueError:
        return moment[:10]
    return moment[:10] if at.tzinfo is None else office_date(at).isoformat()


@GROUP.command("confirm")
def confirm(context: typer.Context, name: Name, by: By = "") -> None:
    """Confirm a layout as it is now; imports use it from then on."""
    confirm_layout(cli_context(context), name, by or os_user_name())


def confirm_layout(cli: CliContext, name: str, by: str) -> None:
    """Store that ``by`` confirmed the layout as it is now, and print it.

    Raises:
        LayoutMissing, LayoutInvalid: there is no such layout, or its file is at fault.
        LayoutIncomplete: a required field has neither a column nor a filling.
    """
    from risk.intake.layouts.layout import find_layout, read_layout
    from risk.intake.layouts.layout_file import confirm_file
    from risk.intake.layouts.plan import lacking_fields

    path = find_layout(cli.workspace.layouts, name)
    layout = read_layout(path)
    if lacking := lacking_fields(layout):
        raise LayoutIncomplete(
            name=layout.name, fields="、".join(f"{field.zh}/{field.name}" for field in lacking)
        )
    confirmed = layout.confirm(by, now())
    confirm_file(path, confirmed)
    print_line(cli.text("layouts.done", name=layout.name, by=confirmed.confirmed_by))
