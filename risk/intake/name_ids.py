"""Stable ids of firms and projects that are given by name only."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection

MARK = "N-"
"""First characters of an id made from a name."""

_SEPARATORS = re.compile(r"[\W_]+")
_COMPANY = re.compile(r"有限责任公司$|股份有限公司$|有限公司$")


def name_key(name: str) -> str:
    """Normal form of a name: two names are the same if and only if theirs is equal.

    Width, case, spaces and punctuation make no difference, nor does the kind of limited company.

    >>> name_key("川北某某建筑（集团）有限责任公司") == name_key("川北某某建筑(集团)有限公司")
    True
    >>> name_key("云渡小区14号") == name_key("云渡小区36号")
    False
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return _COMPANY.sub("有限公司", _SEPARATORS.sub("", text))


def name_id(name: str, county: str) -> str:
    """Id made from a name and the county's code: ``N-`` and 15 characters, the same on every day.

    >>> name_id("云渡小区二期", "510822") == name_id(" 云渡小区二期", "510822")
    True
    """
    return made_id(name_key(name), county)


def made_id(*parts: str) -> str:
    """Id made from texts; their order and borders count."""
    text = "\x1f".join(parts).encode()
    # 60 bits: the odds that any two of a million names share an id are below one in a million.
    return MARK + hashlib.sha256(text).hexdigest()[:15].upper()


def team_id(project: str, team: str) -> str:
    """Id of a team of a project, in normal form, in place of a contract that is not known."""
    return made_id("team", project, team)


def is_made(text: str) -> bool:
    """Whether an id was made here and is no code of an authority."""
    return re.fullmatch(r"N-[0-9A-F]{15}", text) is not None


def preferred_ids(known: Collection[tuple[str, str]]) -> frozenset[str]:
    """Ids, of ids with their counties; made ones only if no code of the same county is there.

    >>> preferred_ids([("N-0123456789ABCDE", "510822"), ("X1", "510822")])
    frozenset({'X1'})
    """
    with_code = {county for one, county in known if not is_made(one)}
    return frozenset(one for one, county in known if not is_made(one) or county not in with_code)
