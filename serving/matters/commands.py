"""``wagewatch digest``: write the weekly digest of a person, a unit or a region to a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from serving.clock import now, office_date
from serving.terminal.context import cli_context
from serving.terminal.options import OnOrNone, Out, Region
from serving.terminal.output import print_line, write_file
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.db.database import Database
    from serving.matters.digest import Audience, Digest
    from serving.settings import Settings

_FORMATS = ("html", "json", "docx")


def digest(
    context: typer.Context,
    out: Out,
    person: Annotated[str | None, typer.Option("--for", metavar="USER")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT")] = None,
    region: Region = "",
    on: OnOrNone = None,
) -> None:
    """Write a digest; the file suffix selects the format."""
    cli = cli_context(context)
    kind = out.suffix.lower().removeprefix(".")
    if kind not in _FORMATS:
        raise typer.BadParameter(cli.text("digest_format", found=out.suffix), param_hint="--out")
    if person is not None and unit is not None:
        raise typer.BadParameter(cli.text("person_or_unit"), param_hint="--for / --unit")
    from serving.matters.digest import build_digest

    settings = open_settings(cli).model_copy(update={"language": cli.language})
    moment = now()
    day = on or office_date(moment)
    with open_database(cli, settings) as database:
        audience = _audience(database, person, unit, region)
        found = build_digest(database, settings, audience, day, moment)
    write_file(out, _rendered(found, settings, kind))
    print_line(cli.text("written", path=str(out)))


def _audience(database: Database, person: str | None, unit: str | None, region: str) -> Audience:
    """Return the audience; the region defaults to that of the person's account."""
    from serving.auth.repository import UserRepository
    from serving.matters.digest import Audience

    if person is not None and not region:
        region = UserRepository(database.engine).region_of(person)
    return Audience(region, person, unit)


def _rendered(found: Digest, settings: Settings, kind: str) -> bytes:
    if kind == "json":
        return json.dumps(found.document(), ensure_ascii=False, indent=2).encode()
    from serving.documents.formats import RENDERERS
    from serving.matters.digest_document import digest_document

    return RENDERERS[kind](digest_document(found, settings), settings.language)
