"""Findings of an inspection as offices write them: all in one text, or that there are none.

The contract parts findings by semicolons, and features count them.
"""

from __future__ import annotations

import re

from risk.intake.cells import normalise

_NONE = re.compile(
    r"(?:检查时?|经查,?|现场)?(?:暂?无|没有|(?:暂|均)?未发现|未见|不存在)(?:明显|任何|相关)?"
    r"(?:违法|违规|异常|欠薪|拖欠(?:农民工)?工资|的|等)*(?:问题|行为|情况|现象|隐患)*"
    r"|(?:一切|均)?正常|合格|良好|符合(?:要求|规定)"
)
_BETWEEN = re.compile(r"[;\n\r]+")
_NUMBERED = re.compile(r"(?:[^:\d]{0,20}:)?\s*(?=\(?1[.、)](?!\d))")
_NUMBER = re.compile(r"(?=(?<![\d.(])\(?\d{1,2}[.、)](?!\d))")
_EDGES = " 。,;\t"
_CIRCLED = {ord("①") + place: f"{place + 1}." for place in range(20)}


def parted_findings(text: str) -> str | None:
    """Findings of ``text`` parted by semicolons; None where it says that nothing was found.

    >>> parted_findings("1.未设维权牌；2.未按月考核工程量。")
    '1.未设维权牌;2.未按月考核工程量'
    >>> parted_findings("未发现问题") is None, parted_findings("欠薪3.5万元")
    (True, '欠薪3.5万元')
    """
    parts = [part.strip(_EDGES) for part in _parts(normalise(text.translate(_CIRCLED)))]
    found = [part for part in parts if part and not _NONE.fullmatch(part)]
    if not found:
        return None
    return text if len(found) == 1 == len(parts) else ";".join(found)


def _parts(text: str) -> list[str]:
    """Parts between semicolons and lines, or, where the first is numbered, between numbers too."""
    parts = _BETWEEN.split(text)
    if numbered := _NUMBERED.match(text):
        parts[0] = parts[0][numbered.end() :]
        parts = [piece for part in parts for piece in _NUMBER.split(part)]
    return parts
