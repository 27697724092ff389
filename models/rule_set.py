"""Warning rules of an office or a province as data: conditions on features, and points.

A rule set is a TOML file. It ranks projects by the sum of the points of the rules that hold, so
that a backtest can compare it with the model::

    name = "县红黄牌规则"
    kind = "project"                # or "employer"; project by default

    [colours]                       # optional: points of each colour
    red = 3
    yellow = 1

    [[rules]]
    when = { oldest_unpaid_days = ">= 61" }
    colour = "red"

    [[rules]]
    when = { complaints_90d = ">= 1", notice_board = "= 0" }   # all of them
    points = 2

A condition on an unknown value does not hold.
"""

from __future__ import annotations

import errno
import operator
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.base import align_columns
from risk.errors import WagewatchError
from risk.locale import Language, text
from risk.unit_kinds import KINDS, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOURS: Mapping[str, float] = {"red": 3.0, "orange": 2.0, "yellow": 1.0}
"""Points of each colour where a rule set does not set them."""

SHIPPED = Path(__file__).parent / "rule_sets"
"""Rule sets that provinces have published, one file each."""

_MAX_BYTES = 1_000_000
_OPERATORS: Mapping[str, Callable[..., Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"\s*(>=|<=|>|<|=)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")
_NAME = re.compile(r"[^\n\r]{1,60}")
_KEYS = ("name", "kind", "source", "colours", "rules")
_RULE_KEYS = ("when", "colour", "points", "note")


@dataclass(frozen=True)
class RuleProblem:
    """A problem of a rule set: its catalogue ``key``, the number of the rule or 0, and fields."""

    key: str
    rule: int
    fields: Mapping[str, Any]

    def message(self, language: Language) -> str:
        """Return the problem in ``language``."""
        said = text(f"rule_sets.problems.{self.key}", language, **self.fields)
        return (
            text("rule_sets.in_rule", language, number=self.rule, said=said) if self.rule else said
        )


class RuleSetInvalid(WagewatchError):
    """A rule set cannot be used. Carries ``path`` and all its ``problems``."""

    code = "rule_set_invalid"

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``, one line per problem."""
        problems = "\n".join(f"- {one.message(language)}" for one in self.fields["problems"])
        return text(f"errors.{self.code}", language, path=self.fields["path"], problems=problems)


@dataclass(frozen=True)
class Condition:
    """One comparison of a feature with a number, such as ``>=`` and 61."""

    feature: str
    comparison: str
    bound: float


@dataclass(frozen=True)
class WarningRule:
    """Points for a row on which all conditions hold."""

    conditions: tuple[Condition, ...]
    points: float


@dataclass(frozen=True)
class RuleSet:
    """The rules of one file for units of ``kind``; ``name`` is shown in reports."""

    name: str
    kind: Kind
    rules: tuple[WarningRule, ...]

    def points(self, matrix: Matrix) -> NDArray[np.float64]:
        """Sum of the points of the rules that hold, shape (rows,)."""
        total = np.zeros(len(matrix.project_ids))
        for rule in self.rules:
            names = [condition.feature for condition in rule.conditions]
            values = align_columns(matrix, names)
            holds = np.ones(len(total), dtype=bool)
            for column, condition in enumerate(rule.conditions):
                holds &= _OPERATORS[condition.comparison](values[:, column], condition.bound)
            total += rule.points * holds
        return total


def read_rule_set(path: Path) -> RuleSet:
    """The rule set of a TOML file.

    Raises:
        RuleSetInvalid: the file is no rule set; all problems are listed.
    """
    try:
        document = tomllib.loads(_bytes_of(path).decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        problem = RuleProblem("file", 0, {"found": str(error)})
        raise RuleSetInvalid(path=path, problems=(problem,)) from error
    if problems := tuple(_problems(document)):
        raise RuleSetInvalid(path=path, problems=problems)
    colours = {**COLOURS, **document.get("colours", {})}
    return RuleSet(
        name=document["name"].strip(),
        kind=document.get("kind", "project"),
        rules=tuple(_rule(one, colours) for one in document["rules"]),
    )


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        found = file.read(_MAX_BYTES + 1)
    if len(found) > _MAX_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return found


def read_rule_sets(paths: Sequence[Path], kind: Kind) -> tuple[RuleSet, ...]:
    """The rule sets for units of ``kind`` among ``paths``.

    Raises:
        RuleSetInvalid: a file is no rule set, or two have the same name.
    """
    chosen: dict[str, RuleSet] = {}
    for path in paths:
        one = read_rule_set(path)
        if one.name in chosen:
            problem = RuleProblem("name_taken", 0, {"found": one.name})
            raise RuleSetInvalid(path=path, problems=(problem,))
        chosen[one.name] = one
    return tuple(one for one in chosen.values() if one.kind == kind)


@cache
def published_rules(kind: Kind) -> RuleSet:
    """The rules that provinces publish, see the files in :data:`SHIPPED`."""
    return read_rule_set(SHIPPED / f"published_{kind}.toml")


def _rule(document: Mapping[str, Any], colours: Mapping[str, float]) -> WarningRule:
    conditions = [_condition(name, written) for name, written in document["when"].items()]
    points = document["points"] if "points" in document else colours[document["colour"]]
    return WarningRule(tuple(one for one in conditions if one is not None), float(points))


def _condition(feature: str, written: object) -> Condition | None:
    """The condition written as ``">= 61"``; None if it is not one."""
    parts = _CONDITION.fullmatch(written) if isinstance(written, str) else None
    return Condition(feature, parts[1], float(parts[2])) if parts else None


def _problems(document: Mapping[str, Any]) -> Iterator[RuleProblem]:
    yield from _unknown_keys(document, _KEYS, 0)
    name, kind = document.get("name"), document.get("kind", "project")
    if not isinstance(name, str) or not _NAME.fullmatch(name.strip()):
        yield RuleProblem("name", 0, {})
    colours, rules = document.get("colours", {}), document.get("rules")
    if not isinstance(colours, dict) or not all(map(_is_number, colours.values())):
        yield RuleProblem("colours", 0, {})
        return
    if not isinstance(rules, list) or not rules or not all(isinstance(one, dict) for one in rules):
        yield RuleProblem("rules", 0, {})
        return
    if kind not in KINDS:
        yield RuleProblem("kind", 0, {"found": kind, "allowed": ", ".join(KINDS)})
        return
    features = [feature.name for feature in FEATURE_SETS[kind].features]
    for number, rule in enumerate(rules, start=1):
        yield from _rule_problems(rule, number, features, {**COLOURS, **colours})


def _rule_problems(
    rule: Mapping[str, Any], number: int, features: Sequence[str], colours: Mapping[str, Any]
) -> Iterator[RuleProblem]:
    yield from _unknown_keys(rule, _RULE_KEYS, number)
    if ("points" in rule) == ("colour" in rule):
        yield RuleProblem("points_or_colour", number, {})
    elif "points" in rule and not _is_number(rule["points"]):
        yield RuleProblem("points", number, {"found": rule["points"]})
    elif "colour" in rule and rule["colour"] not in colours:
        allowed = ", ".join(colours)
        yield RuleProblem("colour", number, {"found": rule["colour"], "allowed": allowed})
    when = rule.get("when")
    if not isinstance(when, dict) or not when:
        yield RuleProblem("when", number, {})
        return
    for name, written in when.items():
        if name not in features:
            near = ", ".join(get_close_matches(name, features, n=3)) or "–"
            yield RuleProblem("feature", number, {"found": name, "near": near})
        if _condition(name, written) is None:
            yield RuleProblem("condition", number, {"found": written})


def _unknown_keys(
    document: Mapping[str, Any], allowed: Sequence[str], rule: int
) -> Iterator[RuleProblem]:
    for key in sorted(set(document) - set(allowed)):
        yield RuleProblem("unknown_key", rule, {"found": key, "allowed": ", ".join(allowed)})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
