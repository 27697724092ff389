"""When sources are pulled, read without the code of their kinds, which is heavy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict

from risk.sources.errors import SettingProblem
from risk.sources.settings import SourceSettings, parse_settings


@dataclass(frozen=True)
class SourceSchedule:
    """Configured source: its period, and how long it may go without success.

    ``every`` is None if only people and timers pull; ``stopped_after`` is None if it is never late.
    ``problems`` are those of the settings that all kinds have; with any, nothing is scheduled.
    """

    name: str
    kind: str
    every: dt.timedelta | None = None
    stopped_after: dt.timedelta | None = None
    problems: tuple[SettingProblem, ...] = ()


class _AnyKind(SourceSettings):
    """Settings that all kinds have; those of one kind are checked when it is pulled."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def schedules(sections: Mapping[str, Any]) -> list[SourceSchedule]:
    """Return the schedules of all sources by name; ``sections`` are those below ``sources``."""
    return [_schedule(name, sections[name]) for name in sorted(sections)]


def _schedule(name: str, values: Any) -> SourceSchedule:
    section = values if isinstance(values, Mapping) else {}
    settings, problems = parse_settings(_AnyKind, name, section)
    if settings is None:
        return SourceSchedule(name, str(section.get("kind", "")), problems=tuple(problems))
    return SourceSchedule(name, settings.kind, settings.every, settings.longest_silence)
