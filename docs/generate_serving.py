"""The generated pages about the ways out: commands, endpoints, and what failures say."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from risk.locale import catalogue
from serving.app import create_app
from serving.auth.roles import PERMISSIONS, SEPARATED, Permission, Role
from serving.cli.main import command
from serving.db.database import Database
from serving.settings import NESTED, PREFIX, Settings
from serving.terminal.context import context_from_arguments

_MADE = "Generated from the code by `make docs`; do not edit."


def commands() -> str:
    """docs/reference/commands.md: every command with its arguments and options."""
    root = command(context_from_arguments(["--lang", "en"]))
    lines = [
        "# Commands",
        "",
        _MADE,
        "",
        "`wagewatch [-w WORKSPACE] [--lang zh|en] COMMAND`. WORKSPACE defaults to"
        " `$WAGEWATCH_WORKSPACE`, then `./workspace`; the language to `$WAGEWATCH_LANG`, then"
        " Chinese. Exit 0: done. Exit 1: refused or failed, with one line on standard error."
        " Exit 2: wrong use.",
    ]
    for name, made in _commands(root, ()):
        lines += ["", f"## {name}", "", f"{_sentence(made.help)}"]
        rows = [_parameter(parameter) for parameter in made.params if parameter.name != "help"]
        if rows:
            lines += ["", "| | meaning | |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def endpoints() -> str:
    """docs/reference/endpoints.md: every path of the HTTP API."""
    with Database("sqlite://") as database:
        description = create_app(Settings(), database).state.api_description
        described, chinese = description("en"), description("zh")
    lines = [
        "# Endpoints",
        "",
        _MADE,
        "",
        "`wagewatch serve` describes itself at `/docs` (OpenAPI at `/openapi.json`). What is sent"
        " was computed and sealed when the list was published. Failures are `problem+json`"
        " (RFC 9457) with a stable `code` and Chinese and English text.",
        "",
        "| method | path | gives | action |",
        "|---|---|---|---|",
    ]
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            zh = chinese["paths"][path][method]["description"]
            gives = f"{about['description'].removesuffix('.')} / {zh}"
            action = about.get("x-action", "")
            lines.append(f"| {method.upper()} | `{path}` | {gives} | {action} |")
    lines += ["", "Actions, and the roles that include them:", "", *_roles(PERMISSIONS)]
    lines += ["", "With `[roles] separated = true` (三权分立):", "", *_roles(SEPARATED)]
    return "\n".join(lines) + "\n"


def _roles(permissions: Mapping[Role, Collection[Permission]]) -> list[str]:
    """A table of roles and what they may do."""
    lines = [f"| | {' | '.join(Role)} |", "|---" * (len(Role) + 1) + "|"]
    for permission in Permission:
        marks = ("✓" if permission in permissions[role] else "" for role in Role)
        lines.append(f"| {permission} | {' | '.join(marks)} |")
    return lines


def settings() -> str:
    """docs/reference/settings.md: every setting, its variable, its default and what is allowed."""
    en = catalogue("en")
    lines = [
        "# Settings",
        "",
        _MADE,
        "",
        "`wagewatch.toml` in the workspace, written with comments by `wagewatch init`. The variable"
        " in the environment wins over the file.",
        "",
        "| setting | variable | default | allowed |",
        "|---|---|---|---|",
    ]
    for name, default in _settings(Settings.model_construct(), ()):
        variable = PREFIX + name.replace(".", NESTED).upper()
        shown = json.dumps(default, ensure_ascii=False, default=str)
        allowed = en[f"allowed.{name.replace('.', '_')}"].strip()
        lines.append(f"| `{name}` | `{variable}` | `{shown}` | {allowed} |")
    return "\n".join(lines) + "\n"


def _settings(section: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from _settings(value, (*path, name))
        else:
            shown = value.get_secret_value() if isinstance(value, SecretStr) else value
            yield ".".join((*path, name)), shown


def failures() -> str:
    """docs/reference/errors.md: every failure's code and wording in both languages."""
    zh, en = catalogue("zh"), catalogue("en")
    lines = ["# Failures", "", _MADE, "", "| code | English | 中文 |", "|---|---|---|"]
    for key in sorted(key for key in en if key.startswith("errors.")):
        cells = (key.removeprefix("errors."), en[key], zh[key])
        code, *words = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
        lines.append(f"| `{code}` | {' | '.join(words)} |")
    return "\n".join(lines) + "\n"


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, made in group.commands.items():
        if hasattr(made, "commands"):
            yield from _commands(made, (*path, name))
        else:
            yield " ".join((*path, name)), made


def _parameter(parameter: Any) -> str:
    is_option = any(name.startswith("-") for name in parameter.opts)
    name = ", ".join(parameter.opts) if is_option else parameter.name.upper()
    return f"| `{name}` | {parameter.help} | {'required' if parameter.required else ''} |"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
