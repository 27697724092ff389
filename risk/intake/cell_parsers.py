"""Parsers of single cells, one per field type. Pure functions from cell to value.

A parser returns the value as stored (money in integer fen, a month as its first day), None for an
empty cell, or raises :class:`CellRefused` with the code of the problem. A value that is not exactly
what was written (约50万, 2025年3月) comes as :class:`Noted`. Empty means unknown, never zero.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from typing import Any, Generic, TypeAlias, TypeVar

from risk.calendar.dates import add_months, month_end, month_start
from risk.contract import Field, FieldType
from risk.intake.cells import (
    CUT_OFF,
    EXACT_INTEGERS_BELOW,
    FORMULA_WITHOUT_VALUE,
    STRUCK,
    UNREADABLE,
    Cell,
    as_text,
    is_nan,
    match_key,
    normalise,
)
from risk.intake.findings import parted_findings
from risk.intake.identifiers import canonical_identifier, is_placeholder, is_shortened
from risk.intake.personal_numbers import FIRM_CODES, is_identity_number, mask_personal_numbers
from risk.intake.several_names import are_several_codes, are_several_firms
from risk.intake.spellings import (
    MAX_SPELLING,
    UNKNOWN_DATES,
    UNKNOWN_WORDS,
    is_lunar,
    is_not_done,
    is_void,
    read_amount,
    read_count,
    read_day,
    read_month,
)
from risk.intake.ticked_boxes import ticked_option
from risk.intake.units import MONEY_UNITS, PERCENT, UNCLEAR, Unit

T = TypeVar("T")
Value: TypeAlias = str | int | float | bool | dt.date | None

MAX_CELL = 32_767
"""Maximum length of a spreadsheet cell; longer cells are refused."""

FIRST_DAY, LAST_DAY = dt.date(1949, 1, 1), dt.date(2099, 12, 31)
"""Accepted dates; others are typing errors."""

MAX_FEN = 10**17
"""10^15 yuan: larger than any wage or contract, and within the range of BIGINT."""

MAX_COUNT = 10**12

_BARE_YUAN_FROM = 1000
"""A smaller number in a column of amounts in 万元 may be in 万元 too."""

UNKNOWN = frozenset(
    ("", "-", "--", "—", "——", "–", "/", "无数据", "null", "none", "nan", "nat", "n/a")
)
"""Spellings of an empty cell, in lower case and half-width characters."""

_DONE = frozenset(
    ("发放日期", "实发金额", "实发人数", "实拨日期", "实拨金额", "实存金额", "追回金额")
)
"""Headings of facts that a remark in brackets, such as 未到账, denies."""

_UNKNOWN_NUMBER = UNKNOWN | UNKNOWN_WORDS
_UNKNOWN_DATE = _UNKNOWN_NUMBER | UNKNOWN_DATES

APPROXIMATE, MONTH_PRECISION, MASKED = "approximate", "month_precision", "masked"
"""Notes on values: an approximate number, a month for a day, a text with masked numbers."""

MONTH_AFTER = "次月"
"""After a month: it means a day of the month after it."""

NEXT_MONTH = "next_month"
"""Note on a day that is the last of the month after the one written."""

ROUNDED = "rounded"
"""Note on a number of days that had a part of a day."""

YEAR_OF_DAY, YEAR_OF_MONTH = "year_of_day", "year_of_month"
"""Notes on a day, and on a month for a day, whose year is that of the title."""

PERSONAL_CODE = "personal_code"
"""Note on a firm's code that was a person's identity number, and is unknown now."""

FINDINGS = "findings"
"""Field of inspections whose text is parted."""

SPREADSHEET_ERRORS = frozenset(
    ("#REF!", "#VALUE!", "#N/A", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)

BEIJING = dt.timezone(dt.timedelta(hours=8))

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2400]")
_SHORTENED = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d+")
_RANGE = re.compile(r"\d[^\d]*[-~至到][^\d]*\d.*")
_FOREIGN = re.compile(r"[$£€]|[美欧港澳日韩]元|英镑|usd|eur|hkd|gbp|jpy", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?")
_EXPONENT = re.compile(r"([+-]?[\d.]+)e[+-]?\d{1,3}")
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})"
    r"|年(\d{1,2})月(\d{1,2})[日号]?)(?:[ T]*([01]?\d|2[0-3])(?::[0-5]\d){1,2}(?:\.\d+)?)?"
)
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)
_DAY_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0+)?")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_SERIALS = range(32_874, 58_805)  # 1990 to 2060; others (20251) are typing errors
_JANUARY_OR_OCTOBER = re.compile(r"\d{4}\.1")
"""A number that was typed as 2025.1 or as 2025.10."""

_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}")
PLAIN_ID = r"(?:[A-Za-z_.:-]+[0-9][A-Za-z0-9_.:-]*|[0-9][A-Za-z0-9_:-]*)"
"""Identifiers that :func:`parse_id` returns unchanged; 1.5E17 is not among them."""

_PLAIN_IDS = re.compile(rf"{PLAIN_ID}(?:\n{PLAIN_ID})*")
_WHOLE_NUMBER = re.compile(r"^(\d+)\.0$")  # a code that a program exported as a number
_YUAN = re.compile(r"([0-9]{1,13})(?:\.([0-9]{0,2}))?")  # fast path: matches most amounts
_TEXT_MARKS = "'`\u2018\u2019\u00b4"  # before a number that a spreadsheet exports as text
_AMOUNT_UNIT = re.compile(r"(.*?)(百万元|千元|万元?|亿元?|元整?|圆)?整?")
_SERIAL_ORIGIN = dt.date(1899, 12, 30)
_TRUE, _FALSE = (
    frozenset(("true", "1", "1.0", "是", "有", "√", "✓", "✔")),
    frozenset(("false", "0", "0.0", "否", "无", "没有", "×", "✗", "✘")),
)

_ANSWER_WITH_MORE = re.compile(r"([^\d\W]{1,6}) ?(?:[,;。] ?\w.{2,}|\(\w[^()□√×]+\))")
"""An answer in a word that a clause or a bracket explains: 是，欠2个月. A form not filled in, such
as 是（ ）否（√） or 有，无, is none."""


@dataclass(frozen=True, slots=True)
class Noted(Generic[T]):
    """Value that is not exactly what was written; ``note`` is its data-quality mark."""

    value: T
    note: str


Parsed: TypeAlias = Value | Noted[Any]


class CellRefused(ValueError):
    """The cell is not a valid value of its field; ``code`` is the catalogue key of the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse(cell: Cell, field: Field, unit: Unit | None = None) -> Value:
    """Value of ``cell`` for ``field``; ``unit`` is the unit named in its header.

    >>> parse("1,234.5", Field("amount", "合同金额", FieldType.MONEY), MONEY_UNITS["万元"])
    1234500000

    Raises:
        CellRefused: the cell is not a valid value of the field.
    """
    if cell is None:
        return None
    require_readable(cell)
    parsed = parser_of(field, unit)(cell)
    return parsed.value if isinstance(parsed, Noted) else parsed


def parser_of(field: Field, unit: Unit | None = None) -> Callable[[Cell], Parsed]:
    """Parser for cells of ``field`` that are filled and readable."""
    own = _parser_by_type(field, unit)
    if field.type not in _WITH_REMARKS:
        return own
    return partial(_unless_denied, parser=own, done=field.zh in _DONE)


def _unless_denied(cell: Cell, parser: Callable[[Cell], Parsed], *, done: bool) -> Parsed:
    """Value of ``cell``, unless a remark in brackets says that it is void, or not done."""
    if isinstance(cell, str) and cell.rstrip().endswith((")", "）", "]", "】")):
        text = normalise(cell)
        if is_void(text):
            raise CellRefused("void")
        if done and is_not_done(text):
            raise CellRefused("not_done")
    return parser(cell)


def _parser_by_type(field: Field, unit: Unit | None) -> Callable[[Cell], Parsed]:
    if field.type is FieldType.ENUM:
        return partial(parse_enum, field=field)
    if field.type is FieldType.MONEY:
        return partial(parse_money, unit=unit)
    if field.type is FieldType.SHARE:
        return partial(parse_share, unit=unit)
    if field.name in _BY_NAME:
        return _BY_NAME[field.name]
    if field.name in FIRM_CODES:
        of_firm = partial(parse_firm_code, required=field.required)
        return partial(_unless_several, parser=of_firm, several=are_several_firms)
    own = _PARSERS[field.type]
    of_project = field.name == "project_id"
    return partial(_unless_several, parser=own, several=are_several_codes) if of_project else own


def _unless_several(
    cell: Cell, parser: Callable[[Cell], Parsed], several: Callable[[str], bool]
) -> Parsed:
    """Code of one project or firm; which one is meant by several, only a person can say."""
    if isinstance(cell, str) and several(cell):
        raise CellRefused("several")
    return parser(cell)


def require_readable(cell: Cell) -> None:
    """Refuse cells that are invalid for every field type.

    Raises:
        CellRefused: the cell is too long, has a control character, is an error value or a
            placeholder, or has an unsupported Python type.
    """
    if isinstance(cell, str):
        if len(cell) > MAX_CELL:
            raise CellRefused("too_long")
        # isprintable is fast, and true for nearly all cells.
        if (not cell.isprintable() or "\u2400" in cell) and _CONTROL.search(cell):
            raise CellRefused("control_characters")
        if cell.startswith("#"):
            _refuse_placeholder(cell.strip().upper())
    elif not isinstance(cell, bool | int | float | Decimal | dt.date | dt.time):
        raise CellRefused("unreadable_cell")


def all_plain_ids(cells: Sequence[Cell]) -> bool:
    """Whether :func:`parse_id` would return all ``cells`` unchanged.

    Checked with one regular expression for all cells: letters, digits and ``_.:-``, with at least
    one digit in each. May be False for cells that :func:`parse_id` returns unchanged.
    """
    try:
        lines = "\n".join(cells)
    except TypeError:  # a cell is not text
        return False
    return (
        _PLAIN_IDS.fullmatch(lines) is not None
        and lines.count("\n") == len(cells) - 1
        and max(map(len, cells)) <= MAX_CELL
    )


def parse_plain_yuan(cell: Cell) -> int | None:
    """Fen of an amount of digits with at most two decimals; None for any other spelling."""
    found = _YUAN.fullmatch(cell) if type(cell) is str else None
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def parse_id(cell: Cell) -> str | None:
    """Identifier in its one written form, see :mod:`risk.intake.identifiers`."""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return _id_from_number(cell)
    if not isinstance(cell, str):
        raise CellRefused("not_an_id")
    text = _WHOLE_NUMBER.sub(r"\1", canonical_identifier(cell))
    if text.casefold() in UNKNOWN or is_placeholder(text):
        return None
    if is_shortened(text):
        raise CellRefused("shortened")
    return text


def parse_firm_code(cell: Cell, *, required: bool) -> str | Noted[None] | None:
    """Code of a firm; a person's identity number is not stored.

    Raises:
        CellRefused: the code is ``required`` and is an identity number.
    """
    code = parse_id(cell)
    if code is None or not is_identity_number(code):
        return code
    if required:
        raise CellRefused("identity_number")
    return Noted(None, PERSONAL_CODE)


def parse_text(cell: Cell) -> str | Noted[str] | None:
    """Free text, trimmed at both ends, with personal numbers masked."""
    text = as_text(cell).strip()
    # Only short cells can be a spelling of an empty cell.
    if len(text) <= 4 and normalise(text).casefold() in UNKNOWN:
        return None
    masked = mask_personal_numbers(text)
    return text if masked == text else Noted(masked, MASKED)


def parse_findings(cell: Cell) -> str | Noted[str] | None:
    """Findings parted by semicolons; None also where a text says that there are none."""
    text = parse_text(cell)
    if text is None:
        return None
    if isinstance(text, Noted):
        findings = parted_findings(text.value)
        return None if findings is None else Noted(findings, text.note)
    return parted_findings(text)


def parse_date(cell: Cell) -> dt.date | Noted[dt.date] | None:
    """Date from 1949 to 2099; times are dropped, after conversion to Beijing time if zoned.

    A month without a day is its last day, noted as such.
    """
    day = _day_of(cell)
    if day is None:
        return None
    if not FIRST_DAY <= (day.value if isinstance(day, Noted) else day) <= LAST_DAY:
        raise CellRefused("date_out_of_range")
    return day


def parse_month(cell: Cell) -> dt.date | None:
    """Month as its first day; a date counts as its month."""
    try:
        day = parse_date(cell)
    except CellRefused as refused:
        raise CellRefused(refused.code.replace("not_a_date", "not_a_month")) from None
    first = day.value if isinstance(day, Noted) else day
    return first and month_start(first)


def parse_money(cell: Cell, unit: Unit | None = None) -> int | Noted[int] | None:
    """Amount in fen, rounded half up. A unit in the cell takes precedence over the header's."""
    if unit is None and (yuan := parse_plain_yuan(cell)) is not None:
        return yuan
    text = _text_of(cell, "not_an_amount")
    if text.casefold() in _UNKNOWN_NUMBER:
        return None
    if _SHORTENED.fullmatch(text):
        raise CellRefused("shortened" if "+" in text else "exponent")
    if text.startswith("(") and text.endswith(")"):  # accounting notation of a negative amount
        text = f"-{text[1:-1]}"
    body, own = _split_amount(text)
    if _is_decimal(body):
        return _fen(_decimal(body, "not_an_amount"), own, unit)
    written = read_amount(_without_currency(text)) if len(text) <= MAX_SPELLING else None
    if written is None:
        raise CellRefused(_why_no_amount(text))
    fen = _fen(written.number, written.unit, unit)
    return Noted(fen, APPROXIMATE) if written.approximate else fen


def parse_days(cell: Cell) -> int | Noted[int] | None:
    """Days worked by all; halves of days are rounded half up, and noted."""
    return parse_count(cell, with_halves=True)


def parse_count(cell: Cell, *, with_halves: bool = False) -> int | Noted[int] | None:
    """Whole number >= 0."""
    text = _text_of(cell, "not_a_count")
    if text.casefold() in _UNKNOWN_NUMBER:
        return None
    approximate = False
    if _is_decimal(text):
        number = _decimal(text, "not_a_count")
    else:
        written = read_count(text) if len(text) <= MAX_SPELLING else None
        if written is None:
            raise CellRefused("range" if _RANGE.search(text) else "not_a_count")
        number, approximate = written.number, written.approximate
    if number < 0:
        raise CellRefused("negative")
    if number > MAX_COUNT:
        raise CellRefused("too_large")
    if number != int(number):
        if not with_halves:
            raise CellRefused("not_a_count")
        return Noted(int(number.to_integral_value(ROUND_HALF_UP)), ROUNDED)
    return Noted(int(number), APPROXIMATE) if approximate else int(number)


def parse_share(cell: Cell, unit: Unit | None = None) -> float | None:
    """Share from 0 to 1; given in percent if the cell or the header has a percent sign."""
    text = _text_of(cell, "not_a_share")
    if text.casefold() in _UNKNOWN_NUMBER:
        return None
    percent = text.endswith("%") or unit is PERCENT
    number = _decimal(text.removesuffix("%").rstrip(), "not_a_share")
    share = number * PERCENT.factor if percent else number
    if not 0 <= share <= 1:
        raise CellRefused("share_out_of_range")
    return float(share)


def parse_number(cell: Cell) -> float | None:
    """Finite number."""
    text = _text_of(cell, "not_a_number").casefold()
    if text in _UNKNOWN_NUMBER:
        return None
    if exponent := _EXPONENT.fullmatch(text):
        _decimal(exponent[1], "not_a_number")
        number = float(text)
    else:
        number = float(_decimal(text, "not_a_number"))
    if not math.isfinite(number):
        raise CellRefused("too_large")
    return number


def parse_bool(cell: Cell) -> bool | None:
    """Boolean; 无 means no, not unknown."""
    if isinstance(cell, bool):
        return cell
    text = answer_alone(_text_of(cell, "not_a_bool").casefold())
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _UNKNOWN_NUMBER:
        return None
    raise CellRefused("not_a_bool")


def answer_alone(text: str) -> str:
    """Answer in the first word of ``text``, without what explains it, or the ticked one.

    >>> answer_alone("是(拖欠1个月)"), answer_alone("否")
    ('是', '否')
    """
    plain = normalise(text)
    if (ticked := ticked_option(plain)) != plain:
        return ticked
    found = _ANSWER_WITH_MORE.fullmatch(plain)
    return found[1] if found else text


def parse_enum(cell: Cell, field: Field) -> str | None:
    """Code of the term of ``field``."""
    text = match_key(ticked_option(_text_of(cell, "not_in_values")))
    term = _terms(tuple(field.values.items())).get(text)
    if term is None and text not in _UNKNOWN_NUMBER:
        raise CellRefused("not_in_values")
    return term


_WITH_REMARKS = (FieldType.DATE, FieldType.MONTH, FieldType.MONEY, FieldType.COUNT)
_PARSERS: Mapping[FieldType, Callable[[Cell], Parsed]] = {
    FieldType.ID: parse_id,
    FieldType.TEXT: parse_text,
    FieldType.DATE: parse_date,
    FieldType.MONTH: parse_month,
    FieldType.COUNT: parse_count,
    FieldType.NUMBER: parse_number,
    FieldType.BOOL: parse_bool,
}


_BY_NAME: Mapping[str, Callable[[Cell], Parsed]] = {
    "worker_days": parse_days,
    FINDINGS: parse_findings,
}


def _refuse_placeholder(text: str) -> None:
    """Refuse placeholders of missing content and error values of spreadsheets."""
    if text == FORMULA_WITHOUT_VALUE:
        raise CellRefused("formula_without_value")
    if text == CUT_OFF:
        raise CellRefused("cut_off")
    if text.startswith(UNREADABLE):
        raise CellRefused("unreadable_cell")
    if text.startswith(STRUCK):
        raise CellRefused("struck")
    if text in SPREADSHEET_ERRORS:
        raise CellRefused("spreadsheet_error")


def _id_from_number(number: float | Decimal) -> str | None:
    if is_nan(number):
        return None
    if Decimal(number).copy_abs() >= EXACT_INTEGERS_BELOW:
        raise CellRefused("shortened")
    if number != int(number) or number < 0:
        raise CellRefused("not_an_id")
    return str(int(number))


def _text_of(cell: Cell, code: str = "not_a_date") -> str:
    """Half-width text of a text or number cell; other cells are refused with ``code``."""
    if isinstance(cell, str):
        return normalise(cell).lstrip(_TEXT_MARKS)
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        raise CellRefused(code)
    if is_nan(cell):
        return ""
    if abs(cell) == math.inf:
        raise CellRefused(code)
    # All digits are written, unlike in as_text: each parser checks the size.
    if cell == int(cell):
        return str(int(cell))
    return format(Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell), "f")


def _is_decimal(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and any(map(str.isdigit, text))


def _decimal(text: str, code: str) -> Decimal:
    if not _is_decimal(text):
        raise CellRefused(code)
    return Decimal(text.replace(",", ""))


def _fen(amount: Decimal, own: str | None, unit: Unit | None) -> int:
    """Fen of ``amount`` in the cell's ``own`` unit, else in the header's ``unit``, else in yuan."""
    if own is None and unit is UNCLEAR and 0 < amount < _BARE_YUAN_FROM:
        raise CellRefused("unit_unclear")
    factor = (MONEY_UNITS[own] if own else unit or MONEY_UNITS["元"]).factor
    if amount < 0:
        raise CellRefused("negative")
    fen = amount * factor * 100
    if fen > MAX_FEN:
        raise CellRefused("too_large")
    return int(fen.to_integral_value(ROUND_HALF_UP))


def _why_no_amount(text: str) -> str:
    if _FOREIGN.search(text):
        return "foreign_currency"
    return "range" if _RANGE.search(text) else "not_an_amount"


def _without_currency(text: str) -> str:
    for sign in ("¥", "RMB", "CNY", "人民币"):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return text


def _split_amount(text: str) -> tuple[str, str | None]:
    """Number and unit of an amount, without currency signs."""
    found = _AMOUNT_UNIT.fullmatch(_without_currency(text))
    if found is None:  # a line break inside the cell
        raise CellRefused("not_an_amount")
    return found[1].strip(), found[2]


def _day_of(cell: Cell) -> dt.date | Noted[dt.date] | None:
    if isinstance(cell, dt.datetime):
        return (cell.astimezone(BEIJING) if cell.tzinfo else cell).date()
    if isinstance(cell, dt.date):
        return cell
    text = _text_of(cell)
    if text.casefold() in _UNKNOWN_DATE:
        return None
    if found := _DAY.fullmatch(text) or _DAY_DIGITS.fullmatch(text):
        year, month, day = (int(part) for part in found.groups()[:9] if part)
        return _calendar_day(year, month, day)
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) in _SERIALS:
        return _SERIAL_ORIGIN + dt.timedelta(days=int(found[1]))
    if isinstance(cell, float) and _JANUARY_OR_OCTOBER.fullmatch(text):
        raise CellRefused("january_or_october")
    return _day_by_hand(text)


def _day_by_hand(text: str) -> dt.date | Noted[dt.date]:
    """Day in a spelling by hand; the last day of a month written alone, or of the one after."""
    if len(text) > MAX_SPELLING:
        raise CellRefused("not_a_date")
    try:
        if _ZONED.fullmatch(text):
            return dt.datetime.fromisoformat(text).astimezone(BEIJING).date()
        if day := read_day(text):
            return day
        if first := read_month(text.removesuffix(MONTH_AFTER)):
            if text.endswith(MONTH_AFTER):
                return Noted(month_end(add_months(first, 1)), NEXT_MONTH)
            return Noted(month_end(first), MONTH_PRECISION)
    except (ValueError, OverflowError):
        raise CellRefused("not_a_date") from None
    raise CellRefused(_why_no_day(text))


def _why_no_day(text: str) -> str:
    if _DAY_OR_MONTH_FIRST.fullmatch(text):
        return "day_or_month_first"
    return "lunar_date" if is_lunar(text) else "not_a_date"


def _calendar_day(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellRefused("not_a_date") from None


@cache
def _terms(values: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Codes by accepted spelling: codes and terms."""
    terms = {match_key(code): code for code, _ in values}
    return terms | {match_key(term): code for code, term in values}
