"""Canonical JSON of a document, and the SHA-256 of its bytes.

Canonical JSON is UTF-8 with sorted keys and no white space, in the manner of RFC 8785 (JSON
Canonicalization Scheme). It differs from the RFC in three points, which cannot change without
changing the digests of sealed documents: keys are sorted by Unicode code point instead of UTF-16
code unit, numbers are written as Python's ``json`` writes them (``1.0``, ``1e-07``) instead of
ECMAScript's form (``1``, ``1e-7``), and whole numbers of any size are allowed. A float has the
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
"""Lone surrogates, which UTF-8 cannot encode."""


class NotSealable(WagewatchError, ValueError):
    """The document contains a value without a canonical form, at ``path``."""

    code = "not_sealable"


@dataclass(frozen=True)
class Sealed:
    """Bytes of a document and their SHA-256 in hex."""

    body: bytes
    digest: str


def seal(document: Mapping[str, Any]) -> Sealed:
    """Canonical JSON of ``document`` and its digest.

    Raises:
        NotSealable: it contains something other than text, whole numbers, finite floats, true,
            false, none, lists and mappings with text keys.

    >>> seal({"b": 1, "a": "雪"}).body.decode()
    '{"a":"雪","b":1}'
    """
    canonical = document if _is_plain(document) else _canonical(document, "$")
    text = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8")
    return Sealed(body, hashlib.sha256(body).hexdigest())


def verify(sealed: Sealed) -> bool:
    """Whether the digest is that of the bytes."""
    found = hashlib.sha256(sealed.body).hexdigest()
    return hmac.compare_digest(found.encode(), sealed.digest.encode())


def _is_plain(value: Any) -> bool:
    """Whether ``value`` is canonical as it is: plain types with a canonical form, no subclasses.

    Most documents are; checking them takes a third of the time of copying them.
    """
    kind = type(value)
    if kind is str:
        return value.isascii() or _LONE.search(value) is None
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not _is_plain(item):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))
    if kind is float:
        # Minus zero, which equals zero, has another canonical form.
        return math.isfinite(value) and (value != 0 or math.copysign(1, value) > 0)
    return value is None or kind is bool or kind is int


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
