"""Photos of visits: JPEG files without metadata."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from http import HTTPStatus

from serving.errors import ApiError
from serving.outcomes.photo_places import place_segment, read_place

MAX_BYTES = 500_000
_START, _SCAN, _END = b"\xff\xd8", 0xDA, b"\xff\xd9"
_NEEDED_APPLICATION = 0xE0
_COMMENT = 0xFE


class PhotoInvalid(ApiError):
    """The photo is too large, or no JPEG file in base64."""

    code = "photo_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def read_photo(text: str, *, with_place: bool = False) -> bytes:
    """Return the JPEG file of a base64 text, without its metadata.

    What cameras add, such as time and serial number, is dropped, and the place unless
    ``with_place`` is set.

    Raises:
        PhotoInvalid: the text is no JPEG file in base64, or too large.
    """
    try:
        body = base64.b64decode(text, validate=True)
        if len(body) > MAX_BYTES:
            raise PhotoInvalid(found=len(body), most=MAX_BYTES)
        return b"".join(_kept(body, with_place))
    except (binascii.Error, IndexError) as error:
        raise PhotoInvalid(found=len(text), most=MAX_BYTES) from error


def _kept(body: bytes, with_place: bool) -> Iterator[bytes]:
    """Yield the parts of a JPEG file but comments and application data other than JFIF."""
    if not body.startswith(_START) or not body.rstrip(b"\x00").endswith(_END):
        raise PhotoInvalid(found=len(body), most=MAX_BYTES)
    yield _START
    at = len(_START)
    while body[at + 1] != _SCAN:
        if body[at] != 0xFF:
            raise PhotoInvalid(found=len(body), most=MAX_BYTES)
        kind, size = body[at + 1], int.from_bytes(body[at + 2 : at + 4], "big")
        if not (_NEEDED_APPLICATION < kind <= _NEEDED_APPLICATION + 15 or kind == _COMMENT):
            yield body[at : at + 2 + size]
        elif with_place and (place := read_place(body[at + 4 : at + 2 + size])) is not None:
            yield place_segment(place)
        at += 2 + size
    # Phones append further pictures, with metadata of their own, after the end of the first.
    yield body[at : body.index(_END, at) + len(_END)] if _END in body[at:] else body[at:]
