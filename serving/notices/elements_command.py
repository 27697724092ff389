"""``wagewatch elements``: what the records show of a criminal transfer or a listing."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from serving.terminal.context import cli_context
from serving.terminal.options import AsOfOrNone, Json
from serving.terminal.output import as_json, line, note, table
from serving.terminal.resources import open_database, open_settings


def elements(
    context: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT")],
    of: Annotated[Literal["crime", "listing"], typer.Option("--of")],
    as_of: AsOfOrNone = None,
    json: Json = False,
) -> None:
    """Element by element: shown, shown otherwise, or unknown; never a verdict."""
    import datetime as dt

    from risk.legal_elements import elements_of
    from risk.locale import text
    from serving.auth.principal import OFFICE
    from serving.documents.text_table import visible
    from serving.notices.elements_text import element_document, element_words
    from serving.watchlists.repository import WatchlistRepository
    from serving.watchlists.snapshot_repository import dossier

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        risk = WatchlistRepository(database).project_risk(project, as_of).document()
        day = dt.date.fromisoformat(risk["as_of"])
        found = (dossier(database.engine, project, day, OFFICE) or {}).get("handling")
    rows = [element_document(e) for e in elements_of(of, found, risk["region_code"], day)]
    if json:
        as_json({"project_id": project, "as_of": day, "kind": of, "elements": rows})
        return
    words = [element_words(one, cli.language) for one in rows]
    names = ("title", "standing", "said", "records", "obtain")
    line(visible(f"{risk['project_name']} ({project}) {day}"))
    table([cli.text(f"elements.{n}") for n in names], [[w[n] for n in names] for w in words])
    note(text(f"elements.caution.{of}", cli.language))
