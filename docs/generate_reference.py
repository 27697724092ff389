"""Reference pages made from what the program itself is built from: typer, pydantic, classes."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

import features
import models
import risk
import serving
import training
from risk.errors import WagewatchError
from risk.indicators import DEFINITIONS
from risk.locale import catalogue
from risk.workspace import Workspace
from serving.audit.head_export import HEADS_FILE
from serving.auth.roles import PERMISSIONS, SEPARATED, Permission, Role
from serving.cli.main import command
from serving.errors import ApiError
from serving.events.types import (
    DIGEST,
    MATTER_CLOSED,
    MATTER_ESCALATED,
    MATTER_OPENED,
    PUBLISHED,
    TIER_CHANGED,
    TYPES,
)
from serving.settings import NESTED, PREFIX, CampaignPlan, Settings, default_toml
from serving.terminal.context import context_from_arguments

MADE = "Generated from the code by `make docs`; do not edit."
PROBLEM_STATUSES = {
    "text_invalid": 400,
    "not_json": 400,
    "invalid_parameter": 422,
    "service_unavailable": 503,
    "database_busy": 503,
    "disk_full": 503,
    "read_only": 503,
}
"""Problems without a class and without a name of HTTP; see ``serving/http/problems.py``."""

OF_JOBS = ("job_interrupted",)
"""Errors without a class: what a job that did not finish has as its error."""

_EVENTS = {
    PUBLISHED: "a list was published",
    TIER_CHANGED: "a project of the new list has another tier than on the last",
    MATTER_OPENED: "a matter was opened",
    MATTER_ESCALATED: "a matter is overdue and was escalated",
    MATTER_CLOSED: "a matter was closed",
    DIGEST: "the weekly digest is ready",
}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def commands() -> str:
    """docs/reference/commands.md: every command and group with arguments and options."""
    root = command(context_from_arguments(["--lang", "en"]))
    lines = [
        "# Commands",
        "",
        MADE,
        "",
        "`wagewatch [-w WORKSPACE] [--lang zh|en] COMMAND`. WORKSPACE defaults to"
        " `$WAGEWATCH_WORKSPACE`, then `./workspace`; the language to `$WAGEWATCH_LANG`, then"
        " Chinese. Exit 0: done. Exit 1: refused or failed, with one line on standard error."
        " Exit 2: wrong use.",
    ]
    for name, made in all_commands(root, ()):
        lines += ["", f"## {name}", "", f"{_sentence(made.help)}"]
        rows = [_parameter(parameter) for parameter in made.params if parameter.name != "help"]
        if rows:
            head = ["| | meaning | allowed | default |", "|---|---|---|---|"]
            lines += ["", *head, *rows]
    return "\n".join(lines) + "\n"


def all_commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every command by its words; a group that does something by itself is one, too."""
    for name, made in group.commands.items():
        if not hasattr(made, "commands"):
            yield " ".join((*path, name)), made
            continue
        if made.invoke_without_command:
            yield " ".join((*path, name)), made
        yield from all_commands(made, (*path, name))


def choices(parameter: Any) -> tuple[str, ...]:
    """The words an option takes, where it takes only some."""
    annotation = parameter.type_descriptor.annotation
    for one in (annotation, *get_args(annotation)):
        if get_origin(one) is Literal:
            return tuple(map(str, get_args(one)))
        if isinstance(one, type) and hasattr(one, "__members__"):
            return tuple(str(member.value) for member in one)
    return ()


def _parameter(parameter: Any) -> str:
    is_option = any(name.startswith("-") for name in parameter.opts)
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    name = names if is_option else parameter.name.upper()
    allowed = ", ".join(f"`{one}`" for one in choices(parameter)) or _span(parameter)
    default = "required" if parameter.required else _default(parameter)
    return f"| `{name}` | {_cell(parameter.help)} | {allowed} | {default} |"


def _span(parameter: Any) -> str:
    low, high = parameter.min, parameter.max
    if low is not None or high is not None:
        return f"{low if low is not None else ''} to {high if high is not None else ''}".strip()
    return f"`{parameter.metavar}`" if parameter.metavar else ""


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is None or value == "" or value is False or value == []:
        return ""
    return f"`{'on' if value is True else getattr(value, 'value', value)}`"


def settings() -> str:
    """docs/reference/settings.md: every setting: meaning, default, what is allowed."""
    en, meant = catalogue("en"), meanings()
    lines = [
        "# Settings",
        "",
        MADE,
        "",
        "`wagewatch.toml` in the workspace, written with comments by `wagewatch init`. A variable"
        f" in the environment wins over the file: `{PREFIX}POLICY{NESTED}CAPACITY=30` is"
        " `policy.capacity`.",
        "",
        "| setting | meaning | 含义 | default | allowed |",
        "|---|---|---|---|---|",
    ]
    for name, default in all_settings(Settings.model_construct(), ()):
        shown = json.dumps(default, ensure_ascii=False, default=str)
        allowed = en[f"allowed.{name.replace('.', '_')}"].strip()
        words = " | ".join(map(_cell, meant[name]))
        lines.append(f"| `{name}` | {words} | `{shown}` | {_cell(allowed)} |")
    return "\n".join([*lines, *_campaign_keys(), *_rates()]) + "\n"


def all_settings(section: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every setting by its name, with its default."""
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from all_settings(value, (*path, name))
        else:
            shown = value.get_secret_value() if isinstance(value, SecretStr) else value
            yield ".".join((*path, name)), shown


def meanings() -> dict[str, tuple[str, str]]:
    """What the comments of wagewatch.toml say of each setting, in English and Chinese."""
    found: dict[str, tuple[str, str]] = {}
    section, words, fresh = "", [], True
    for line in default_toml().splitlines():
        if match := re.fullmatch(r"\[([a-z]+)\]", line):
            section, words = f"{match[1]}.", []
        elif match := re.match(r"# ([a-z_]+) = ", line):
            found.setdefault(f"{section}{match[1]}", _split(words))
            fresh = True
        elif re.match(r"# \d+ = ", line):
            found["places"] = _split(words)
            section = ""
        elif line.startswith("# "):
            if fresh and not re.match(r"# +[a-z_\d]+ = ", line):
                words, fresh = [], False
            words.append(line.removeprefix("# "))
        elif not line:
            fresh = True
    return found


def _split(lines: list[str]) -> tuple[str, str]:
    """English and Chinese of comment lines; one line may hold both around a slash."""
    english, chinese = [], []
    for line in lines:
        left, slash, right = line.partition(" / ")
        if slash and _CHINESE.search(left):
            chinese.append(left)
            english.append(right)
        elif _CHINESE.search(line):
            chinese.append(line)
        else:
            english.append(line)
    return " ".join(english), "".join(chinese)


def _campaign_keys() -> list[str]:
    lines = ["", "## [[campaigns]]", "", "| key | default | allowed |", "|---|---|---|"]
    for name, field in CampaignPlan.model_fields.items():
        missing = field.default is PydanticUndefined
        default = "required" if missing else f"`{json.dumps(field.default, default=str)}`"
        lines.append(f"| `{name}` | {default} | {', '.join(_literals(field.annotation))} |")
    lines += ["", "`stop` may be `spring_festival`: the eve of the next one after `start`."]
    return [*lines, "What each key does: [campaigns.md](../howto/campaigns.md)."]


def _literals(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [f"`{one}`" for one in get_args(annotation)]
    return [one for part in get_args(annotation) for one in _literals(part)]


def _rates() -> list[str]:
    zh, en = catalogue("zh"), catalogue("en")
    lines = ["", "## Rates", "", "| rate | English | 中文 | 口径 |", "|---|---|---|---|"]
    for name in DEFINITIONS:
        texts = (en[f"pages.rates.{name}"], zh[f"pages.rates.{name}"])
        lines.append(f"| `{name}` | {' | '.join(texts)} | {zh[f'pages.definitions.{name}']} |")
    return lines


def error_classes() -> dict[str, type[WagewatchError]]:
    """Every class of error in the five packages, by code."""
    for package in (risk, features, models, training, serving):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name:
                importlib.import_module(module.name)
    found: dict[str, type[WagewatchError]] = {}
    waiting = [WagewatchError]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if f"errors.{one.code}" in catalogue("en"):
                found[one.code] = one
    return found


def problem_statuses() -> dict[str, int]:
    """Codes of problems that are no class, with their HTTP status."""
    names = [
        key.removeprefix("problems.") for key in catalogue("en") if key.startswith("problems.")
    ]
    words = [name for name in names if not name.isdigit()]
    return {
        name: PROBLEM_STATUSES.get(name) or int(HTTPStatus[name.upper()].value) for name in words
    }


def failures() -> str:
    """docs/reference/errors.md: every code with HTTP status and both texts; also by text."""
    zh, en = catalogue("zh"), catalogue("en")
    rows = {
        code: (_status(one), en[f"errors.{code}"], zh[f"errors.{code}"])
        for code, one in error_classes().items()
    }
    rows |= {code: ("", en[f"errors.{code}"], zh[f"errors.{code}"]) for code in OF_JOBS}
    rows |= {
        code: (str(status), en[f"problems.{code}"], zh[f"problems.{code}"])
        for code, status in problem_statuses().items()
    }
    lines = [
        *("# Failures", "", MADE, ""),
        "HTTP is the status of the answer; without one, only commands and start-up fail like this"
        " (exit 1). {} stands for what was found."
        " 中文使用者按原句查：[按原句排列](#by-chinese-text).",
        "",
        "| code | HTTP | English | 中文 |",
        "|---|---|---|---|",
    ]
    for code in sorted(rows):
        status, *texts = rows[code]
        cells = " | ".join(_cell(one) for one in texts)
        lines.append(f'| <a id="{code}"></a>`{code}` | {status} | {cells} |')
    for title, place in (("By Chinese text", 2), ("By English text", 1)):
        lines += ["", f"## {title}", "", "| text | code |", "|---|---|"]
        ordered = sorted(rows, key=lambda code: (_plain(rows[code][place]), code))
        lines += [f"| {_cell(rows[code][place])} | [`{code}`](#{code}) |" for code in ordered]
    return "\n".join(lines) + "\n"


def _status(one: type[WagewatchError]) -> str:
    return str(int(one.status)) if issubclass(one, ApiError) and hasattr(one, "status") else ""


def _plain(text: str) -> str:
    """A text as a reader looks it up: without what is filled in."""
    return re.sub(r"\{\w+\}", "", text).strip(" “”‘’\"'，,。：:").casefold()


def roles() -> str:
    """docs/reference/roles.md: what each role may do."""
    lines = [
        *("# Roles", "", MADE, ""),
        "A role holds in a region: the beginning of the region codes its owner may see; empty is"
        " everywhere. [endpoints.md](endpoints.md) names the action of each path.",
        "",
        *_role_table(PERMISSIONS),
        *("", "With `[roles] separated = true` (三权分立):", ""),
        *_role_table(SEPARATED),
    ]
    return "\n".join(lines) + "\n"


def _role_table(permissions: Mapping[Role, Collection[Permission]]) -> list[str]:
    zh, en = catalogue("zh"), catalogue("en")
    lines = [
        f"| action | {' | '.join(f'`{role}`' for role in Role)} |",
        "|---" * (len(Role) + 1) + "|",
        f"| | {' | '.join(en[f'pages.roles.{role}'] for role in Role)} |",
        f"| | {' | '.join(zh[f'pages.roles.{role}'] for role in Role)} |",
    ]
    for permission in Permission:
        marks = ("✓" if permission in permissions[role] else "" for role in Role)
        lines.append(f"| `{permission}` | {' | '.join(marks)} |")
    return lines


def events() -> str:
    """docs/reference/events.md: the types of events that subscribers get."""
    lines = [
        *("# Events", "", MADE, ""),
        "A subscription names types as in the first column; what is sent has the second as its"
        " `type`. [connect.md](../tutorials/connect.md) shows how to subscribe and check the"
        " signature.",
        "",
        "| in `types` | `type` of the event | when |",
        "|---|---|---|",
    ]
    lines += [f"| `{one}` | `cn.wagewatch.{one}` | {_EVENTS[one]} |" for one in TYPES]
    return "\n".join(lines) + "\n"


_OTHER_FILES = {
    HEADS_FILE: "Daily digests of the audit log, unless `[audit] heads_file` names another place.",
    "session.key": "Key that signs cookies; not in a backup, made again where it is missing.",
    "service.log": "One JSON object a line: writes, refusals, failures; may be moved away.",
    "uploads": "Files sent in the browser that are not imported yet; deleted after seven days.",
    "monthly": "Lists and briefings written by `monthly`.",
    "import_forms": "Import forms of other platforms (TOML), for `watchlist --form`.",
    "rules": "The office's own warning rules (TOML).",
    "queries": "Queries of sources of kind `sql`.",
}


def workspace_files() -> str:
    """docs/reference/workspace-files.md: what is in a workspace."""
    lines = [
        *("# Files of a workspace", "", MADE, ""),
        "Files that settings name (`[law] values_file`, `[deposits] rules_file`,"
        " `[map] outlines_file`) lie next to `wagewatch.toml`.",
        "",
        "| file or folder | what it is |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {about} |" for name, about in sorted(workspace_entries().items())]
    return "\n".join(lines) + "\n"


def workspace_entries() -> dict[str, str]:
    """Every name at the top of a workspace, with what it is."""
    here = Workspace(Path("workspace"))
    found = dict(_OTHER_FILES)
    for name, member in vars(Workspace).items():
        if isinstance(member, property):
            found[getattr(here, name).name] = str(member.__doc__).strip()
    return found


def _cell(words: str) -> str:
    return words.strip().replace("|", "\\|").replace("\n", " ")


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
