"""Text that every database stores: without NUL, which PostgreSQL refuses, and lone surrogates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MOST_LEVELS = 32
"""Levels of nesting of a request body."""


def is_storable(text: str) -> bool:
    """Return whether ``text`` can be stored.

    >>> is_storable("工资\\n"), is_storable("a\\x00b"), is_storable("\\ud800")
    (True, False, False)
    """
    return _UNSTORABLE.search(text) is None


def require_storable(value: Any, levels: int = MOST_LEVELS) -> Any:
    """Return ``value``, a decoded JSON document, if all its texts and names can be stored.

    Raises:
        PydanticCustomError: one cannot, or the document is nested too deeply.
    """
    if levels == 0:
        raise PydanticCustomError("text_invalid", "nested too deeply")
    if isinstance(value, str) and not is_storable(value):
        raise PydanticCustomError("text_invalid", "NUL or a lone surrogate")
    if isinstance(value, Mapping):
        for name, item in value.items():
            require_storable(name, levels - 1)
            require_storable(item, levels - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            require_storable(item, levels - 1)
    return value
