"""``wagewatch models``: the registry of models."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from risk.unit_kinds import KINDS, Kind
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import JsonFlag, KindOption, OutOrNone
from serving.terminal.output import cell_text, print_json, print_line, print_table, write_file

if TYPE_CHECKING:
    from models.registry import Registry

CHAMPION = "champion"
GROUP = typer.Typer(rich_markup_mode=None)

Version = Annotated[str, typer.Argument(metavar="VERSION")]
VersionOrChampion = Annotated[str, typer.Argument(metavar="[VERSION]")]
Why = Annotated[str, typer.Option("--why", "--reason", metavar="TEXT")]
By = Annotated[str, typer.Option("--by", metavar="NAME")]


@GROUP.command("list")
def list_models(context: typer.Context, json: JsonFlag = False) -> None:
    """All versions, newest first."""
    cli = cli_context(context)
    found = [one for kind in KINDS for one in _registry(cli, kind).versions()]
    if json:
        print_json([asdict(version) for version in found])
        return
    names = ("version", "kind", "trained_at", "aliases", "metrics")
    rows = [
        [
            version.version,
            version.kind,
            cell_text(version.trained_at),
            ", ".join(version.aliases),
            ", ".join(f"{name} {value:.3f}" for name, value in version.about["metrics"].items()),
        ]
        for version in found
    ]
    print_table([cli.text(f"models.{name}") for name in names], rows)


@GROUP.command("show")
def show_model(
    context: typer.Context, version: VersionOrChampion = CHAMPION, kind: KindOption = "project"
) -> None:
    """Everything stored about a version, as JSON."""
    registry = _holding(cli_context(context), version, kind)
    print_json(asdict(registry.get(_number(registry, version))))


@GROUP.command("card")
def model_card(
    context: typer.Context,
    version: VersionOrChampion = CHAMPION,
    form: Annotated[Literal["md", "html"] | None, typer.Option("--format")] = None,
    out: OutOrNone = None,
    kind: KindOption = "project",
) -> None:
    """The model card of a version."""
    from serving.models.service import load_card_input

    cli = cli_context(context)
    registry = _holding(cli, version, kind)
    material = load_card_input(registry, _number(registry, version))
    from serving.models.card.render import render_card

    wanted = form or ("html" if out and out.suffix.lower() in (".html", ".htm") else "md")
    body = render_card(material, cli.language, wanted)
    if out is None:
        print_line(body.rstrip("\n"))
        return
    write_file(out, body.encode())
    print_line(cli.text("card_written", path=str(out)))


@GROUP.command("promote")
def promote_model(context: typer.Context, version: Version, by: By = "", why: Why = "") -> None:
    """Make a version the champion, by hand."""
    cli = cli_context(context)
    _holding(cli, version).promote(version, who=by or os_user_name(), why=why)
    print_line(cli.text("promoted", version=version))


@GROUP.command("rollback")
def roll_back(
    context: typer.Context, by: By = "", why: Why = "", kind: KindOption = "project"
) -> None:
    """Make the previous champion the champion again."""
    cli = cli_context(context)
    reason = why or cli.text("rollback_reason")
    version = _registry(cli, kind).rollback(who=by or os_user_name(), why=reason)
    print_line(cli.text("rolled_back", version=version.version))


def _number(registry: Registry, version: str) -> str:
    return registry.champion()[1].version if version == CHAMPION else version


def _holding(cli: CliContext, version: str, kind: Kind = "project") -> Registry:
    """Return the registry of a version, or that of ``kind`` for its champion."""
    from models.registry import kind_of

    return _registry(cli, kind if version == CHAMPION else kind_of(version))


def _registry(cli: CliContext, kind: Kind) -> Registry:
    from models.registry import Registry

    return Registry(cli.workspace.require(), kind)
