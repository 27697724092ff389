"""Weighted names of the headers Accept-Encoding and Accept-Language.

A weight of 0 means that the client refuses what it names. Source: RFC 9110, section 12.4.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


@lru_cache(maxsize=256)
def quality_values(header: str) -> Mapping[str, float]:
    """Return the names of a header in small letters with their weights, the most wanted first.

    A weight that cannot be read counts as 0.

    >>> dict(quality_values("en;q=0.5, zh-CN, fr;q=0"))
    {'zh-cn': 1.0, 'en': 0.5, 'fr': 0.0}
    """
    found: dict[str, float] = {}
    for one in header.lower().split(","):
        name, _, parameter = one.partition(";")
        found.setdefault(name.strip(), _weight(parameter.strip()))
    ordered = sorted(found.items(), key=lambda pair: pair[1], reverse=True)
    return MappingProxyType(dict(ordered))


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    found = _WEIGHT.fullmatch(parameter)
    return float(found[1]) if found else 0.0
