"""Removal of characters that XML does not allow."""

from __future__ import annotations

from typing import Any

_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])


def xml_safe(value: str) -> str:
    """Return ``value`` without the control characters and surrogates that XML does not allow.

    >>> xml_safe("a\\x0bb")
    'ab'
    """
    return value.translate(_CONTROL).encode("utf-8", "ignore").decode("utf-8")


def xml_safe_tree(data: Any) -> Any:
    """Apply :func:`xml_safe` to every string in nested dicts and lists."""
    if isinstance(data, str):
        return xml_safe(data)
    if isinstance(data, dict):
        return {key: xml_safe_tree(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [xml_safe_tree(value) for value in data]
    return data
