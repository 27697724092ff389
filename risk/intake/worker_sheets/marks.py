"""Marks in the day cells of an attendance sheet, and the legend that explains them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from risk.intake.cells import Cell, normalise
from risk.intake.worker_sheets.words import words

HALF_DAY, DAY, NONE = Decimal("0.5"), Decimal(1), Decimal(0)
HOURS_PER_DAY = 8

_DAYS = {"present": DAY, "half": HALF_DAY, "absent": NONE}
_MARKS = {mark: days for kind, days in _DAYS.items() for mark in words("marks")[kind]}
_EITHER = frozenset(words("marks")["absent_where_ticked"])
_WORDS = {word: _DAYS[kind] for kind, known in words("legend").items() for word in known}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_SYMBOL = r"[^\w\s,，。;；:：、()（）\"“”'‘’]|[vVxXoO]"
_WORD_FIRST = re.compile(rf"({_WORD})(?:打|画|记|用|为|是|以|:|\(|\"|“|'|\s)*({_SYMBOL})")
_SYMBOL_FIRST = re.compile(rf"({_SYMBOL})(?:\)|\"|”|'|为|是|:|代表|表示|=|\s)*({_WORD})")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:天|工|个工|h|小时|时)?")
_OVERTIME = re.compile(r"[+＋/].*$")


class DayMarks:
    """Meaning of the marks of one block; a legend takes precedence over what is usual.

    Circles and strokes mean absence where presence is ``ticked``; else they may mean either.
    """

    def __init__(self, legend: Mapping[str, Decimal] | None = None, *, ticked: bool = True) -> None:
        self._legend = legend or {}
        self._ticked = ticked

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
        if text in _EITHER:
            return NONE if self._ticked else None
        if text in _MARKS:
            return _MARKS[text]
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
