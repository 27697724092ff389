"""Local tables of wage deposit rates, supplied by the office; none is built in.

MOHRSS [2021] No. 65 leaves the steps to the provinces, so every table names its region, its period
of validity and its source, and applies nowhere else.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk.errors import WagewatchError

_FEN = 100
_CERTAINTIES = ("primary", "two_sources", "one_page", "local", "own_choice")
_NUMBERS = (
    *("base_share", "raised_share", "look_back_years", "lower_share", "lower_years"),
    *("exempt_years", "several_least", "several_share", "small_below", "small_years"),
)
_TEXTS = ("region", "instrument", "source", "certainty")
_ALLOWED = (*_TEXTS, "from", "to", *_NUMBERS)


class RuleTableInvalid(WagewatchError, ValueError):
    """A table of deposit rates is missing or invalid."""

    code = "rule_table_wrong"


@dataclass(frozen=True)
class RuleTable:
    """One table; rates are shares of the contract amount, None if the table has no such step.

    ``look_back_years``: years in which arrears raise the rate. ``lower_years``, ``exempt_years``:
    years without arrears for the lower rate or the exemption. ``several_least``: number of
    concurrent projects from which ``several_share`` may apply. ``small_below``: contract amount in
    fen below which a contract may be exempt after ``small_years`` without arrears.
    """

    region: str
    from_day: dt.date
    to_day: dt.date | None
    instrument: str
    source: str
    certainty: str
    base_share: float
    raised_share: float
    look_back_years: int
    lower_share: float | None = None
    lower_years: int | None = None
    exempt_years: int | None = None
    several_least: int | None = None
    several_share: float | None = None
    small_below: int | None = None
    small_years: int | None = None


def table_for(tables: Iterable[RuleTable], region: str, day: dt.date) -> RuleTable | None:
    """Table in force on ``day`` with the longest matching region prefix; None if there is none."""
    matching = [
        table
        for table in tables
        if region.startswith(table.region)
        and table.from_day <= day
        and (table.to_day is None or day < table.to_day)
    ]
    return max(matching, key=lambda table: (len(table.region), table.from_day), default=None)


def read_tables(path: Path) -> tuple[RuleTable, ...]:
    """Tables of a TOML file, each under ``[[rules]]``.

    Raises:
        RuleTableInvalid: the file is missing, not TOML, or a table has an invalid entry.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleTableInvalid(path=str(path), found=str(error), allowed="[[rules]]") from error
    rules = document.get("rules")
    if not isinstance(rules, list) or not rules or not all(isinstance(r, dict) for r in rules):
        raise RuleTableInvalid(path=str(path), found=", ".join(document), allowed="[[rules]]")
    return tuple(_table(path, rule) for rule in rules)


def _table(path: Path, item: Mapping[str, Any]) -> RuleTable:
    for name in item:
        if name not in _ALLOWED:
            raise RuleTableInvalid(path=str(path), found=name, allowed=", ".join(_ALLOWED))
    _require(path, item)
    small = item.get("small_below")
    table = RuleTable(
        region=item["region"],
        from_day=item["from"],
        to_day=item.get("to"),
        **{name: item[name] for name in ("instrument", "source", "certainty")},
        **{name: item[name] for name in _NUMBERS if name in item and name != "small_below"},
        small_below=None if small is None else round(small * _FEN),
    )
    _require_order(path, table)
    return table


def _require(path: Path, item: Mapping[str, Any]) -> None:
    """Check that the required fields are present and all fields have the right type."""
    texts = all(isinstance(item.get(name), str) for name in _TEXTS)
    days = type(item.get("from")) is dt.date and type(item.get("to", dt.date.max)) is dt.date
    needed = {"base_share", "raised_share", "look_back_years"} <= set(item)
    numbers = all(
        isinstance(item[n], int | float) and not isinstance(item[n], bool) and item[n] >= 0
        for n in _NUMBERS
        if n in item
    )
    whole = all(isinstance(item.get(n, 1), int) for n in _NUMBERS if n.endswith(("years", "least")))
    if not (texts and days and needed and numbers and whole):
        raise RuleTableInvalid(path=str(path), found=str(dict(item)), allowed=", ".join(_ALLOWED))
    if not item["region"].isdigit() or item["certainty"] not in _CERTAINTIES:
        found = f"{item['region']} / {item['certainty']}"
        raise RuleTableInvalid(path=str(path), found=found, allowed=", ".join(_CERTAINTIES))


def _require_order(path: Path, table: RuleTable) -> None:
    """Check that lower rates <= base rate <= raised rate, and that paired fields come together."""
    pairs = (
        (table.lower_share, table.lower_years),
        (table.several_share, table.several_least),
        (table.small_below, table.small_years),
    )
    together = all((one is None) == (other is None) for one, other in pairs)
    low = [share for share in (table.lower_share, table.several_share) if share is not None]
    in_order = all(share <= table.base_share for share in low)
    if not (together and in_order and table.base_share <= table.raised_share <= 1):
        allowed = "lower_share, several_share <= base_share <= raised_share <= 1"
        raise RuleTableInvalid(path=str(path), found=table.region, allowed=allowed)
