"""Messages of other programs, made safe to show and to log."""

from __future__ import annotations

import re

from risk.intake.personal_numbers import mask_personal_numbers
from risk.sources.secrets import Secret

_LONGEST = 200
_CIPHERTEXT = re.compile(r"[0-9A-Za-z+/_=-]{22,}")
"""Runs of characters as long as one AES block in Base64; also signatures and nonces."""

_NAMED = re.compile(r"(姓名|工人|人员|民工)([:：=“\"'「【（( ]+)[一-鿿·]{2,5}")


def safe_message(message: str, secret: Secret) -> str:
    """Return the beginning of a message without the secret and without personal data.

    >>> safe_message("身份证号 11010519491231002X 未登记", Secret("s"))
    '身份证号 110***********002X 未登记'
    """
    plain = " ".join(message.split())
    # A server may repeat the text that is signed, which is lower-cased.
    if secret.reveal():
        plain = re.sub(re.escape(secret.reveal()), "***", plain, flags=re.IGNORECASE)
    plain = _NAMED.sub(r"\1\2***", plain)
    plain = mask_personal_numbers(plain)
    return _CIPHERTEXT.sub("***", plain)[:_LONGEST]
