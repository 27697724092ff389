"""Marks in the day cells of an attendance sheet, and the legend that explains them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from risk.intake.cells import Cell, normalise

HALF_DAY, DAY, NONE = Decimal("0.5"), Decimal(1), Decimal(0)
HOURS_PER_DAY = 8

_PRESENT = frozenset(
    (*"√✓✔☑vV勤出到班上全●■★昼夜白晚ⅴⅤ∨", "出勤", "全勤", "上班", "正常", "全天", "白班", "夜班", "加班", "加", "✅")
)
_HALF = frozenset(("半", "半天", "半日", "半勤", "半工", "½", "◐", "◑", "上午", "下午", "上", "下"))
_ABSENT = frozenset(
    (*"×xX✕✗✘╳〇○◯oO休假事病旷缺例年丧婚产停雨空无/\\-—–_*·", "休息", "公休", "轮休", "事假", "病假", "旷工")
    + ("缺勤", "请假", "放假", "停工", "未出勤", "未到", "离场", "退场", "年假", "调休", "雨休", "--", "——")
)
_WORDS: Mapping[str, Decimal] = {
    **dict.fromkeys(("出勤", "全勤", "上班", "全天", "正常出勤", "满勤", "白班", "夜班", "加班"), DAY),
    **dict.fromkeys(("半天", "半日", "半勤", "半工", "出勤半天"), HALF_DAY),
    **dict.fromkeys(
        ("休息", "公休", "轮休", "事假", "病假", "旷工", "缺勤", "请假", "放假", "停工", "未出勤", "缺席"), NONE
    ),
}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_SYMBOL = r"[^\w\s,，。;；:：、()（）\"“”'‘’]|[vVxXoO]"
_WORD_FIRST = re.compile(rf"({_WORD})(?:打|画|记|用|为|是|以|:|\(|\"|“|'|\s)*({_SYMBOL})")
_SYMBOL_FIRST = re.compile(rf"({_SYMBOL})(?:\)|\"|”|'|为|是|:|代表|表示|=|\s)*({_WORD})")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:天|工|个工|h|小时|时)?")
_OVERTIME = re.compile(r"[+＋/].*$")


class DayMarks:
    """Meaning of the marks of one sheet; a legend takes precedence over what is usual."""

    def __init__(self, legend: Mapping[str, Decimal] | None = None) -> None:
        self._legend = legend or {}

    def value(self, cell: Cell) -> Decimal | None:
        """Days, or hours if the sheet counts hours; None for a mark that is not understood.

        >>> marks = DayMarks({"△": HALF_DAY})
        >>> [str(marks.value(cell)) for cell in ("√", "△", "休", 0.5, "？", None, "√+2")]
        ['1', '0.5', '0', '0.5', 'None', '0', '1']
        """
        if cell is None:
            return NONE
        if isinstance(cell, bool):
            return DAY if cell else NONE
        if isinstance(cell, dt.date | dt.time | dt.timedelta):
            return None
        text = normalise(str(cell)[:20]).replace(" ", "")
        if not text:
            return NONE
        for one in (str(cell).strip(), text, _OVERTIME.sub("", text)):
            if (known := self._known(one)) is not None:
                return known
        return None

    def _known(self, text: str) -> Decimal | None:
        if text in self._legend:
            return self._legend[text]
        if text in _HALF and text not in "上下":
            return HALF_DAY
        if text in _PRESENT:
            return DAY
        if text in _ABSENT:
            return NONE
        return _number(text)


def read_legend(texts: Iterable[str]) -> dict[str, Decimal]:
    """Days by mark from a legend in titles or footers.

    >>> {mark: str(days) for mark, days in read_legend(["注：出勤○ 半天△ 休息×"]).items()}
    {'○': '1', '△': '0.5', '×': '0'}
    """
    found: dict[str, Decimal] = {}
    for text in texts:
        pairs = [(symbol, word) for word, symbol in _WORD_FIRST.findall(text)]
        swapped = _SYMBOL_FIRST.findall(text)
        # "出勤√ 休息○" also matches symbol first (√ 休息): the reading from the left is meant.
        first_word, first_symbol = _WORD_FIRST.search(text), _SYMBOL_FIRST.search(text)
        if first_symbol and (not first_word or first_symbol.start() < first_word.start()):
            pairs = swapped
        for symbol, word in pairs:
            found.setdefault(symbol, _WORDS[word])
    return found


def _number(text: str) -> Decimal | None:
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    try:
        value = Decimal(found[1])
    except InvalidOperation:
        return None
    return value if value <= 24 else None
