"""``wagewatch models``: the registry of models."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.job import job_of, user_name
from serving.cli.options import Json
from serving.cli.output import as_json, line, plain, table

if TYPE_CHECKING:
    from models.registry import Registry

GROUP = typer.Typer(rich_markup_mode=None)

Version = Annotated[str, typer.Argument(metavar="VERSION")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT")]


@GROUP.command("list")
def list_models(context: typer.Context, json: Json = False) -> None:
    """All versions, newest first."""
    job = job_of(context)
    found = _registry(context).versions()
    if json:
        as_json([asdict(version) for version in found])
        return
    names = ("version", "kind", "trained_at", "aliases", "metrics")
    rows = [
        [
            version.version,
            version.kind,
            plain(version.trained_at),
            ", ".join(version.aliases),
            "  ".join(
                f"{name} {value:.3f}" for name, value in version.about.get("metrics", {}).items()
            ),
        ]
        for version in found
    ]
    table([job.say(f"models.{name}") for name in names], rows)


@GROUP.command("show")
def show_model(context: typer.Context, version: Version) -> None:
    """All that is known of one version, as JSON."""
    as_json(asdict(_registry(context).get(version)))


@GROUP.command("promote")
def promote_model(context: typer.Context, version: Version, why: Why = "") -> None:
    """Make a version the champion, by hand."""
    _registry(context).promote(version, who=user_name(), why=why)
    line(job_of(context).say("promoted", version=version))


@GROUP.command("rollback")
def roll_back(context: typer.Context, why: Why = "") -> None:
    """Make the champion before the present one champion again."""
    version = _registry(context).rollback(who=user_name(), why=why)
    line(job_of(context).say("rolled_back", version=version.version))


def _registry(context: typer.Context) -> Registry:
    from serving.modelling import open_registry

    return open_registry(job_of(context).workspace.require())
