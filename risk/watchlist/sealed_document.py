"""The seal: one spelling of a document as bytes, and the SHA-256 of those bytes.

The spelling is JSON in UTF-8 with sorted keys and no white space. A float is written in the
shortest form that reads back as the same float, so reading and sealing again gives the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from risk.errors import WagewatchError

_LONE = re.compile("[\ud800-\udfff]")
"""Half of a pair, which UTF-8 cannot hold."""


class NotSealable(WagewatchError, ValueError):
    """The document holds something that has no one spelling; ``path`` says where."""

    code = "not_sealable"


@dataclass(frozen=True)
class Sealed:
    """A document's bytes and their SHA-256 in hex."""

    body: bytes
    digest: str


def seal(document: Mapping[str, Any]) -> Sealed:
    """The one spelling of ``document`` and its digest.

    Raises:
        NotSealable: it holds something other than text, whole numbers, finite floats, true, false,
            none, lists and mappings with text keys.

    >>> seal({"b": 1, "a": "雪"}).body.decode()
    '{"a":"雪","b":1}'
    """
    canonical = _canonical(document, "$")
    text = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8")
    return Sealed(body, hashlib.sha256(body).hexdigest())


def verify(sealed: Sealed) -> bool:
    """Whether the bytes are still what the digest was taken of."""
    found = hashlib.sha256(sealed.body).hexdigest()
    return hmac.compare_digest(found.encode(), sealed.digest.encode())


def _canonical(value: object, path: str) -> object:
    if isinstance(value, Mapping):
        return {_text(key, path): _canonical(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str):
        return _text(value, path)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(value) + 0.0  # minus zero becomes zero; a float's subclass becomes a float
    raise NotSealable(path=path, found=type(value).__name__)


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not (value.isascii() or _LONE.search(value) is None):
        raise NotSealable(path=path, found=repr(value))
    return str(value)
