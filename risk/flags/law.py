"""Law as dated, cited data: which duties were in force where and when, and with which values.

The data is read from ``law.toml``. A duty or value is in force from ``from`` (inclusive) to ``to``
(exclusive), in regions whose code starts with its ``region``.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

Certainty = Literal[
    "primary", "two_sources", "one_page", "unverified", "local", "office", "own_choice"
]
"""Source quality of a value: the statute itself, two sources, one page, known but not read again, a
local rule used elsewhere for lack of a national one, the office's own file, or our own choice."""

Debtor = Literal["owner", "contractor", "subcontractor", "employer", "authority"]
"""Who owes a duty."""


@dataclass(frozen=True)
class _Dated:
    region: str
    from_day: dt.date
    to_day: dt.date | None

    def in_force(self, day: dt.date) -> bool:
        """Whether it is in force on ``day`` in its region."""
        return self.from_day <= day and (self.to_day is None or day < self.to_day)

    def applies_in(self, region: str) -> bool:
        """Whether ``region`` is part of its region."""
        return region.startswith(self.region)


@dataclass(frozen=True)
class Duty(_Dated):
    """Legal duty: the ``code`` of its flag, its article and its instrument.

    ``basis`` is another instrument that carries it, with its own certainty, ``summary`` the duty in
    a few words. The article was read in the statute. Acts since ``acts_from`` are covered. The duty
    binds only where all values in ``needs`` are in force.
    """

    code: str
    article: str
    instrument: str
    basis: str | None
    basis_certainty: Certainty | None
    owed_by: tuple[Debtor, ...]
    summary: str
    acts_from: dt.date
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Value(_Dated):
    """Number set by law, or by us where the law sets none (see ``certainty``).

    ``unit`` is one of days, working_days, months, years, share, people, fen, count, yes. ``source``
    says where it was read, if that is not the instrument.
    """

    code: str
    name: str
    number: float
    unit: str
    instrument: str
    certainty: Certainty
    source: str = ""


@dataclass(frozen=True)
class Law:
    """All duties and values of ``law.toml``."""

    duties: tuple[Duty, ...]
    values: tuple[Value, ...]

    def duties_in_force(self, day: dt.date) -> tuple[Duty, ...]:
        """Duties in force on ``day``, in any region."""
        return tuple(duty for duty in self.duties if duty.in_force(day))

    def values_in_force(self, day: dt.date) -> tuple[Value, ...]:
        """Values in force on ``day``, in any region."""
        return tuple(value for value in self.values if value.in_force(day))

    def duty(self, code: str, day: dt.date, region: str = "") -> Duty | None:
        """Duty ``code`` in force on ``day`` in ``region``; None if there was none."""
        return _closest(
            item
            for item in self.duties
            if item.code == code and item.in_force(day) and item.applies_in(region)
        )

    def value(self, code: str, name: str, day: dt.date, region: str = "") -> Value | None:
        """Value ``name`` of duty ``code`` on ``day``, of the closest region; None if none."""
        return _closest(
            item
            for item in self.values
            if (item.code, item.name) == (code, name)
            and item.in_force(day)
            and item.applies_in(region)
        )

    def regions(self) -> tuple[str, ...]:
        """Sorted region prefixes with rules of their own, including ""."""
        return tuple(sorted({"", *(item.region for item in (*self.duties, *self.values))}))

    def value_names(self, code: str) -> tuple[str, ...]:
        """Names of all values of duty ``code``, in any region and at any time, and it needs."""
        named = {value.name for value in self.values if value.code == code}
        needed = {name for duty in self.duties if duty.code == code for name in duty.needs}
        return tuple(sorted(named | needed))


@cache
def read_law() -> Law:
    """Law read from ``law.toml``."""
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
    )


def _duty(code: str, item: Mapping[str, Any]) -> Duty:
    return Duty(
        region=item.get("region", ""),
        from_day=item["from"],
        to_day=item.get("to"),
        code=code,
        article=item["article"],
        instrument=item["instrument"],
        basis=item.get("basis"),
        basis_certainty=item.get("basis_certainty"),
        owed_by=tuple(item["owed_by"]),
        summary=item["duty"],
        acts_from=item.get("acts_from", item["from"]),
        needs=tuple(item.get("needs", ())),
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
        source=item.get("source", ""),
    )


_D = TypeVar("_D", bound=_Dated)


def _closest(items: Iterable[_D]) -> _D | None:
    return max(items, key=lambda item: (len(item.region), item.from_day), default=None)
