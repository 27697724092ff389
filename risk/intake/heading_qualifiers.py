"""Words in a heading by which its column holds another value than the heading without them.

拖欠金额（工程款） is no amount of wages, 欠薪人数（其中女工） no number of all workers, and
是否按时支付工资 asks the opposite of 是否拖欠工资.
"""

from __future__ import annotations

import re
from functools import lru_cache

from risk.contract import Field, FieldType

PARTIAL = re.compile(
    # A total, a part, or of another period.
    r"累计|其中|上年|去年|上月|上期|同期|年初|结转|本年|全年|历年"
)
_OTHER_MONEY = re.compile(r"工程款|材料款|进度款|劳务费|劳务款|机械费|租赁费|罚款|罚金|赔偿|补偿")
_WAGES = re.compile(r"工资|薪")
_AMOUNTS_OF_WAGES = frozenset(
    ("拖欠金额", "追回金额", "诉求金额", "欠薪金额", "应发金额", "实发金额", "应拨金额", "实拨金额")
)
_NUMBERS = (FieldType.MONEY, FieldType.COUNT, FieldType.SHARE, FieldType.NUMBER)
_NEGATION = re.compile(r"未|不|(?<!有)无")
_COMPLIANCE = re.compile(r"按时|按期|按月|足额|支付|发放|到位|落实|整改|解决|化解|清偿|隐患|风险")
_BREACHES = frozenset(("是否发现欠薪", "是否垫资"))
_PENALTY = re.compile(r"处罚")
_REST = re.compile(r"欠|未|剩余|余额|差额|垫付|追偿|责令|退")


def is_other_number(field: Field, heading: str, known: str) -> bool:
    """Whether a number below ``heading`` is another one than below ``known``, of ``field``.

    >>> amount = Field("amount_owed", "拖欠金额", FieldType.MONEY)
    >>> is_other_number(amount, "拖欠金额(工程款)", "拖欠金额")
    True
    """
    if field.type not in _NUMBERS:
        return False
    if _adds(PARTIAL, heading, known):
        return True
    of_wages = field.zh in _AMOUNTS_OF_WAGES and not _WAGES.search(heading)
    return of_wages and _adds(_OTHER_MONEY, heading, known)


def is_other_question(field: Field, heading: str, known: str) -> bool:
    """Whether ``heading``, which is like ``known``, is about a fine, the rest or the opposite.

    >>> found = Field("arrears_found", "是否发现欠薪", FieldType.BOOL)
    >>> is_other_question(found, "是否支付工资", "是否拖欠工资")
    True
    """
    if _adds(_PENALTY, heading, known):
        return True
    if field.type in _NUMBERS and _adds(_REST, heading, known):
        return True
    if field.type is not FieldType.BOOL:
        return False
    asks_of_breach = field.zh in _BREACHES and _adds(_COMPLIANCE, heading, known)
    return asks_of_breach or _adds(_NEGATION, heading, known)


def _adds(words: re.Pattern[str], heading: str, known: str) -> bool:
    """Whether ``heading`` has one of ``words`` that ``known`` has not."""
    found = _found(words, heading)
    return bool(found) and not found <= _found(words, known)


@lru_cache(maxsize=4096)  # each heading is compared with all known ones
def _found(words: re.Pattern[str], text: str) -> frozenset[str]:
    return frozenset(words.findall(text))
