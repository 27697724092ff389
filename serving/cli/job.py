"""What every command is given: the workspace and the language."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from risk.locale import LANGUAGES, Language, text
from risk.workspace import Workspace

WORKSPACE_VARIABLE = "WAGEWATCH_WORKSPACE"
LANGUAGE_VARIABLE = "WAGEWATCH_LANG"
DEFAULT_WORKSPACE = "workspace"


@dataclass(frozen=True)
class Job:
    """One call of the command line."""

    workspace: Workspace
    language: Language

    def say(self, key: str, **fields: object) -> str:
        """The wording of ``cli.<key>``."""
        return text(f"cli.{key}", self.language, **fields)


def job_of(context: typer.Context) -> Job:
    """The job the root command made."""
    job: Job = context.obj
    return job


def user_name() -> str:
    """Who runs the command, as the operating system knows them."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def job_from(arguments: Sequence[str]) -> Job:
    """Workspace and language, found before the arguments are checked.

    Help and errors need the language also where the arguments are wrong.
    """
    root = _value(arguments, ("-w", "--workspace")) or os.environ.get(WORKSPACE_VARIABLE)
    workspace = Workspace(Path(root or DEFAULT_WORKSPACE))
    wanted = _value(arguments, ("--lang",)) or os.environ.get(LANGUAGE_VARIABLE)
    return Job(workspace, _language(wanted or _configured(workspace)))


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


def _configured(workspace: Workspace) -> str:
    # Only a peek: loading the settings in full would import pydantic for every --help.
    try:
        found = tomllib.loads(workspace.settings_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return ""
    return str(found.get("language", ""))
