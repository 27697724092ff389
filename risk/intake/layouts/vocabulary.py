"""Headings and terms as offices write them: shipped data files, and an office's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from risk.contract import KNOWN_AT, STORED_TABLES, Field, FieldType, Table
from risk.intake.cells import Cell, match_key, normalise
from risk.intake.heading_qualifiers import is_other_number
from risk.intake.headings import unnumbered
from risk.intake.layouts.synonyms import read_synonyms

_BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")
_UNIT = re.compile(r"[/,、|:·•—-]?(?:(?:千|百万|万|亿)?元|%|人次?|名|平方米|㎡|天|工日)$")
_NOISE = re.compile(r"[*:_\"'“”.、\s]")
_DIGIT = re.compile(r"\d")
_CLOSING = re.compile(r"[)\]】〕]")
_HEADING_LENGTH = 60

_PLANNED = re.compile(r"计划|预计|拟|预期|暂定|预定|合同工期|目标")
"""Words that make a date one that is only planned."""


@dataclass(frozen=True)
class Target:
    """Field a column may hold; ``by_name`` if it holds a name where the field is a code."""

    field: Field
    by_name: bool = False

    @property
    def slot(self) -> str:
        """Name of what the column gives; a code and a name may both be there for one field."""
        return f"{self.field.name} by name" if self.by_name else self.field.name


def heading_key(cell: Cell) -> str:
    """Heading for comparison: without brackets, unit, stars and white space.

    >>> heading_key("* 合同价 （万元）"), heading_key("合同金额/万元")
    ('合同价', '合同金额')
    """
    bare = full_heading_key(cell)
    while (shorter := _BRACKET.sub("", bare)) != bare:
        bare = shorter
    return _UNIT.sub("", bare) or bare


def full_heading_key(cell: Cell) -> str:
    """Heading for comparison, with its brackets."""
    return _NOISE.sub("", unnumbered(match_key(str(cell or "")[:_HEADING_LENGTH])))


@lru_cache(maxsize=256, typed=True)  # asked again for every table
def _heading_keys(heading: Cell) -> tuple[str, ...]:
    """Keys a heading may be known by; below a group (存放/金额) with the group, and alone."""
    keys = [full_heading_key(heading), heading_key(heading)]
    group, slash, own = str(heading or "").rpartition("/")
    if slash and heading_key(own):
        above = heading_key(group)
        keys += [above + heading_key(own), heading_key(own) + above, heading_key(own)]
    return tuple(dict.fromkeys(keys))


def _with_kind_of_day(heading: Cell) -> str:
    """Key of a heading with the word in front that its bracket has; empty if it has none.

    竣工日期（计划） is 计划竣工日期, and 竣工日期（实际） is 实际竣工日期.
    """
    full, bare = full_heading_key(heading), heading_key(heading)
    if full == bare:
        return ""
    kind = "计划" if is_planned(heading) else "实际" if "(实际)" in full else ""
    return f"{kind}{_PLANNED.sub('', bare)}" if kind else ""


def is_planned(cell: Cell) -> bool:
    """Whether the heading, its brackets included, names something planned or expected."""
    return _PLANNED.search(full_heading_key(cell)) is not None


def fits_actual(field: Field, heading: Cell) -> bool:
    """False for the heading of a planned date and a field of an actual one."""
    return not (
        field.type is FieldType.DATE and is_planned(heading) and not _PLANNED.search(field.zh)
    )


def fits(field: Field, heading: Cell, known: str) -> bool:
    """Whether a heading that is ``known`` but for its group and brackets can be of ``field``."""
    return fits_actual(field, heading) and not is_other_number(
        field, full_heading_key(heading), known
    )


@dataclass(frozen=True)
class Vocabulary:
    """Headings by table. Own headings of an office come before the shipped ones."""

    exact: Mapping[str, Mapping[str, Target]]
    shipped: Mapping[str, Mapping[str, Target]]
    ambiguous: Mapping[str, Mapping[str, tuple[str, ...]]]
    never: frozenset[str]

    def target(self, table: Table, heading: Cell) -> tuple[Target, float] | None:
        """Field with exactly this heading and its similarity: 1 (contract) or 0.97 (synonym)."""
        keys = _heading_keys(heading)
        for similarity, names in ((1.0, self.exact[table.name]), (0.97, self.shipped[table.name])):
            for key in keys:
                if found := names.get(key):
                    return (found, similarity) if fits(found.field, heading, key) else None
        named = self.exact[table.name].get(_with_kind_of_day(heading))
        return (named, 1.0) if named else None

    def may_know(self, heading: str) -> bool:
        """False for most headings that are in no table and in :meth:`is_never`, at little cost.

        Cells of records have digits and known headings none, but for those in brackets.
        """
        if self._has_digits or len(heading) > _HEADING_LENGTH:
            return True
        own = unnumbered(normalise(heading.rpartition("/")[2]))
        return _DIGIT.search(own) is None or _CLOSING.search(own) is not None

    @cached_property
    def _has_digits(self) -> bool:
        """Whether a known heading has a digit; one an office wrote may."""
        known = (*self.exact.values(), *self.shipped.values(), self.never)
        return any(_DIGIT.search(key) for keys in known for key in keys)

    def candidates(self, table: Table) -> Iterator[tuple[str, Target]]:
        """All known headings of ``table`` with their fields."""
        yield from self.exact[table.name].items()
        yield from self.shipped[table.name].items()

    def choices(self, table: Table, heading: Cell) -> tuple[str, ...]:
        """Fields between which a person must choose for this heading; empty if clear."""
        if _with_kind_of_day(heading) in self.exact[table.name]:
            return ()
        return self.ambiguous.get(table.name, {}).get(heading_key(heading), ())

    def is_never(self, heading: Cell) -> bool:
        """Whether the heading is that of a column no table has, such as 备注 or 身份证号."""
        return heading_key(heading) in self.never


def vocabulary(own: Path | None = None) -> Vocabulary:
    """Shipped vocabulary, with the synonyms of the office's file ``own`` if it exists.

    The office's file has the form of ``headings.toml``: ``[fields.TABLE]`` and ``[names.TABLE]``.

    Raises:
        SynonymsInvalid: the office's file is not valid, or cannot be read.
    """
    shipped = _shipped()
    if own is None or not own.exists():
        return shipped
    data = read_synonyms(own)
    mine = {name: _targets(table, data) for name, table in STORED_TABLES.items()}
    merged = {name: {**mine[name], **names} for name, names in shipped.exact.items()}
    return Vocabulary(merged, shipped.shipped, shipped.ambiguous, shipped.never)


@cache
def _shipped() -> Vocabulary:
    data = _data("headings.toml")
    return Vocabulary(
        {name: _own_names(table) for name, table in STORED_TABLES.items()},
        {name: _targets(table, data) for name, table in STORED_TABLES.items()},
        {
            table: {heading_key(name): tuple(fields) for name, fields in names.items()}
            for table, names in data["ambiguous"].items()
        },
        frozenset(map(heading_key, data["never"]["headings"])),
    )


def _own_names(table: Table) -> Mapping[str, Target]:
    fields = (*table.fields, KNOWN_AT)
    english = {field.name.replace("_", ""): Target(field) for field in fields}
    return english | {heading_key(field.zh): Target(field) for field in fields}


def _targets(table: Table, data: Mapping[str, Any]) -> Mapping[str, Target]:
    found: dict[str, Target] = {}
    for section, by_name in (("fields", False), ("names", True)):
        for name, sources in data.get(section, {}).get(table.name, {}).items():
            target = Target(table.field(name), by_name)
            for heading in _all(sources):
                found.setdefault(heading_key(heading), target)
    return found


def _all(sources: Mapping[str, Iterable[str]] | Iterable[str]) -> Iterator[str]:
    if isinstance(sources, Mapping):
        for headings in sources.values():
            yield from headings
    else:
        yield from sources


@cache
def term_synonyms(table: str, field: str) -> Mapping[str, str]:
    """Code of an enumeration by spelling, without the contract's own terms.

    >>> term_synonyms("projects", "sector")["房屋建筑"]
    'building'
    """
    found: dict[str, str] = {}
    for code, sources in _data("terms.toml").get(table, {}).get(field, {}).items():
        for term in _all(sources):
            found.setdefault(match_key(term), code)
    return found


@cache
def yes_no_synonyms(field: str = "") -> Mapping[str, bool]:
    """Yes and no by spelling in a column of ``field``, without those every cell parser knows."""
    data = _data("terms.toml")["yes_no"]
    return {
        match_key(term): answer
        for listed in (data, data.get(field, {}))
        for answer, key in ((True, "yes"), (False, "no"))
        for term in _all(listed.get(key, {}))
    }


def is_team(table: Table, heading: Cell) -> bool:
    """Whether a column of no field distinguishes rows that have the fields of a key in common."""
    return heading_key(heading) in _data("headings.toml")["teams"].get(table.name, ())


def is_return(heading: Cell) -> bool:
    """Whether a column has the days on which deposits were returned."""
    known = _data("headings.toml")["returned"]["deposits"]
    return any(key in known for key in _heading_keys(heading))


def made_from(table: Table) -> tuple[str, ...]:
    """Fields from which a key is made where no column has one; empty if none can be made."""
    return tuple(_data("headings.toml")["made_from"].get(table.name, ()))


@cache
def _data(name: str) -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))
