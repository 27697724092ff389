"""One written form of identifiers, so that the same code always joins.

Spreadsheets and people write one code in several ways: full width, with other dashes, with spaces,
with an apostrophe in front. All of them are stored in one form. Case and
dashes are kept; see :mod:`risk.intake.identifier_forms` for how identifiers are compared.
"""

from __future__ import annotations

import re

from risk.intake.cells import normalise

_DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2500\ufe58\u30fc", "-")
)
_PADDED = re.compile(r"""="([^"]*)"|['`\u2018\u2019\u00b4]+(.*)""", re.DOTALL)
_SPACES = re.compile(r"\s+")
_SHORTENED = re.compile(r"[+-]?(?:\d+(?:\.\d+)?[eE]\+\d+|\d+\.\d+[eE]\d+)")
_NOT_YET = re.compile(
    r"(?:尚|暂|还|均)?(?:未|待|正在|在)(?:办|补|定|核|编|取得|提供|填|审批|申请|申领|领|登记|确定)\D{0,8}"
    r"|(?:尚|暂|还|均)?(?:未|待)(?:开设|开户|开立|设立|立案|出具|签|缴|存储|备案|受理|报送|开具)\D{0,8}"
    r"|(?:免缴|免存|免予存储|无合同|无账户|无专户|口头)\D{0,6}"
)
_NO_CODE = frozenset(
    (
        *(
            "无",
            "暂无",
            "没有",
            "暂缺",
            "缺",
            "空",
            "无编码",
            "无编号",
            "无代码",
        ),
        *(
            "无码",
            "办理中",
            "暂无编码",
            "暂无编号",
            "暂无代码",
            "申请中",
            "审批中",
            "不详",
            "不明",
        ),
        *(
            "未知",
            "不清楚",
            "不适用",
            "tbd",
        ),
    )
)


def canonical_identifier(text: str) -> str:
    """``text`` in half width, with plain dashes, without quoting marks and inner spaces.

    Spaces stay in a text without digits: a name in place of a code.

    >>> canonical_identifier("`ＸＭ—００ １"), canonical_identifier("第一 项目部")
    ('XM-001', '第一 项目部')
    """
    text = normalise(text)
    if padded := _PADDED.fullmatch(text):
        text = (padded[1] if padded[1] is not None else padded[2]).strip()
    text = text.translate(_DASHES)
    return _SPACES.sub("" if any(map(str.isdigit, text)) else " ", text)


def is_shortened(identifier: str) -> bool:
    """Whether a spreadsheet wrote the number in exponent form: 4.20322E+17, 4.20322E17."""
    return _SHORTENED.fullmatch(identifier) is not None


def is_no_number(cell: object) -> bool:
    """Whether a cell for a number is empty, or says that there is none."""
    text = normalise("" if cell is None else str(cell)).casefold()
    return text in ("", "-", "--", "—", "——", "/", "\\") or is_placeholder(text)


def is_placeholder(identifier: str) -> bool:
    """Whether the text says that there is no code yet: 待办理, 暂无."""
    return identifier.casefold() in _NO_CODE or _NOT_YET.fullmatch(identifier) is not None
