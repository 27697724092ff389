"""``wagewatch elements``: legal elements of a criminal transfer or listing in the records."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from serving.terminal.context import cli_context
from serving.terminal.options import AsOfOrNone, JsonFlag
from serving.terminal.output import print_json, print_line, print_note, print_table
from serving.terminal.resources import open_database, open_settings


def elements(
    context: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT")],
    of: Annotated[Literal["crime", "listing"], typer.Option("--of")],
    as_of: AsOfOrNone = None,
    json: JsonFlag = False,
) -> None:
    """Show for each element whether the records show it, contradict it, or are silent."""
    import datetime as dt

    from risk.legal_elements import elements_of
    from risk.locale import text
    from serving.auth.principal import OFFICE
    from serving.documents.text_table import strip_control_characters
    from serving.notices.elements_text import element_texts, element_to_dict
    from serving.watchlists.project_document import project_document
    from serving.watchlists.snapshot_repository import load_dossier

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        risk = project_document(database, project, as_of)
        day = dt.date.fromisoformat(risk["as_of"])
        found = (load_dossier(database.engine, project, day, OFFICE) or {}).get("handling")
    rows = [element_to_dict(e) for e in elements_of(of, found, risk["region_code"], day)]
    if json:
        print_json({"project_id": project, "as_of": day, "kind": of, "elements": rows})
        return
    words = [element_texts(row, cli.language) for row in rows]
    names = ("title", "standing", "said", "records", "obtain")
    print_line(strip_control_characters(f"{risk['project_name']} ({project}) {day}"))
    print_table([cli.text(f"elements.{n}") for n in names], [[w[n] for n in names] for w in words])
    print_note(text(f"elements.caution.{of}", cli.language))
