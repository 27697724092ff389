"""``wagewatch explain``: the risk of one project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.terminal.context import CliContext, cli_context
from serving.terminal.options import AsOfOrNone, JsonFlag
from serving.terminal.output import atomic_write, print_bytes, print_line, require_parent_folder
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.db.database import Database
    from serving.watchlists.document import Document

Shap = Annotated[Path | None, typer.Option("--shap", metavar="FILE", dir_okay=False)]


def explain(
    context: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT")],
    as_of: AsOfOrNone = None,
    json: JsonFlag = False,
    shap: Shap = None,
) -> None:
    """Reasons, red flags and timeline as sealed with the newest list or that of a date."""
    from serving.watchlists.repository import WatchlistRepository

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        stored = WatchlistRepository(database).project_risk(project, as_of)
        document = stored.document()
        if shap is not None:
            _write_shap(cli, database, document, shap)
            return
    if json:
        print_bytes(stored.body + b"\n")
        return
    from serving.watchlists.terminal import risk_text

    print_bytes(risk_text(document, cli.language).encode())


def _write_shap(cli: CliContext, database: Database, document: Document, path: Path) -> None:
    """Write the contributions of single features to a picture or a Parquet file."""
    import datetime as dt

    from serving.auth.principal import OFFICE
    from serving.projects.explanation_file import write_explanation
    from serving.projects.service import ContributionsNotStored
    from serving.watchlists.snapshot_repository import load_dossier

    require_parent_folder(path)
    project, as_of = document["project_id"], dt.date.fromisoformat(document["as_of"])
    found = (load_dossier(database.engine, project, as_of, OFFICE) or {}).get("contributions")
    if found is None:
        raise ContributionsNotStored(project_id=project, as_of=as_of)
    with atomic_write(path) as temporary:
        write_explanation(document, found, temporary, path.suffix.lower(), cli.language)
    print_line(cli.text("written", path=path))
