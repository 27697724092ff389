"""Answers of printed forms: the one option whose box is ticked (☑是 □否)."""

from __future__ import annotations

import re

_TICKED, _EMPTY = "☑☒✔✓√■●", "□☐○〇"
_OPTION = rf"\s*([{_TICKED}{_EMPTY}])\s*([^\W\d_]{{1,8}})\s*[,;、/]?"
_BOXES_FIRST = re.compile(rf"(?:{_OPTION})+")
_ONE = re.compile(_OPTION)


def ticked_option(text: str) -> str:
    """The ticked option of ``text``; ``text`` itself if it is no list of options with one ticked.

    >>> ticked_option("☑是 □否"), ticked_option("□现金 ☑银行保函"), ticked_option("是")
    ('是', '银行保函', '是')
    """
    if text[:1] not in _TICKED + _EMPTY or _BOXES_FIRST.fullmatch(text) is None:
        return text
    ticked = [option for box, option in _ONE.findall(text) if box in _TICKED]
    return ticked[0] if len(ticked) == 1 else text
