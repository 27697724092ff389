"""Kinds of sources by name; a kind's module is imported when it is used."""

from __future__ import annotations

from collections.abc import Mapping, Set
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from risk.sources.errors import SettingProblem, SourceInvalid, SourceUnknown
from risk.sources.settings import SourceSettings, is_source_name, parse_settings
from risk.sources.source import Source, SourceContext

KINDS: dict[str, str] = {
    "sql": "risk.sources.sql",
    "folder": "risk.sources.folder",
    "realname": "risk.sources.realname",
}
"""Modules of the kinds, each with ``Settings`` and ``open_source``."""


def source_settings(sections: Mapping[str, Any], name: str) -> SourceSettings:
    """Return the settings of the source ``name``; ``sections`` are those below ``sources``.

    Raises:
        SourceUnknown: there is no such source.
        SourceInvalid: its settings are not valid.
    """
    if name not in sections:
        raise SourceUnknown(source=name, allowed=", ".join(sorted(sections)) or "-")
    settings, problems = _parse(name, sections[name])
    if settings is None:
        raise SourceInvalid(problems)
    return settings


def all_sources(sections: Mapping[str, Any]) -> list[SourceSettings]:
    """Return the settings of all sources, by name.

    Raises:
        SourceInvalid: settings are not valid; the message has the problems of all sources.
    """
    parsed = [_parse(name, sections[name]) for name in sorted(sections)]
    problems = [problem for _, found in parsed for problem in found]
    if problems:
        raise SourceInvalid(problems)
    return [settings for settings, _ in parsed if settings is not None]


def open_source(settings: SourceSettings, context: SourceContext) -> AbstractContextManager[Source]:
    """Open a source of any kind.

    Raises:
        SourceError: it cannot be opened, for example without its secret.
    """
    opened: AbstractContextManager[Source] = import_module(KINDS[settings.kind]).open_source(
        settings, context
    )
    return opened


def tidy(settings: SourceSettings, context: SourceContext, stored: Set[str]) -> None:
    """Let the source clean up after the units with keys ``stored`` were imported."""
    clean = getattr(import_module(KINDS[settings.kind]), "tidy", None)
    if clean is not None:
        clean(settings, context, stored)


def _parse(name: str, values: Any) -> tuple[SourceSettings | None, list[SettingProblem]]:
    if not is_source_name(name):
        return None, [SettingProblem(f"sources.{name}", name, "name")]
    kind = values.get("kind") if isinstance(values, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        found = "" if kind is None else repr(kind)
        return None, [SettingProblem(f"sources.{name}.kind", found, "kind")]
    return parse_settings(import_module(KINDS[kind]).Settings, name, values)
