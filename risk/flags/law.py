"""Law as dated, cited data: which duty was in force where and when, and with which values.

Everything is read from ``law.toml`` beside this file. A duty or a value holds from ``from`` up to,
but not including, ``to``; a value holds where the region code begins with its ``region``.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

Certainty = Literal["primary", "two_sources", "one_page", "local", "own_choice"]
"""How sure a value is: read in the statute itself, in two places, on one page, a local rule used
elsewhere for want of another, or our own choice."""


@dataclass(frozen=True)
class _Dated:
    region: str
    from_day: dt.date
    to_day: dt.date | None

    def in_force(self, day: dt.date) -> bool:
        """Whether it holds on ``day``, in its own region."""
        return self.from_day <= day and (self.to_day is None or day < self.to_day)

    def applies_in(self, region: str) -> bool:
        """Whether ``region`` lies in its region."""
        return region.startswith(self.region)


@dataclass(frozen=True)
class Duty(_Dated):
    """A duty of law: the flag's ``code``, its article, the instrument it stands in."""

    code: str
    article: str
    instrument: str


@dataclass(frozen=True)
class Value(_Dated):
    """A number of law, or one set where law is silent (then ``certainty`` says so).

    ``unit`` is one of days, working_days, months, years, share, people, fen.
    """

    code: str
    name: str
    number: float
    unit: str
    instrument: str
    certainty: Certainty


@dataclass(frozen=True)
class Penalty:
    """What follows when the order to correct is not obeyed; fines in yuan."""

    article: str
    duties: tuple[str, ...]
    fine_from: int
    fine_to: int
    stop_work: bool


@dataclass(frozen=True)
class Law:
    """All duties, values and penalties known to the house."""

    duties: tuple[Duty, ...]
    values: tuple[Value, ...]
    penalties: tuple[Penalty, ...]

    def duties_in_force(self, day: dt.date) -> tuple[Duty, ...]:
        """The duties in force on ``day``, in any region."""
        return tuple(duty for duty in self.duties if duty.in_force(day))

    def values_in_force(self, day: dt.date) -> tuple[Value, ...]:
        """The values in force on ``day``, in any region."""
        return tuple(value for value in self.values if value.in_force(day))

    def duty(self, code: str, day: dt.date, region: str = "") -> Duty | None:
        """The duty ``code`` as it stood on ``day`` in ``region``; None where there was none."""
        return _closest(
            item
            for item in self.duties_in_force(day)
            if item.code == code and item.applies_in(region)
        )

    def value(self, code: str, name: str, day: dt.date, region: str = "") -> Value | None:
        """The value ``name`` of duty ``code`` on ``day``, of the closest region; None if none."""
        return _closest(
            item
            for item in self.values_in_force(day)
            if (item.code, item.name) == (code, name) and item.applies_in(region)
        )

    def regions(self) -> tuple[str, ...]:
        """The region prefixes the law tells apart, "" among them."""
        return tuple(sorted({"", *(item.region for item in (*self.duties, *self.values))}))

    def value_names(self, code: str) -> tuple[str, ...]:
        """The names of the values duty ``code`` has anywhere and at any time."""
        return tuple(sorted({value.name for value in self.values if value.code == code}))

    def penalty(self, code: str) -> Penalty | None:
        """What the Regulation threatens for duty ``code``; None where it names no fine."""
        return next((item for item in self.penalties if code in item.duties), None)


@cache
def read_law() -> Law:
    """The law of ``law.toml``."""
    text = files("risk.flags").joinpath("law.toml").read_text(encoding="utf-8")
    return _law(tomllib.loads(text))


def _law(document: Mapping[str, Any]) -> Law:
    duties = tuple(_duty(code, item) for code, item in document["duties"].items())
    return Law(
        duties=duties,
        values=tuple(
            _value(code, name, duty, item)
            for duty, (code, entry) in zip(duties, document["duties"].items(), strict=True)
            for name, items in entry.get("values", {}).items()
            for item in items
        ),
        penalties=tuple(_penalty(item) for item in document["penalties"]),
    )


def _duty(code: str, item: Mapping[str, Any]) -> Duty:
    return Duty(
        region=item.get("region", ""),
        from_day=item["from"],
        to_day=item.get("to"),
        code=code,
        article=item["article"],
        instrument=item["instrument"],
    )


def _value(code: str, name: str, duty: Duty, item: Mapping[str, Any]) -> Value:
    return Value(
        region=item.get("region", duty.region),
        from_day=item.get("from", duty.from_day),
        to_day=item.get("to", duty.to_day),
        code=code,
        name=name,
        number=item["number"],
        unit=item["unit"],
        instrument=item.get("instrument", duty.instrument),
        certainty=item["certainty"],
    )


def _penalty(item: Mapping[str, Any]) -> Penalty:
    return Penalty(
        article=item["article"],
        duties=tuple(item["duties"]),
        fine_from=item["fine_from"],
        fine_to=item["fine_to"],
        stop_work=item["stop_work"],
    )


_D = TypeVar("_D", bound=_Dated)


def _closest(found: Iterable[_D]) -> _D | None:
    return max(found, key=lambda item: (len(item.region), item.from_day), default=None)
