"""Units of money and shares in titles, headers and cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from risk.intake.cells import Cell, normalise


@dataclass(frozen=True)
class Unit:
    """Label of a unit, and its factor to the base unit (yuan, or 1)."""

    label: str
    factor: Decimal


MONEY_UNITS: Mapping[str, Unit] = {
    name: Unit(label, Decimal(factor))
    for names, label, factor in (
        (("元", "圆", "元整", "yuan", "cny", "rmb"), "元", 1),
        (("千元",), "千元", 1_000),
        (("万元", "万", "万圆"), "万元", 10_000),
        (("百万元",), "百万元", 1_000_000),
        (("亿元", "亿"), "亿元", 100_000_000),
    )
    for name in names
}
"""Units of money by spelling; the factor is in yuan."""

UNCLEAR = Unit("", Decimal(1))
"""Unit of a column that names none and has amounts in larger units: 52万元 and 8.5."""

PERCENT = Unit("%", Decimal("0.01"))
"""Percent, the unit of shares."""

_OTHER_UNITS = (
    *("人次", "人日", "工日", "人", "名", "个月", "个", "家", "户", "项", "件", "起", "宗", "次"),
    *("份", "天", "日", "月", "年", "小时", "平方米", "万平方米", "立方米", "公里", "千米", "米"),
    *("吨", "千瓦时", "亩", "栋", "幢", "套", "处", "㎡", "m2", "m²", "km", "m", "%"),
)
_MONEY_WORDS = ("百万元", "千元", "万元", "亿元", "万圆", "元", "圆")
_SEPARATOR = r"[、,/;和及]"
_WORD = "|".join(map(re.escape, (*_MONEY_WORDS, *_OTHER_UNITS)))
_LIST = rf"(?:人民币:?)?(?:{_WORD})(?:{_SEPARATOR}(?:人民币)?(?:{_WORD}))*"
# A unit ends where no further word follows: 单位:万元建设有限公司 and 万元(集团)公司 name firms.
_END = r"(?![\w%])(?!\((?!人民币|含税|不含税|保留|cny|rmb))"
_MENTION = re.compile(
    rf"(?:(?:单位|金额|币种:人民币)\)?(?::|为|是| +)?\(?|\()({_LIST}){_END}"
    rf"|以({_LIST})(?:为单位|计算?|表示){_END}|\(([万亿])\)"
)
_POSSIBLE = re.compile(rf"(?<![\d.余多几数十百千万亿])(?:百万|千|万|亿)[元圆]{_END}")
_LARGER = re.compile(r"^\D{0,4}\d[\d,.]*\s*[余多]?[万亿]元?\D{0,4}$")
_TRADITIONAL = str.maketrans("萬億單圓額", "万亿单圆额")
_SPACED = re.compile(r"(?<=[单千万亿])\s+(?=[位元圆])")
_ALONE = re.compile(rf"\(?(?:(?:金额|计量|货币)?单位:?)?({_LIST})\)?")
_BRACKETS = str.maketrans("[]【】〔〕{}「」『』〖〗<>《》〈〉", "()()()()()()()()()()")
_COLON = re.compile(r"\s*:\s*")
_SPLIT = re.compile(_SEPARATOR)


def plain_brackets(text: str) -> str:
    """``text`` in half-width characters with every kind of bracket written as ``()``.

    >>> plain_brackets("【万元】")
    '(万元)'
    """
    return normalise(text).translate(_BRACKETS)


def money_units(texts: Iterable[Cell]) -> tuple[Unit, ...]:
    """Distinct units of money mentioned in titles, in order of appearance.

    >>> [unit.label for unit in money_units(["在建项目台账", "单位：人、万元"])]
    ['万元']
    >>> money_units(["填报单位：万元建设有限公司"])
    ()
    """
    found: dict[Unit, None] = {}
    for cell in texts:
        if not isinstance(cell, str):
            continue
        for mention in _MENTION.finditer(_title(cell)):
            found.update(dict.fromkeys(_money(mention[1] or mention[2] or mention[3])))
    return tuple(found)


def has_larger_unit(cell: Cell) -> bool:
    """Whether a cell is an amount with a unit larger than yuan.

    >>> has_larger_unit("约52万元"), has_larger_unit("万元"), has_larger_unit(52)
    (True, False, False)
    """
    return isinstance(cell, str) and bool(_LARGER.search(normalise(cell[:60])))


def possible_units(texts: Iterable[Cell]) -> tuple[str, ...]:
    """Texts that may name a larger unit than yuan, but not as :func:`money_units` understands.

    >>> possible_units(["涉案5万元", "填报单位：万元建设有限公司", "金额均为万元"])
    ('金额均为万元',)
    """
    unsure = (
        cell.strip()
        for cell in texts
        if isinstance(cell, str) and _POSSIBLE.search(_title(cell)) and not money_units([cell])
    )
    return tuple(dict.fromkeys(unsure))


def unit_alone(cell: Cell) -> str | None:
    """Text of a unit if ``cell`` contains nothing else, as in a row of units below the header.

    >>> unit_alone("（万元）"), unit_alone("单位：人"), unit_alone("万元户")
    ('万元', '人', None)
    """
    if not isinstance(cell, str):
        return None
    found = _ALONE.fullmatch(_COLON.sub(":", plain_brackets(cell)).replace(" ", "").casefold())
    return found[1] if found else None


def _title(cell: str) -> str:
    plain = _SPACED.sub("", plain_brackets(cell[:200]).translate(_TRADITIONAL))
    return _COLON.sub(":", plain)


def _money(mention: str) -> Iterable[Unit]:
    words = (word.removeprefix("人民币").lstrip(":") for word in _SPLIT.split(mention))
    return (MONEY_UNITS[word] for word in words if word in MONEY_UNITS)
