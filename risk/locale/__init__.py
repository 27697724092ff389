"""The catalogues of wording: Simplified Chinese first, English on request.

Every sentence a person sees stands in ``zh.toml`` and ``en.toml`` beside this file (one
``[section]`` per part of the house) and is fetched by its dotted key. Code holds keys, never
sentences.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All wordings of ``language``, keyed by dotted path (``section.key``)."""
    flat: dict[str, str] = {}
    for part in sorted(files(__name__).iterdir(), key=lambda item: item.name):
        if part.name.endswith(f"{language}.toml"):
            _flatten(tomllib.loads(part.read_text(encoding="utf-8")), "", flat)
    return flat


def text(key: str, language: Language = "zh", /, **fields: Any) -> str:
    """The wording of ``key`` with ``fields`` put in.

    Raises:
        KeyError: the catalogue has no such key (a test holds both catalogues complete).

    >>> text("words.watchlist", "en")
    'watchlist'
    """
    return catalogue(language)[key].format(**fields)


def _flatten(node: dict[str, Any], prefix: str, into: dict[str, str]) -> None:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            _flatten(value, f"{key}.", into)
        else:
            into[key] = value
