"""The place in the metadata of a photo: read, and written without anything else.

Source: Exif 2.32 (CIPA DC-008), sections 4.6.2 to 4.6.6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

HEAD = b"Exif\x00\x00"
"""Beginning of the application segment that holds Exif."""

_GPS_POINTER = 0x8825
_LATITUDE, _LONGITUDE = (1, 2), (3, 4)
"""Tags of the hemisphere and of degrees, minutes and seconds."""

_ASCII, _LONG, _RATIONAL = 2, 4, 5
_PARTS = 10_000
_SECONDS = (1, 60, 3600)


@dataclass(frozen=True)
class Place:
    """Latitude and longitude in degrees, north and east positive."""

    latitude: float
    longitude: float


def read_place(segment: bytes) -> Place | None:
    """Return the place in an Exif segment without its marker and size; None if it has none."""
    if not segment.startswith(HEAD):
        return None
    tiff = segment[len(HEAD) :]
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        first = _entries(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])
        gps = _entries(tiff, order, struct.unpack_from(f"{order}I", first[_GPS_POINTER])[0])
        found = Place(
            *(_degrees(tiff, order, gps[ref], gps[value]) for ref, value in (_LATITUDE, _LONGITUDE))
        )
    except (KeyError, struct.error, ZeroDivisionError):
        return None
    return found if abs(found.latitude) <= 90 and abs(found.longitude) <= 180 else None


def place_segment(place: Place) -> bytes:
    """Return an Exif segment, with marker and size, that holds ``place`` and nothing else."""
    start, entries = 26, 4
    values = start + 2 + 12 * entries + 4
    body = struct.pack(">2sHIHHHII I", b"MM", 42, 8, 1, _GPS_POINTER, _LONG, 1, start, 0)
    body += struct.pack(">H", entries)
    sides = (
        (_LATITUDE, place.latitude, b"NS", values),
        (_LONGITUDE, place.longitude, b"EW", values + 24),
    )
    for (ref, value), degrees, names, at in sides:
        side = names[degrees < 0 :][:1]
        body += struct.pack(">HHI4s", ref, _ASCII, 2, side + b"\x00")
        body += struct.pack(">HHII", value, _RATIONAL, 3, at)
    body += struct.pack(">I", 0)
    for _, degrees, _, _ in sides:
        body += struct.pack(">6I", *_parts(abs(degrees)))
    segment = HEAD + body
    return b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment


def _parts(degrees: float) -> tuple[int, ...]:
    """Return degrees, minutes and seconds as numerators and denominators."""
    seconds = round(degrees * 3600 * _PARTS)
    whole, rest = divmod(seconds, 3600 * _PARTS)
    minutes, rest = divmod(rest, 60 * _PARTS)
    return (whole, 1, minutes, 1, rest, _PARTS)


def _entries(tiff: bytes, order: str, at: int) -> dict[int, bytes]:
    """Return the four bytes of value or pointer of each entry of a directory by its tag."""
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    found = {}
    for number in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHI4s", tiff, at + 2 + 12 * number)
        found[tag] = value
    return found


def _degrees(tiff: bytes, order: str, side: bytes, pointer: bytes) -> float:
    (at,) = struct.unpack(f"{order}I", pointer)
    numbers = struct.unpack_from(f"{order}6I", tiff, at)
    degrees = sum(
        Fraction(numbers[2 * n], numbers[2 * n + 1] * part) for n, part in enumerate(_SECONDS)
    )
    return float(-degrees if side[:1] in (b"S", b"W") else degrees)
