"""Headings of columns: the name, the unit and the qualifiers in the text of a header cell.

``合同金额（万元）`` is the heading 合同金额 with the unit 万元.
``开工日期（计划）`` is 开工日期 with the qualifier 计划, so it is no actual date. A
:data:`HeadingMatcher` finds the field of a heading.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from risk.contract import KNOWN_AT, Field, FieldType, Table
from risk.intake.cells import Cell, match_key
from risk.intake.heading_qualifiers import PARTIAL, is_other_number
from risk.intake.units import MONEY_UNITS, PERCENT, Unit, plain_brackets

_LENGTH = 200  # a longer cell is content
_BRACKET = re.compile(r"\(([^()]*)\)")
_NOISE = re.compile(r"[*:_\"'“”★※]")
_UNIT_NOISE = re.compile(r"单位|人民币|币种|金额|计量|[:()¥]|rmb|cny|^以|计$")
_NUMBER = re.compile(
    r"^(?:\(?\d{1,2}(?:\.\d{1,2})+[.、)]?(?![年月日号季期元万千亿倍天])|\(?\d{1,2}[.、)]"
    r"|[一二三四五六七八九十]{1,2}、|\([一二三四五六七八九十]{1,2}\))(?=[^\d\W])"
)
_WORDS = re.compile(r"[,;、/\s和及]+")
_BARE_UNIT = re.compile(r"(.+?)[/,、|:·•—-]?((?:千|百万|万|亿)?元|%)")
_PLANNED = re.compile(r"计划|预计|预期|拟|预估|暂定")
_QUALIFIED = (FieldType.DATE, FieldType.MONTH, FieldType.MONEY, FieldType.COUNT)


@dataclass(frozen=True)
class Heading:
    """Parsed header cell.

    ``text`` is the cell on one line, below a group heading with the group in front (存放/金额).
    ``name`` is the plain name without brackets, ``group`` the plain name of the group or empty.
    ``unit`` is the text that names a unit, ``notes`` are the contents of other brackets.
    """

    text: str
    name: str
    group: str = ""
    unit: str = ""
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> Iterator[str]:
        """Plain names the column may go by, the most specific first."""
        if self.group:
            yield self.group + self.name
        yield self.name

    @property
    def planned(self) -> bool:
        """Whether the column is about a plan or a forecast, not about what happened."""
        return bool(_PLANNED.search("".join((self.group, self.name, *self.notes))))

    @property
    def partial(self) -> bool:
        """Whether the column is a running total, a part, or of another period."""
        return bool(PARTIAL.search("".join((self.group, self.name, *self.notes))))


HeadingMatcher: TypeAlias = Callable[[Heading], Field | None]
"""Field of a heading, or None if the column is not read."""


def parse_heading(cell: Cell, group: Cell = None) -> Heading:
    """Heading of a header cell; ``group`` is the cell above it in a header of two rows.

    >>> heading = parse_heading("合同金额【万元】")
    >>> heading.name, heading.unit
    ('合同金额', '万元')
    """
    return _parsed(_one_line(cell), _one_line(group))


@functools.lru_cache(maxsize=4096)  # a header is tried against every table
def _parsed(text: str, above: str) -> Heading:
    if not text:
        text, above = above, ""
    name, notes = _without_brackets(text)
    group_name, group_notes = _without_brackets(above)
    units = [note for note in notes if _has_unit(note)]
    units = units or [note for note in group_notes if _has_unit(note)]
    bare = _BARE_UNIT.fullmatch(name)
    if bare and not units:
        units = [bare[2]]
    return Heading(
        text=f"{above}/{text}" if above and above != text else text,
        name=name,
        group="" if group_name == name else group_name,
        unit=",".join(units),
        notes=tuple(note for note in (*group_notes, *notes) if note not in units),
    )


def own_part(heading: str) -> str:
    """Heading without the group in front of it.

    >>> own_part("存储形式/现金（万元）"), own_part("涉案金额（元/万元）")
    ('现金（万元）', '涉案金额（元/万元）')
    """
    group, slash, own = heading.rpartition("/")
    inside = plain_brackets(group).count("(") > plain_brackets(group).count(")")
    return own if slash and own and not inside else heading


def unnumbered(key: str) -> str:
    """Key of a heading without the number that a form gives its columns.

    >>> [unnumbered(key) for key in ("1.项目编码", "(2)开工日期", "1.1建设单位", "1月")]
    ['项目编码', '开工日期', '建设单位', '1月']
    """
    return _NUMBER.sub("", key)


def contract_matcher(table: Table) -> HeadingMatcher:
    """Matcher by field names and Chinese headers of ``table``.

    A planned or partial date or amount matches only a field that is one: 竣工日期（计划） is
    计划竣工日期, and 实际竣工日期（预计） is no field.
    """
    fields = field_names(table)

    def match(heading: Heading) -> Field | None:
        for name in heading.names:
            field = fields.get(name) or _money_field(fields, name)
            if field is not None and (not _qualified(heading, field)):
                return field
        if heading.planned:
            return fields.get(f"计划{_PLANNED.sub('', heading.name)}")
        return None

    return match


def planned_instead(
    table: Table, headings: Iterable[Heading], lacking: Iterable[Field]
) -> tuple[Heading, Field] | None:
    """Heading of a planned date where the actual one is lacking, with the field; None without."""
    fields, names = field_names(table), {field.name for field in lacking}
    for heading in headings:
        field = fields.get(_PLANNED.sub("", heading.name))
        if heading.planned and field is not None and field.name in names:
            return heading, field
    return None


def field_names(table: Table) -> Mapping[str, Field]:
    """Fields of ``table`` and ``known_at`` by plain English and Chinese name."""
    fields = (*table.fields, KNOWN_AT)
    english = {field.name.replace("_", ""): field for field in fields}
    return english | {match_key(field.zh): field for field in fields}


@dataclass(frozen=True)
class FoundUnit:
    """Unit named by a heading; ``unknown`` is a text that is no allowed unit.

    ``several`` is set if the heading names more than one unit.
    """

    unit: Unit | None = None
    unknown: str = ""
    several: bool = False


def unit_of(field: Field, text: str) -> FoundUnit:
    """Unit in ``text`` for a column of ``field``; a text without a unit gives none."""
    plain = _UNIT_NOISE.sub("", text)
    if field.type is FieldType.SHARE:
        return FoundUnit(PERCENT if "%" in plain else None)
    if field.type not in (FieldType.MONEY, FieldType.COUNT, FieldType.NUMBER):
        return FoundUnit()
    words = [word for word in _WORDS.split(plain) if word]
    money = tuple(dict.fromkeys(MONEY_UNITS[word] for word in words if word in MONEY_UNITS))
    unknown = next((word for word in words if "元" in word and word not in MONEY_UNITS), "")
    if field.type is FieldType.MONEY:
        return FoundUnit(money[0] if money else None, unknown, several=len(money) > 1)
    # 数值(万元) read in the field's own unit would be wrong by orders of magnitude.
    larger = next((unit.label for unit in money if unit.factor != 1), "")
    return FoundUnit(None, unknown or larger)


def _qualified(heading: Heading, field: Field) -> bool:
    """Whether the heading is about a plan, a part or other money, and ``field`` is not."""
    if field.type not in _QUALIFIED:
        return False
    planned = heading.planned and not _PLANNED.search(field.zh)
    partial = heading.partial and not PARTIAL.search(field.zh)
    text = "".join((heading.group, heading.name, *heading.notes))
    return planned or partial or is_other_number(field, text, field.zh)


def _money_field(fields: Mapping[str, Field], name: str) -> Field | None:
    bare = _BARE_UNIT.fullmatch(name)
    field = fields.get(bare[1]) if bare else None
    return field if field and field.type in (FieldType.MONEY, FieldType.SHARE) else None


def _one_line(cell: Cell) -> str:
    return " ".join(str("" if cell is None else cell)[:_LENGTH].split())


def _without_brackets(text: str) -> tuple[str, list[str]]:
    plain = match_key(plain_brackets(text))
    notes: list[str] = []
    while found := _BRACKET.search(plain):
        notes.append(found[1])
        plain = plain[: found.start()] + plain[found.end() :]
    return _NOISE.sub("", unnumbered(plain)), notes


def _has_unit(note: str) -> bool:
    return any("元" in word or word in MONEY_UNITS or word == "%" for word in _words(note))


def _words(note: str) -> list[str]:
    return [word for word in _WORDS.split(_UNIT_NOISE.sub("", note)) if word]
