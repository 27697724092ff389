"""Names of users and tokens, so that no two look the same.

Source: Unicode Technical Standard 39, section 5.2: a name of one script, Han with Latin letters
allowed, has no letters that look like those of another.
"""

from __future__ import annotations

import unicodedata

from serving.errors import CommandError

MAX_LENGTH = 100

_SCRIPTS = {
    "CJK": "han",
    "LATIN": "latin",
    "TIBETAN": "tibetan",
    "ARABIC": "arabic",
    "MONGOLIAN": "mongolian",
    "HANGUL": "hangul",
    "YI": "yi",
}
"""Scripts of the languages written in China, by the first word of the names of their characters."""

_TOGETHER = frozenset({"han", "latin"})
_DIGITS = frozenset("0123456789")
_PUNCTUATION = frozenset(" ·-_.@/:()")


class NameInvalid(CommandError):
    """The name is empty, too long, or has characters that hide or look like others."""

    code = "name_invalid"


def clean_name(name: str) -> str:
    """Return ``name`` as it is stored: NFKC, without blanks at the ends, and single ones inside.

    Raises:
        NameInvalid: it is empty or too long, mixes scripts, or has invisible characters, letters
            of another script than those of China, or marks other than `` ·-_.@/:()``.
    """
    cleaned = " ".join(unicodedata.normalize("NFKC", name).split(" ")).strip()
    if not 0 < len(cleaned) <= MAX_LENGTH or not _is_readable(cleaned):
        raise NameInvalid(found=ascii(name)[1:-1], most=MAX_LENGTH)
    return cleaned


def look_of(name: str) -> str:
    """Return what names that look alike have in common.

    >>> look_of("Wang Wu") == look_of("ＷＡＮＧ\\u200b wú")
    True
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    visible = (one for one in folded if unicodedata.category(one)[0] != "C")
    return "".join(one for one in visible if not _is_accent(one)).translate(_ALIKE)


_ALIKE = str.maketrans("0ilı", "o111")
"""Characters that look alike in many fonts."""


def _is_readable(name: str) -> bool:
    scripts = set()
    for character in name:
        if character in _DIGITS or character in _PUNCTUATION:
            continue
        if unicodedata.category(character)[0] not in "LM":
            return False
        scripts.add(_script(character))
    return None not in scripts and (len(scripts) <= 1 or scripts <= _TOGETHER)


def _script(character: str) -> str | None:
    if unicodedata.category(character) == "Lm":
        return None
    first = unicodedata.name(character, "").replace("-", " ").partition(" ")[0]
    script = _SCRIPTS.get(first)
    is_plain = unicodedata.normalize("NFKD", character)[0].isascii()
    return None if script == "latin" and not is_plain else script


def _is_accent(character: str) -> bool:
    return unicodedata.name(character, "").startswith("COMBINING ")
