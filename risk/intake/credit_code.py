"""Unified social credit code (统一社会信用代码) and its check character.

Source: GB 32100-2015, 5.2 and annex A: 18 characters, weights 3^(i-1) mod 31 over the first 17.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and letters without I, O, S, V, Z; the value of a character is its index."""

_WEIGHTS = tuple(pow(3, index, 31) for index in range(17))
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def is_credit_code(code: str) -> bool:
    """Whether ``code`` has 18 allowed characters and the right check character.

    Codes that fail are stored as written, because some real codes fail too.

    >>> is_credit_code("91110000101623741K"), is_credit_code("911100001016237410")
    (True, False)
    """
    if len(code) != 18 or any(character not in _VALUES for character in code):
        return False
    return code[17] == check_character(code[:17])


def check_character(body: str) -> str:
    """18th character of a credit code whose first 17 characters are ``body``.

    >>> check_character("91110000101623741")
    'K'
    """
    total = sum(weight * _VALUES[char] for weight, char in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[(31 - total % 31) % 31]
