"""``wagewatch audit``: verify and export the audit log."""

from __future__ import annotations

import json as json_
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import typer

from serving.terminal.context import cli_context
from serving.terminal.options import JsonFlag
from serving.terminal.output import CannotWrite, print_json, print_line, require_parent_folder
from serving.terminal.resources import open_database, open_settings

GROUP = typer.Typer(rich_markup_mode=None)


@GROUP.command("verify")
def verify(
    context: typer.Context,
    heads: Annotated[
        list[Path] | None, typer.Option("--heads", metavar="FILE", dir_okay=False)
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check that no entry was altered, removed or inserted."""
    from serving.audit.head_export import HEADS_FILE
    from serving.audit.verification import read_heads, verify_audit

    cli = cli_context(context)
    settings = open_settings(cli)
    own = Path(settings.audit.heads_file or cli.workspace.root / HEADS_FILE)
    files = [*(heads or ()), *([own] if own.is_file() else ())]
    known = [head for file in files for head in read_heads(file)]
    with open_database(cli, settings) as database:
        report = verify_audit(database.engine, known)
    if json:
        print_json(asdict(report))
    report.require_whole()
    if not json:
        head = report.head.digest if report.head else "-"
        print_line(cli.text("audit_whole", entries=report.entries, heads=len(known), head=head))


@GROUP.command("head")
def head(context: typer.Context) -> None:
    """Print the digest of the whole log as a line of JSON, to be stored elsewhere."""
    from serving.audit.verification import newest_head

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database, database.engine.connect() as found:
        newest = newest_head(found)
    if newest is not None:
        print_line(newest.to_json())


@GROUP.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)],
) -> None:
    """Write all entries with their digests to a file of JSON lines."""
    from serving.audit.repository import exported_entries

    cli = cli_context(context)
    require_parent_folder(file)
    with open_database(cli, open_settings(cli)) as database:
        try:
            with file.open("w", encoding="utf-8") as out:
                rows = sum(map(partial(_write_line, out), exported_entries(database.engine)))
        except OSError as error:
            raise CannotWrite(path=str(file), detail=error.strerror or str(error)) from error
    print_line(cli.text("audit_exported", path=str(file), rows=rows))


def _write_line(out: TextIO, entry: dict[str, object]) -> int:
    out.write(json_.dumps(entry, ensure_ascii=False, default=str) + "\n")
    return 1
