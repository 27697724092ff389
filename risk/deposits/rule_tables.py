"""Local tables of wage deposit rates, supplied by the office; none is built in.

MOHRSS [2021] No. 65 leaves the steps to the provinces, so every table names its region, its period
of validity and its source, and applies nowhere else. Rates are shares of the contract amount; a
step may be stated as a share, or by how much it raises or lowers the base rate.
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
_CERTAINTIES = ("primary", "two_sources", "one_page", "unverified", "local", "own_choice")
_MONEY = ("small_below", "cap")
_STEPS = {"raised": 1, "listed": 1, "lower": -1, "several": -1}
"""Steps that a table states as ``NAME_share`` or ``NAME_by``, and where ``by`` moves the rate."""

_WHOLE = (
    *("look_back_years", "lower_years", "exempt_years", "several_least", "small_years"),
    *("short_months", "notice_days", "check_working_days", "return_working_days"),
)
_SHARES = ("base_share", "base_share_to", *(f"{name}_share" for name in _STEPS))
_NUMBERS = (*_SHARES, *(f"{name}_by" for name in _STEPS), *_WHOLE, *_MONEY)
_TEXTS = ("region", "instrument", "source", "certainty")
_ALLOWED = (*_TEXTS, "from", "to", *_NUMBERS, "up", "down")
_STEP_FIELDS = {"up": ("events", "years", "share", "by"), "down": ("years", "share", "by")}


class RuleTableInvalid(WagewatchError, ValueError):
    """A table of deposit rates is missing or invalid."""

    code = "rule_table_wrong"


@dataclass(frozen=True)
class DownStep:
    """Rate after ``years`` without arrears; 0 is an exemption."""

    years: int
    share: float


@dataclass(frozen=True)
class UpStep:
    """Rate after at least ``events`` events in ``years``."""

    events: int
    years: int
    share: float


@dataclass(frozen=True)
class RuleTable:
    """One table; rates are shares of the contract amount, None if the table has no such step.

    ``region`` is the beginning of region codes, empty for the whole country. ``base_share_to`` is
    the upper end of the base rate where the rule gives a range. ``look_back_years``: years in which
    arrears raise the rate to ``raised_share``, and a sanction listing to ``listed_share``.
    ``lower_years``, ``exempt_years``: years without arrears for the lower rate or the exemption.
    ``several_least``: number of concurrent projects from which ``several_share`` may apply.
    ``small_below``: contract amount in fen below which a contract may be exempt, after
    ``small_years`` without arrears if stated; ``short_months``: works shorter than that may be.
    ``cap``: most to be stored for one project, in fen. ``up``, ``down``: further steps.

    The return of a deposit: ``notice_days`` of public notice, then ``check_working_days`` for the
    check and ``return_working_days`` for the return.
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
    base_share_to: float | None = None
    listed_share: float | None = None
    short_months: int | None = None
    cap: int | None = None
    up: tuple[UpStep, ...] = ()
    down: tuple[DownStep, ...] = ()
    notice_days: int | None = None
    check_working_days: int | None = None
    return_working_days: int | None = None

    def down_steps(self) -> tuple[DownStep, ...]:
        """All rates below the base rate by years without arrears, exemption included."""
        found = list(self.down)
        if self.exempt_years is not None:
            found.append(DownStep(self.exempt_years, 0.0))
        if self.lower_share is not None and self.lower_years is not None:
            found.append(DownStep(self.lower_years, self.lower_share))
        return tuple(found)

    def most_share(self, share: float) -> float | None:
        """Upper end of ``share`` where the base rate is a range; None where it is one figure."""
        if self.base_share_to is None:
            return None
        return self.base_share_to * share / self.base_share


def required_amount(table: RuleTable, share: float, contract_amount: int) -> int:
    """Deposit for one contract in fen at the rate ``share``, at most the cap of the table.

    >>> day, texts = dt.date(2024, 1, 1), ("x", "y", "one_page")
    >>> table = RuleTable("35", day, None, *texts, 0.015, 0.0225, 2, cap=500_000_000)
    >>> required_amount(table, 0.015, 10_000_000_000), required_amount(table, 0.015, 10**11)
    (150000000, 500000000)
    """
    required = round(share * contract_amount)
    return required if table.cap is None else min(required, table.cap)


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
    _require_names(path, item, _ALLOWED)
    _require(path, item)
    stated: dict[str, Any] = {
        **{name: item[name] for name in (*_WHOLE, "base_share", "base_share_to") if name in item},
        **{name: round(item[name] * _FEN) for name in _MONEY if name in item},
        **_step_shares(path, item),
    }
    table = RuleTable(
        region=item["region"],
        from_day=item["from"],
        to_day=item.get("to"),
        **{name: item[name] for name in ("instrument", "source", "certainty")},
        **stated,
        up=tuple(
            UpStep(step["events"], step["years"], _share(path, item, step, 1))
            for step in _steps(path, item, "up")
        ),
        down=tuple(
            DownStep(step["years"], _share(path, item, step, -1))
            for step in _steps(path, item, "down")
        ),
    )
    _require_order(path, item, table)
    return table


def _step_shares(path: Path, item: Mapping[str, Any]) -> dict[str, float]:
    """The rate of every step that ``item`` states, as ``NAME_share``."""
    found = {}
    for name, sign in _STEPS.items():
        step = {
            field: item[f"{name}_{field}"] for field in ("share", "by") if f"{name}_{field}" in item
        }
        if step:
            found[f"{name}_share"] = _share(path, item, step, sign)
    return found


def _share(path: Path, item: Mapping[str, Any], step: Mapping[str, Any], sign: int) -> float:
    """Rate of ``step``: its ``share``, or the base rate moved ``by`` a share of itself."""
    if ("share" in step) == ("by" in step):
        raise RuleTableInvalid(path=str(path), found=str(dict(step)), allowed="share / by")
    if "share" in step:
        return float(step["share"])
    # Rounded, so that 1.5 % and 50 % more are 2.25 % and not a binary neighbour of it.
    return float(round(item["base_share"] * (1 + sign * step["by"]), 10))


def _steps(path: Path, item: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The steps under ``up`` or ``down``."""
    steps = item.get(name, [])
    needed = set(_STEP_FIELDS[name]) - {"share", "by"}
    for step in steps if isinstance(steps, list) else [steps]:
        if not isinstance(step, dict) or not needed <= set(step):
            allowed = f"[[rules.{name}]] {', '.join(_STEP_FIELDS[name])}"
            raise RuleTableInvalid(path=str(path), found=str(step), allowed=allowed)
        _require_names(path, step, _STEP_FIELDS[name])
        _require_numbers(path, step, ("events", "years", "share", "by"), ("events", "years"))
    return list(steps)


def _require_names(path: Path, item: Mapping[str, Any], allowed: Iterable[str]) -> None:
    for name in item:
        if name not in allowed:
            raise RuleTableInvalid(path=str(path), found=name, allowed=", ".join(allowed))


def _require(path: Path, item: Mapping[str, Any]) -> None:
    """Check that the required fields are present and all fields have the right type."""
    texts = all(isinstance(item.get(name), str) for name in _TEXTS)
    days = type(item.get("from")) is dt.date and type(item.get("to", dt.date.max)) is dt.date
    raised = "raised_share" in item or "raised_by" in item
    if not (texts and days and raised and {"base_share", "look_back_years"} <= set(item)):
        raise RuleTableInvalid(path=str(path), found=str(dict(item)), allowed=", ".join(_ALLOWED))
    _require_numbers(path, item, _NUMBERS, _WHOLE)
    is_region = item["region"] == "" or item["region"].isdigit()
    if not is_region or item["certainty"] not in _CERTAINTIES:
        found = f"{item['region']} / {item['certainty']}"
        raise RuleTableInvalid(path=str(path), found=found, allowed=", ".join(_CERTAINTIES))


def _require_numbers(
    path: Path, item: Mapping[str, Any], names: Iterable[str], whole: Iterable[str]
) -> None:
    """Check that the fields ``names`` are numbers of zero or more, ``whole`` ones without parts."""
    for name in names:
        value = item.get(name, 0)
        kinds = (int,) if name in whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool) or not 0 <= value < 1e15:
            raise RuleTableInvalid(path=str(path), found=f"{name} = {value}", allowed="0, 1, ...")


def _require_order(path: Path, item: Mapping[str, Any], table: RuleTable) -> None:
    """Check that lower rates <= base rate <= raised rates, and that paired fields come together."""
    pairs = (
        (table.lower_share, table.lower_years),
        (table.several_share, table.several_least),
    )
    together = all((one is None) == (other is None) for one, other in pairs)
    together = together and not (table.small_below is None and table.small_years is not None)
    low = [share for share in (table.lower_share, table.several_share) if share is not None]
    low += [step.share for step in table.down]
    high = [table.raised_share, *(step.share for step in table.up)]
    high += [] if table.listed_share is None else [table.listed_share]
    in_order = all(0 <= share <= table.base_share for share in low)
    in_order = in_order and all(table.base_share <= share <= 1 for share in high)
    if table.base_share_to is not None:
        # Of a range only steps relative to it are known.
        stated = [name for name in ("raised", "listed", "lower") if f"{name}_share" in item]
        in_order = in_order and 0 < table.base_share <= table.base_share_to <= 1 and not stated
    if not (together and in_order):
        allowed = "lower_share, several_share, down <= base_share <= raised_share, listed_share, up"
        raise RuleTableInvalid(path=str(path), found=table.region or '""', allowed=allowed)
