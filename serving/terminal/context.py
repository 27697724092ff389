"""Context of a command: workspace and language."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from risk.locale import LANGUAGES, Language, text
from risk.workspace import Workspace
from serving.clock import DEFAULT_TIMEZONE, set_timezone

WORKSPACE_VARIABLE = "WAGEWATCH_WORKSPACE"
LANGUAGE_VARIABLE = "WAGEWATCH_LANG"
MEMORY_VARIABLE = "WAGEWATCH_RECORDS__MEMORY_GB"
TIMEZONE_VARIABLE = "WAGEWATCH_OFFICE__TIMEZONE"
MIN_MEMORY_GB = 0.25
DEFAULT_WORKSPACE = "workspace"


def _nothing(cli: CliContext) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class CliContext:
    """Workspace and language of one call of the command line.

    ``after_import`` is the work of other subjects that follows an import of complaints or projects.
    """

    workspace: Workspace
    language: Language
    after_import: Callable[[CliContext], None] = _nothing

    def text(self, key: str, **fields: object) -> str:
        """Return the text of ``cli.<key>`` in the language of the call."""
        return text(f"cli.{key}", self.language, **fields)


def cli_context(context: typer.Context) -> CliContext:
    """Return the context that the root command created."""
    cli: CliContext = context.obj
    return cli


def os_user_name() -> str:
    """Return the user name of the operating system, ``unknown`` if there is none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def context_from_arguments(arguments: Sequence[str]) -> CliContext:
    """Return workspace and language before the arguments are parsed.

    Help and error messages need the language even if the arguments are wrong.
    """
    root = _value(arguments, ("-w", "--workspace")) or os.environ.get(WORKSPACE_VARIABLE)
    folder = Path(root or DEFAULT_WORKSPACE)
    configured = _configured(Workspace(folder))
    chosen = _value(arguments, ("--lang",)) or os.environ.get(LANGUAGE_VARIABLE)
    language = _language(chosen or str(configured.get("language", "")))
    _set_timezone(configured)
    return CliContext(_with_memory(Workspace(folder), configured), language)


def workspace_at(folder: Path) -> Workspace:
    """Return the workspace in ``folder`` with the memory limit of its settings."""
    workspace = Workspace(folder)
    return _with_memory(workspace, _configured(workspace))


def _with_memory(workspace: Workspace, configured: Mapping[str, Any]) -> Workspace:
    """Set the memory limit of the record store; ``load_settings`` reports invalid values."""
    section = configured.get("records")
    configured_gb = section.get("memory_gb") if isinstance(section, dict) else None
    try:
        memory_gb = float(os.environ.get(MEMORY_VARIABLE) or configured_gb or 0)
    except (TypeError, ValueError):
        return workspace
    return replace(workspace, memory_gb=memory_gb) if memory_gb >= MIN_MEMORY_GB else workspace


def _set_timezone(configured: Mapping[str, Any]) -> None:
    """Set the time zone of the office; ``load_settings`` reports invalid names."""
    section = configured.get("office")
    chosen = section.get("timezone") if isinstance(section, dict) else None
    name = os.environ.get(TIMEZONE_VARIABLE) or chosen
    # OSError: the name is that of a folder of the time zone database.
    with suppress(KeyError, ValueError, OSError, TypeError):
        set_timezone(str(name or DEFAULT_TIMEZONE))


def _value(arguments: Sequence[str], names: tuple[str, ...]) -> str | None:
    for index, argument in enumerate(arguments):
        if argument in names:
            return arguments[index + 1] if index + 1 < len(arguments) else None
        for name in names:
            if name.startswith("--") and argument.startswith(f"{name}="):
                return argument.removeprefix(f"{name}=")
    return None


def _language(name: str) -> Language:
    for language in LANGUAGES:
        if name == language:
            return language
    return LANGUAGES[0]


def _configured(workspace: Workspace) -> Mapping[str, Any]:
    # Not load_settings, which would import pydantic for every --help.
    try:
        return tomllib.loads(workspace.settings_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
