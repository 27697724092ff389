"""Message catalogues: Simplified Chinese by default, English on request.

Every text a person sees is in the ``<part>.zh.toml`` and ``<part>.en.toml`` files of this folder
and is looked up by its dotted key. Code holds keys, never sentences.

Rules for case and full stops, the same in both languages:

* A text is a sentence or a phrase in both languages. A sentence ends with a full stop and, in
  English, starts with a capital letter; a phrase (a label, a heading, a column name, a cell, a
  result line) has no full stop.
* ``errors`` and ``problems`` are sentences, except for the titles of HTTP statuses. Only a text of
  its own that is filled in (``{detail}``, ``{reasons}``) may take the place of the full stop.
* ``help`` is made of phrases with a capital letter, as usual for command line options.
* ``allowed`` and ``parameters`` are phrases in lower case, filled into "allowed: {allowed}".
* Messages of ``cli`` itself start with a capital letter.

Sections whose texts enter published or archived documents (flags, reasons, briefing ...) are exempt
and must not change, because such documents are compared byte by byte.

Words that follow a number have two forms in English, with the field again: ``{n} {n:case|cases}``.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All texts of ``language`` by dotted key (``section.key``)."""
    flat: dict[str, str] = {}
    for part in sorted(files(__name__).iterdir(), key=lambda item: item.name):
        if part.name.endswith(f"{language}.toml"):
            _flatten(tomllib.loads(part.read_text(encoding="utf-8")), "", flat)
    return flat


def text(key: str, language: Language = "zh", /, **fields: Any) -> str:
    """Text of ``key`` with ``fields`` filled in.

    Raises:
        KeyError: the catalogue has no such key (a test keeps both catalogues complete).

    >>> text("words.watchlist", "en")
    'watchlist'
    """
    return fill(catalogue(language)[key], **fields)


def fill(template: str, /, **fields: Any) -> str:
    """Return ``template`` with ``fields`` filled in.

    >>> fill("{n} {n:case|cases}", n=1), fill("{n} {n:case|cases}", n="1,200")
    ('1 case', '1,200 cases')
    """
    # The formatter is slower, and few texts need it.
    return _NUMBERED.format(template, **fields) if "|" in template else template.format(**fields)


class _NumberedFormatter(string.Formatter):
    """:meth:`str.format` where ``{n:one|other}`` is the first word for 1, else the second."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, other = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return one if str(value) == "1" else other


_NUMBERED = _NumberedFormatter()


def _flatten(node: dict[str, Any], prefix: str, into: dict[str, str]) -> None:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            _flatten(value, f"{key}.", into)
        else:
            into[key] = value
