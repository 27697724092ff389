"""``wagewatch watchlist``: shows a sealed list."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from risk.unit_kinds import Kind
from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import AsOfOrNone, KindOption, OutOrNone, Region
from serving.terminal.output import print_bytes, print_json, print_line, write_file
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.watchlists.composition import GroupBy
    from serving.watchlists.document import Document
    from serving.watchlists.repository import StoredDocument
    from serving.watchlists.schemas import Composition

Format = Literal["table", "json", "csv", "xlsx"]
ByOrNone = Annotated[Literal["region", "contractor"] | None, typer.Option("--by")]
FormOrNone = Annotated[Path | None, typer.Option("--form", metavar="FILE", dir_okay=False)]


def watchlist(
    context: typer.Context,
    *,
    as_of: AsOfOrNone = None,
    region: Region = "",
    shape: Annotated[Format, typer.Option("--format")] = "table",
    out: OutOrNone = None,
    kind: KindOption = "project",
    form: FormOrNone = None,
    by: ByOrNone = None,
) -> None:
    """One list with reasons and red flags; the newest if no date is given."""
    cli = cli_context(context)
    if by is not None:
        _show_composition(cli, _composition(cli, as_of, region, kind, by), shape)
        return
    if form is not None:
        _write_form(cli, _stored(cli, as_of, region, kind), form, out)
        return
    if shape == "xlsx" and out is None:
        raise typer.BadParameter(cli.text("xlsx_needs_out"), param_hint="--out")
    show(cli, as_of, region, shape, out, kind)


def show(
    cli: CliContext,
    as_of: dt.date | None,
    region: str,
    shape: Format,
    out: Path | None = None,
    kind: Kind = "project",
) -> None:
    """One sealed list on standard output or in the file ``out``.

    Raises:
        NotPublished, NothingPublished: there is no such list.
    """
    content = _render(_stored(cli, as_of, region, kind), shape, cli)
    if out is not None:
        write_file(out, content)
        print_line(cli.text("written", path=str(out)))
    else:
        print_bytes(content)


def _composition(
    cli: CliContext, as_of: dt.date | None, region: str, kind: Kind, by: GroupBy
) -> tuple[Document, Composition]:
    """Return a list and what it is made of."""
    from serving.auth.principal import OFFICE
    from serving.watchlists.repository import NotPublished, WatchlistRepository
    from serving.watchlists.service import composition
    from serving.watchlists.snapshot_repository import load_register

    with open_database(cli, open_settings(cli)) as database:
        lists = WatchlistRepository(database, kind)
        document = lists.watchlist(as_of, region).document()
        day = dt.date.fromisoformat(document["as_of"])
        register = load_register(database.engine, day, region, OFFICE, kind)
        before = None
        if document["previous"]:
            with suppress(NotPublished):
                earlier = dt.date.fromisoformat(document["previous"]["as_of"])
                before = lists.watchlist(earlier, region).document()
    scored = register.document.get("projects", ()) if register else ()
    return document, composition(document, scored, before, by)


def _show_composition(cli: CliContext, found: tuple[Document, Composition], shape: Format) -> None:
    if shape == "json":
        print_json(found[1].model_dump(mode="json"))
        return
    from serving.watchlists.composition_texts import composition_text

    print_line(composition_text(*found, cli.language).rstrip("\n"))


def _stored(cli: CliContext, as_of: dt.date | None, region: str, kind: Kind) -> StoredDocument:
    from serving.watchlists.repository import WatchlistRepository

    with open_database(cli, open_settings(cli)) as database:
        return WatchlistRepository(database, kind).watchlist(as_of, region)


def _write_form(cli: CliContext, stored: StoredDocument, form: Path, out: Path | None) -> None:
    from serving.watchlists.import_form import form_csv, form_xlsx, read_form

    writers = {".csv": form_csv, ".xlsx": form_xlsx}
    if out is None or out.suffix.lower() not in writers:
        raise typer.BadParameter(cli.text("form_needs_out"), param_hint="--out")
    content = writers[out.suffix.lower()](read_form(form), stored.document(), cli.language)
    write_file(out, content)
    print_line(cli.text("written", path=str(out)))


def _render(stored: StoredDocument, shape: Format, cli: CliContext) -> bytes:
    document = stored.document()
    if shape == "json":
        return stored.body + b"\n"
    if shape == "csv":
        from serving.watchlists.csv import watchlist_csv

        return watchlist_csv(document, cli.language)
    if shape == "xlsx":
        from serving.watchlists.xlsx import watchlist_xlsx

        return watchlist_xlsx(document, cli.language)
    from serving.watchlists.terminal import watchlist_table

    return watchlist_table(document, cli.language).encode()
