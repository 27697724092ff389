"""Masking of personal numbers in free text: telephones, identity cards, bank cards.

Codes of firms and projects stay: a number is masked by its structure (dates, check digits, issuer
prefixes) or by the words before it, not by its length alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from risk.intake.credit_code import is_credit_code

FIRM_CODES = frozenset(("owner_id", "contractor_id", "org_id"))
"""Fields with codes of firms, where an individual contractor's identity number may be written."""

MAYBE_IDENTITY = r"^[1-8][0-9]{14}(?:[0-9]{2}[0-9Xx])?$"
"""Spelling of all codes that :func:`is_identity_number` finds, as codes are stored."""

_RUN = re.compile(r"\d(?:[ -]?\d){6}")  # no personal number has fewer digits
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EDGE, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_MOBILE = re.compile(rf"{_EDGE}(?:(?:00)?86[ -]?)?(1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}){_END}")
_MOBILE_IN_NAME = re.compile(r"(?<!\d)(1[3-9]\d{9})(?!\d)")  # 微信13912345678abc
_LANDLINE = re.compile(rf"{_EDGE}(\(?0\d{{2,3}}\)?[ -]\d{{7,8}}(?:-\d{{1,5}})?){_END}")
_LONG = re.compile(rf"{_EDGE}(\d(?:[ -]?\d){{14,18}}|\d(?:[ -]?\d){{16}}[ -]?[Xx]){_END}")
_LOCAL = re.compile(rf"{_EDGE}(0?\d{{7,11}}|\d{{3,4}}-\d{{7,8}}){_END}")
_HALF_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)}
_CUE_LENGTH = 12
_IDENTITY_CUE = re.compile(r"身份证|证件|居民证|公民身份")
_CARD_CUE = re.compile(r"卡号|银行卡|工资卡|储蓄卡|账号|帐号|账户|开户|尾号")
_PHONE_CUE = re.compile(r"电话|手机|座机|联系方式|联系号码|传真|来电|微信|致电")
_CODE_CUE = re.compile(
    r"(?:项目|工程|合同|信用|许可证?|备案|组织机构|工单|投诉|案件)[^,，。;；\s]{0,6}\s*$"
)
_ISSUERS = ("4", "51", "52", "53", "54", "55", "35", "60", "95", "94", "90")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def mask_personal_numbers(text: str) -> str:
    """``text`` with the middle of every personal number replaced by stars.

    >>> mask_personal_numbers("电话13912345678，项目编码 420322202503050001")
    '电话139****5678，项目编码 420322202503050001'
    """
    if not _RUN.search(text) or _DATE.fullmatch(text):  # fast path for nearly all texts
        return text
    plain = masked = text.translate(_HALF_WIDTH)
    masked = _replace(_LONG, masked, _is_long_number)
    masked = _replace(_MOBILE, masked, lambda *_: True)
    masked = _replace(_LANDLINE, masked, lambda *_: True)
    for pattern in (_LOCAL, _MOBILE_IN_NAME):
        masked = _replace(pattern, masked, lambda _, before: bool(_PHONE_CUE.search(before)))
    return text if masked == plain else masked


def is_identity_number(code: str) -> bool:
    """Whether a code in place of that of a firm is a person's identity number.

    >>> is_identity_number("11010519491231002X"), is_identity_number("91110000101623741K")
    (True, False)
    """
    plain = re.sub("[ -]", "", code.translate(_HALF_WIDTH)).upper()
    return _is_identity_number(plain) and not is_credit_code(plain)


def _replace(pattern: re.Pattern[str], text: str, is_personal: Callable[[str, str], bool]) -> str:
    def masked(found: re.Match[str]) -> str:
        before = text[max(0, found.start() - _CUE_LENGTH) : found.start()]
        number = found[1]
        if not is_personal(number, before):
            return found[0]
        return found[0].replace(number, _masked(number))

    return pattern.sub(masked, text)


def _masked(number: str) -> str:
    """First three and last four characters of a telephone; less of longer numbers."""
    plain = re.sub("[ ()-]", "", number)
    if len(plain) < 10:
        return f"****{plain[-2:]}"
    return f"{plain[:3]}{'*' * (len(plain) - 7)}{plain[-4:]}"


def _is_long_number(number: str, before: str) -> bool:
    plain = re.sub("[ -]", "", number).upper()
    code = _CODE_CUE.search(before)
    cue = before if code is None else code[0]
    if _IDENTITY_CUE.search(cue) or _CARD_CUE.search(cue):
        return True
    return code is None and (_is_identity_number(plain) or _is_card_number(plain))


def _is_identity_number(number: str) -> bool:
    """Whether ``number`` is an identity number of a grown-up (GB 11643-1999).

    Numbers born since 2000 need a right check digit, because project codes have a date there too.
    """
    if len(number) == 15:
        return "11" <= number[:2] <= "65" and _is_date(f"19{number[6:12]}")
    if len(number) != 18 or not "11" <= number[:2] <= "83" or not _is_date(number[6:14]):
        return False
    if "1920" <= number[6:10] <= "1999":
        return True
    return "2000" <= number[6:10] <= "2012" and _has_check_digit(number)


def _has_check_digit(number: str) -> bool:
    total = sum(w * int(digit) for w, digit in zip(_WEIGHTS, number[:17], strict=True))
    return _CHECK[total % 11] == number[17]


def _is_card_number(number: str) -> bool:
    """Whether ``number`` is a bank card: China UnionPay's prefix, or any issuer's and Luhn.

    Codes of Gansu begin with 62 too, but have a date after the region.
    """
    if not number.isdigit() or not 16 <= len(number) <= 19:
        return False
    if number.startswith("62"):
        return not (number.startswith("20", 6) and _is_date(number[6:14]))
    return len(number) == 16 and number.startswith(_ISSUERS) and _luhn(number)


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_date(text: str) -> bool:
    try:
        dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True
