"""Cells that name several projects or firms: 甲小学、乙小学. None of them is meant alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_SIGNS = re.compile(r"[、;；,，\n]+")
_WORDS = re.compile(r"[、;；,，\n]+|以及|[和与及]")
_AND_OTHERS = re.compile(r"等\d*[个项]?(?:项目|工程|单位|公司)?$")
_HAN = re.compile(r"[\u3400-\u9fff]")
_FIRM = re.compile(r".{2,}(?:公司|集团|厂|院)(?:联合体)?(?:[(（][^()（）]*[)）])?")


def are_several_codes(text: str) -> bool:
    """Whether a cell for one code has several, each written out.

    >>> are_several_codes("GC-01、GC-02"), are_several_codes("1号楼、2号楼")
    (True, False)
    """
    if _SIGNS.search(text) is None:  # nearly all cells
        return False
    parts = _parts(_SIGNS, text)
    codes = all(any(map(str.isdigit, part)) and not _HAN.search(part) for part in parts)
    alike = "\n" not in text.strip() or len(set(map(len, parts))) == 1  # else one on two lines
    return len(parts) > 1 and codes and alike


def are_several_firms(text: str) -> bool:
    """Whether a cell for one firm has several names or codes, each written out.

    >>> are_several_firms("甲建公司；乙建公司"), are_several_firms("甲建（集团）有限公司")
    (True, False)
    """
    if are_several_codes(text):
        return True
    parts = _parts(_SIGNS, text)
    return len(parts) > 1 and all(map(_FIRM.fullmatch, parts))


def several_ids(text: str, find: Callable[[str], str | None]) -> tuple[str, ...]:
    """Ids of all that a cell names one after another; empty where it is one, or one is unknown.

    ``find`` gives the id of a name. A name may leave out the beginning of the one before it.

    >>> several_ids("云渡小区一期、二期", {"云渡小区一期": "1", "云渡小区二期": "2"}.get)
    ('1', '2')
    """
    for separators in (_SIGNS, _WORDS):
        ids = tuple(dict.fromkeys(_ids(_parts(separators, text), find)))
        if len(ids) > 1 and all(ids):
            return tuple(one for one in ids if one)
    return ()


def _parts(separators: re.Pattern[str], text: str) -> list[str]:
    parts = (part.strip() for part in separators.split(_AND_OTHERS.sub("", text.strip())))
    return [part for part in parts if part]


def _ids(parts: list[str], find: Callable[[str], str | None]) -> Iterator[str | None]:
    before = ""
    for part in parts:
        names = [part, *(before[:end] + part for end in range(len(before) - 1, 0, -1))]
        before, found = next(((name, one) for name in names if (one := find(name))), (part, None))
        yield found
