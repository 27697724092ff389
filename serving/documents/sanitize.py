"""Words from records as a document may hold them."""

from __future__ import annotations

from typing import Any

_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])


def clean(words: str) -> str:
    """Text without characters that XML knows no place for.

    >>> clean("a\\x0bb")
    'ab'
    """
    return words.translate(_CONTROL).encode("utf-8", "ignore").decode("utf-8")


def cleaned(data: Any) -> Any:
    """Plain data with every text in it clean."""
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, dict):
        return {key: cleaned(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [cleaned(value) for value in data]
    return data
