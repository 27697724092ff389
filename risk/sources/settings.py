"""Settings of sources: the sections ``[sources.NAME]`` of ``wagewatch.toml``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from risk.intake.named_periods import stated_day
from risk.sources.errors import SettingProblem
from risk.sources.meter import MEGABYTE, Bounds

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""Names of sources, which are names of folders too."""

_EVERY = re.compile(r"([1-9]\d{0,3})\s*(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LATE = 2
"""Periods without success after which a source counts as stopped."""

_SHORTEST = dt.timedelta(minutes=10)
_PASSWORD = re.compile(r"(://[^/@:\s]*):[^/@\s]*@")
_IN_CLEAR = frozenset(("secret", "password", "appsecret", "app_secret", "token", "key"))


def _period(value: object) -> object:
    """Return the period of a text such as ``1d``, ``12h`` or ``30m``."""
    if not isinstance(value, str):
        return value
    found = _EVERY.fullmatch(value.strip().lower())
    if found is None:
        raise ValueError(value)
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


def is_source_name(name: str) -> bool:
    """Return whether a source may have this name; one that states a month may not.

    >>> is_source_name("realname"), is_source_name("../x"), is_source_name("books-2025-09")
    (True, False, False)
    """
    return NAME.fullmatch(name) is not None and stated_day(name) is None


def period_text(period: dt.timedelta | None) -> str:
    """Return a period as it is written in settings; empty for None.

    >>> period_text(dt.timedelta(days=1)), period_text(dt.timedelta(minutes=90))
    ('1d', '90m')
    """
    if period is None:
        return ""
    minutes = int(period.total_seconds() // 60)
    for size, unit in ((24 * 60, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


Period = Annotated[dt.timedelta | None, BeforeValidator(_period), Field(ge=_SHORTEST)]


class SourceSettings(BaseModel):
    """Settings of every kind of source; each kind adds its own.

    ``name`` is that of the section. ``until`` is None for yesterday by the office's clock.
    ``every`` is the period in which the service pulls; None for never. ``stopped_after`` is the
    time without success after which the source counts as stopped. ``layout`` is the name of a
    confirmed layout. ``secret_file`` and ``secret_env`` name where the secret is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed: ClassVar[Mapping[str, str]] = {}
    """Keys below ``sources.allowed`` of the catalogue for settings whose key is not their name."""

    name: Annotated[str, Field(exclude=True)]
    kind: str
    since: dt.date | None = None
    until: dt.date | None = None
    every: Period = None
    stopped_after: Period = None
    layout: Annotated[str, Field(pattern=r"^[\w.()（）-]{0,80}$")] = ""
    secret_file: Annotated[str, Field(max_length=500)] = ""
    secret_env: Annotated[str, Field(pattern=r"^[A-Za-z_0-9]{0,100}$")] = ""
    max_pages: Annotated[int, Field(ge=1, le=10_000_000)] = Bounds.requests
    max_rows: Annotated[int, Field(ge=1, le=1_000_000_000)] = Bounds.rows
    max_minutes: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] = Bounds.seconds / 60
    max_megabytes: Annotated[int, Field(ge=1, le=1_000_000)] = Bounds.bytes // MEGABYTE

    @property
    def bounds(self) -> Bounds:
        """Bounds of one pull."""
        return Bounds(
            requests=self.max_pages,
            rows=self.max_rows,
            seconds=self.max_minutes * 60,
            bytes=self.max_megabytes * MEGABYTE,
        )

    @property
    def longest_silence(self) -> dt.timedelta | None:
        """Time without success after which the source counts as stopped; None for never."""
        return self.stopped_after or (_LATE * self.every if self.every else None)

    def last_day(self, today: dt.date) -> dt.date:
        """Return the last day to pull: ``until``, else yesterday; ``today`` is the office's day."""
        yesterday = today - dt.timedelta(days=1)
        return min(self.until or yesterday, today)


def parse_settings(
    kind: type[SourceSettings], name: str, values: Mapping[str, Any]
) -> tuple[SourceSettings | None, list[SettingProblem]]:
    """Return the settings of the section ``name``, or None and all its problems."""
    try:
        return kind(name=name, **values), []
    except ValidationError as error:
        return None, list(_problems(kind, name, error))


def _problems(
    kind: type[SourceSettings], name: str, error: ValidationError
) -> Iterator[SettingProblem]:
    for one in error.errors():
        key = str(one["loc"][0]) if one["loc"] else ""
        setting = f"sources.{name}.{key}" if key else f"sources.{name}"
        if key.lower() in _IN_CLEAR:
            # The value is a secret, which must not be shown.
            yield SettingProblem(setting, "***", "secret_in_clear")
        elif one["type"] == "extra_forbidden":
            yield SettingProblem(setting, _shown(one["input"]), "unknown_setting")
        elif one["type"] == "missing":
            yield SettingProblem(setting, "", kind.allowed.get(key, key))
        else:
            # A check of several settings raises ValueError with the key of its text.
            shown = _shown(one["input"]) if key else "-"
            allowed = kind.allowed.get(key, key) if key else str(one["ctx"]["error"])
            yield SettingProblem(setting, shown, allowed)


def _shown(value: object) -> str:
    """Return a value for a message, without the password of an address."""
    return _PASSWORD.sub(r"\1:***@", repr(value))[:80]
