"""What every command is given: the workspace and the language."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from risk.locale import LANGUAGES, Language, text
from risk.workspace import Workspace

WORKSPACE_VARIABLE = "WAGEWATCH_WORKSPACE"
LANGUAGE_VARIABLE = "WAGEWATCH_LANG"
MEMORY_VARIABLE = "WAGEWATCH_RECORDS__MEMORY_GB"
LEAST_MEMORY_GB = 0.25
DEFAULT_WORKSPACE = "workspace"


@dataclass(frozen=True)
class CliContext:
    """One call of the command line."""

    workspace: Workspace
    language: Language

    def text(self, key: str, **fields: object) -> str:
        """The wording of ``cli.<key>``."""
        return text(f"cli.{key}", self.language, **fields)


def cli_context(context: typer.Context) -> CliContext:
    """The job the root command made."""
    cli: CliContext = context.obj
    return cli


def os_user_name() -> str:
    """Who runs the command, as the operating system knows them."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def context_from_arguments(arguments: Sequence[str]) -> CliContext:
    """Workspace and language, found before the arguments are checked.

    Help and errors need the language also where the arguments are wrong.
    """
    root = _value(arguments, ("-w", "--workspace")) or os.environ.get(WORKSPACE_VARIABLE)
    workspace = Workspace(Path(root or DEFAULT_WORKSPACE))
    configured = _configured(workspace)
    wanted = _value(arguments, ("--lang",)) or os.environ.get(LANGUAGE_VARIABLE)
    language = _language(wanted or str(configured.get("language", "")))
    return CliContext(_with_memory(workspace, configured), language)


def _with_memory(workspace: Workspace, configured: Mapping[str, Any]) -> Workspace:
    """What the record store may use; a value that is not allowed is told by ``load_settings``."""
    section = configured.get("records")
    found = section.get("memory_gb") if isinstance(section, dict) else None
    try:
        wanted = float(os.environ.get(MEMORY_VARIABLE) or found or 0)
    except (TypeError, ValueError):
        return workspace
    return replace(workspace, memory_gb=wanted) if wanted >= LEAST_MEMORY_GB else workspace


def _value(arguments: Sequence[str], names: tuple[str, ...]) -> str | None:
    for index, argument in enumerate(arguments):
        if argument in names:
            return arguments[index + 1] if index + 1 < len(arguments) else None
        for name in names:
            if name.startswith("--") and argument.startswith(f"{name}="):
                return argument.removeprefix(f"{name}=")
    return None


def _language(wanted: str) -> Language:
    for language in LANGUAGES:
        if wanted == language:
            return language
    return LANGUAGES[0]


def _configured(workspace: Workspace) -> Mapping[str, Any]:
    # Only a peek: loading the settings in full would import pydantic for every --help.
    try:
        return tomllib.loads(workspace.settings_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
