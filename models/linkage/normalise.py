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
_FOREMAN = re.compile(r"包工头|工头|老板|姓|带班|班长|1个|叫|老|的|[赵钱孙李周吴郑王张刘陈杨黄]")


def normalise_name(name: str) -> str:
    """NFKC, lower case, without brackets and punctuation, Chinese numerals as digits.

    >>> normalise_name("云渡（安居）小区　一期")
    '云渡安居小区1期'
    """
    return _MARKS.sub("", unicodedata.normalize("NFKC", name)).translate(_NUMERALS).lower()


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


def phases(name: str) -> frozenset[str]:
    """The phases and lots named in ``name``.

    >>> sorted(phases("云渡小区二期A标段"))
    ['2期', 'a标']
    """
    return frozenset(_STAGE.findall(normalise_name(name)))


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
