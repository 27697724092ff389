"""Normalisation of names before they are compared."""

from __future__ import annotations

import re
import unicodedata

_NUMERALS = str.maketrans("一二三四五六七八九零〇两", "123456789002")
_NOISE = re.compile(
    r"股份有限公司|有限责任公司|有限公司|分公司|公司|集团|项目经理部|项目部|指挥部|工地上|工地"
    r"|那边|施工|工程|项目|标段|标|模拟"
)
_MARKS = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"\d{3,}号?$|(?<=\D)\d+号$")
_LEGAL_FORM = re.compile(
    r"股份有限公司|有限责任公司|有限公司|分公司|公司|项目经理部|项目部|指挥部|工地上|工地|那边|模拟"
)
_COUNTER = r"期|标|号|区|段|栋|幢|座|楼|地块"
_TENS = re.compile(rf"([一二三四五六七八九]?)十([一二三四五六七八九]?)(?={_COUNTER})")
_ROMAN = re.compile(rf"(?<![a-z])(?:iii|ii|iv|i|v)(?={_COUNTER})")
_ROMAN_VALUES = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_ORDINAL = re.compile(r"第(?=\d)")
_FOREMAN = re.compile(r"包工头|工头|老板|姓|带班|班长|1个|叫|老|的|[赵钱孙李周吴郑王张刘陈杨黄]")


def normalise_name(name: str) -> str:
    """NFKC, lower case, without brackets and punctuation, Chinese numerals as digits.

    >>> normalise_name("云渡（安居）小区　一期"), normalise_name("云渡小区3#楼")
    ('云渡安居小区1期', '云渡小区3号楼')
    """
    text = unicodedata.normalize("NFKC", name).replace("#", "号")
    return _TENS.sub(_tens, _MARKS.sub("", text)).translate(_NUMERALS).lower()


def _tens(match: re.Match[str]) -> str:
    """The digits of a numeral with 十, which has no digit of its own."""
    return f"{match[1] or '1'}{match[2] or '0'}"


def plain_name(name: str) -> str:
    """The name without legal forms, 项目部 and the like; numbers and 工程 stay.

    Nothing in it distinguishes two projects of one plain name.

    >>> plain_name("云渡镇小学（第二标段）项目部"), plain_name("云渡小区Ⅱ期"), plain_name("工地")
    ('云渡镇小学2标段', '云渡小区2期', '')
    """
    text = _ROMAN.sub(lambda found: _ROMAN_VALUES[found[0]], normalise_name(name))
    return _ORDINAL.sub("", _LEGAL_FORM.sub("", text))


def core_name(name: str) -> str:
    """The distinctive part of a name; all of it, normalised, if nothing else is left.

    >>> [core_name(one) for one in ("模拟·青川建设集团有限公司", "云渡小区二期项目部", "工程公司")]
    ['青川建设', '云渡小区2期', '工程公司']
    """
    normal = normalise_name(name)
    return _NUMBERING.sub("", _NOISE.sub("", normal)) or normal


def core_firm_name(text: str) -> str:
    """:func:`core_name` of an employer; '' if only a foreman is named, which is no evidence.

    >>> core_firm_name("王老板"), core_firm_name("姓王的包工头"), core_firm_name("青川建筑劳务")
    ('', '', '青川建筑劳务')
    """
    return core_name(text) if len(_FOREMAN.sub("", normalise_name(text))) > 1 else ""


_STAGE = re.compile(r"\d+期|[a-z]标|\d+标|[a-z]区")
_NUMBER = re.compile(r"\d+(?=号|栋|幢|座|楼|地块|$)")


def phases(name: str) -> frozenset[str]:
    """The phases and lots named in ``name``.

    >>> sorted(phases("云渡小区二期A标段"))
    ['2期', 'a标']
    """
    return frozenset(_STAGE.findall(normalise_name(name)))


def numbers(name: str) -> frozenset[str]:
    """The numbers of buildings, plots or works in ``name``.

    >>> sorted(numbers("云渡镇小学食堂0014号")), sorted(numbers("云渡小区3#楼"))
    (['14'], ['3'])
    """
    return frozenset(found.lstrip("0") or "0" for found in _NUMBER.findall(normalise_name(name)))


def shared_pieces(text: str, name: str) -> tuple[str, ...]:
    """The parts of ``name`` of two or more characters that ``text`` contains in the same order.

    >>> shared_pieces("石桥湾小学工地", "模拟·石桥湾中心小学教学楼0012号")
    ('石桥湾', '小学')
    """
    from rapidfuzz.distance import LCSseq

    # Character by character, so that indices are also indices in the name.
    written = "".join(normalise_name(character)[:1] or character for character in name)
    blocks = LCSseq.editops(normalise_name(text), written).as_matching_blocks()
    pieces = (name[block.b : block.b + block.size] for block in blocks)
    return tuple(piece for piece in pieces if len(piece) > 1)
