"""``wagewatch models``: the registry of models."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from risk.unit_kinds import KINDS, Kind
from serving import clock
from serving.auth.roles import Permission
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import AsOf, JsonFlag, KindOption, Out, OutOrNone
from serving.terminal.output import (
    cell_text,
    print_json,
    print_line,
    print_note,
    print_table,
    progress,
    require_parent_folder,
    write_file,
)
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from models.registry import Registry
    from models.shared_models import SharedModels
    from serving.models.card.render import Format

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
    registries = [_registry(cli, kind) for kind in KINDS]
    found = [one for registry in registries for one in registry.versions()]
    if damaged := [one for registry in registries for one in registry.damaged_versions()]:
        print_note(cli.text("models_damaged", versions=", ".join(damaged)))
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

    _write(cli, render_card(material, cli.language, _form(form, out)), out, "card_written")


@GROUP.command("register-entry")
def register_entry(
    context: typer.Context,
    version: VersionOrChampion = CHAMPION,
    form: Annotated[Literal["md", "html"] | None, typer.Option("--format")] = None,
    out: OutOrNone = None,
    kind: KindOption = "project",
) -> None:
    """The entry of a version in a register of algorithms."""
    from models.registry import kind_of
    from serving.models.card.register_entry import RegisteredModel, render_register_entry

    cli = cli_context(context)
    registry = _holding(cli, version, kind)
    found = registry.get(_number(registry, version))
    model = RegisteredModel(
        *(found.version, found.kind, kind_of(found.version), found.trained_at, found.about),
        in_use=CHAMPION in found.aliases,
    )
    _write(cli, render_register_entry(model, cli.language, _form(form, out)), out, "written")


@GROUP.command("push")
def push_model(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="URI")],
    version: VersionOrChampion = CHAMPION,
    kind: KindOption = "project",
) -> None:
    """Copy a version to another MLflow."""
    from models.mirror import push, shown

    cli = cli_context(context)
    registry = _holding(cli, version, kind)
    number = _number(registry, version)
    pushed = push(registry, number, to)
    print_line(
        cli.text(
            "model_pushed" if pushed.new else "model_pushed_before",
            name=pushed.name,
            version=number,
            there=pushed.version,
            uri=shown(to),
        )
    )


@GROUP.command("promote")
def promote_model(context: typer.Context, version: Version, by: By = "", why: Why = "") -> None:
    """Make a version the champion, by hand."""
    cli = cli_context(context)
    _holding(cli, version).promote(version, who=by or os_user_name(), why=why)
    _record(cli, f"models promote {version}")
    print_line(cli.text("promoted", version=version))
    _mirror(cli, version)


@GROUP.command("rollback")
def roll_back(
    context: typer.Context, by: By = "", why: Why = "", kind: KindOption = "project"
) -> None:
    """Make the previous champion the champion again."""
    cli = cli_context(context)
    reason = why or cli.text("rollback_reason")
    version = _registry(cli, kind).rollback(who=by or os_user_name(), why=reason)
    _record(cli, f"models rollback {version.version}")
    print_line(cli.text("rolled_back", version=version.version))
    _mirror(cli, version.version)


@GROUP.command("export")
def export_model(
    context: typer.Context,
    as_of: AsOf,
    out: Out,
    kind: KindOption = "project",
    office: Annotated[str, typer.Option("--office", metavar="NAME")] = "",
    by: By = "",
) -> None:
    """Write what this county has learnt, without records, for other counties."""
    from training.shared import Exporter, export_models

    cli = cli_context(context)
    require_parent_folder(out)
    name = office or open_settings(cli).briefing.office
    exporter = Exporter(name, by or os_user_name(), clock.today())
    with progress() as step:
        shared = export_models(cli.workspace.require(), as_of, exporter, kind, step)
    _write_shared(cli, shared, out)


@GROUP.command("merge")
def merge_models(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    out: Out,
) -> None:
    """Put the exports of several counties into one file."""
    from models.shared_models import merge, read_shared_models

    cli = cli_context(context)
    require_parent_folder(out)
    _write_shared(cli, merge(read_shared_models(path) for path in files), out)


def _record(cli: CliContext, subject: str) -> None:
    from serving.audit.command_entry import record_command

    with open_database(cli, open_settings(cli)) as database:
        record_command(database.engine, Permission.CHANGE_MODELS, subject)


def _mirror(cli: CliContext, version: str) -> None:
    """Copy the new champion to the MLflow of the settings, or move its alias there."""
    from models.registry import kind_of
    from serving.models.tracking_mirror import mirror

    remark = mirror(cli.workspace, open_settings(cli), version, kind_of(version), cli.language)
    if remark:
        print_note(remark)


def _write_shared(cli: CliContext, shared: SharedModels, out: Path) -> None:
    write_file(out, shared.to_text().encode())
    names = ("office", "by", "trained_at", "events", "positives", "rows")
    rows = [[cell_text(getattr(part, name)) for name in names] for part in shared.parts]
    print_table([cli.text(f"shared_models.{name}") for name in names], rows)
    print_line(cli.text("shared_models.written", path=str(out), count=len(shared.parts)))


def _form(form: Format | None, out: Path | None) -> Format:
    """Return the requested format, or that of the suffix of ``out``."""
    return form or ("html" if out and out.suffix.lower() in (".html", ".htm") else "md")


def _write(cli: CliContext, body: str, out: Path | None, said: str) -> None:
    if out is None:
        print_line(body.rstrip("\n"))
        return
    write_file(out, body.encode())
    print_line(cli.text(said, path=str(out)))


def _number(registry: Registry, version: str) -> str:
    return registry.champion()[1].version if version == CHAMPION else version


def _holding(cli: CliContext, version: str, kind: Kind = "project") -> Registry:
    """Return the registry of a version, or that of ``kind`` for its champion."""
    from models.registry import kind_of

    return _registry(cli, kind if version == CHAMPION else kind_of(version))


def _registry(cli: CliContext, kind: Kind) -> Registry:
    from models.registry import Registry

    return Registry(cli.workspace.require(), kind)
