"""Compression of the documents stored with a list, with a dictionary that they share.

The documents of a list resemble each other, so each is compressed with a few of them as a
dictionary, in large lists with what many of them share and how often they use it. Bodies stored by
earlier versions, as JSON, gzipped JSON, or deflated with a dictionary of their own, are read as
they are. Digests are of the bytes that :func:`unpacked` returns.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

if TYPE_CHECKING:
    from zstandard import ZstdCompressionDict, ZstdCompressionParameters

T = TypeVar("T")

_DEFLATED, _PACKED = b"\x01", b"\x02"
"""First byte of a packed body; JSON begins with a brace, and the others as below."""

_GZIP, _ZSTD, _TRAINED = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x37\xa4\x30\xec"

_SAMPLES, _MANY_SAMPLES = 24, 300
"""Documents that make a dictionary, at least; and those of which one is trained."""

_MOST_BYTES = 512 * 1024
CLOSELY_SEARCHED = 250_000
"""Most bytes of a dictionary; what documents share is found at any distance in it. With up to
``CLOSELY_SEARCHED`` all ways to write a document are weighed, not the first good one."""

_LOGS = {"window_log": 20, "chain_log": 20, "hash_log": 18}
"""Sizes of the search, for dictionaries and documents of any size."""

_ENOUGH_BYTES, _FEW = 128 * 1024, 16

_SEGMENT, _SHARED = 2000, 8
"""Bytes of a part of a trained dictionary, and those that documents must share at least."""

_LEVEL = 15
"""From 16 on, a document costs two to ten times the work for a twentieth fewer bytes."""

_AT_ONCE = 1024 * 1024
"""Bodies up to this size are compressed as a whole, and in longer ones no repetition is sought at a
greater distance: zstandard would clear 64 MB of memory for that."""

_CACHED = 4


def sample_of(documents: Sequence[T]) -> Sequence[T]:
    """Return those of the first documents of a list of which its dictionary is made."""
    many = len(documents) >= 2 * _MANY_SAMPLES
    return documents[:: max(len(documents) // (_MANY_SAMPLES if many else _SAMPLES), 1)]


def dictionary_of(bodies: Sequence[bytes], most: int = _MOST_BYTES) -> bytes:
    """A dictionary for documents like ``bodies``, which is some of them; itself compressed.

    With ``most`` up to :data:`CLOSELY_SEARCHED` dossiers take a thirtieth fewer bytes, for twice
    the work; risks take more bytes and work.
    """
    step = max(len(bodies) // _samples(bodies), 1)
    shared = _trained(bodies, most) or b"".join(bodies[::step])[-most:]
    return compressed_body([shared])


def _trained(bodies: Sequence[bytes], most: int) -> bytes | None:
    """A dictionary with the frequencies of what documents use; None if there are too few.

    It takes a third of a second, and of short bodies it is no better.
    """
    if len(bodies) < _MANY_SAMPLES or sum(map(len, bodies)) < len(bodies) * _SEGMENT:
        return None
    from zstandard import train_dictionary

    return train_dictionary(most, list(bodies), k=_SEGMENT, d=_SHARED, level=_LEVEL).as_bytes()


def _samples(bodies: Sequence[bytes]) -> int:
    """How many of ``bodies`` to take: of small ones more, but few of all."""
    small = _ENOUGH_BYTES * len(bodies) // (sum(map(len, bodies)) or 1)
    return max(_SAMPLES, min(small, len(bodies) // _FEW))


def compressed_body(parts: Iterable[bytes]) -> bytes:
    """``parts`` compressed as one body, without a dictionary; they are read one by one."""
    from zstandard import ZstdCompressionParameters, ZstdCompressor

    rest, first = iter(parts), bytearray()
    for part in rest:
        first += part
        if len(first) > _AT_ONCE:
            break
    else:
        return ZstdCompressor(level=_LEVEL).compress(first)
    # Searched as far back as in the largest body that is compressed as a whole.
    near = ZstdCompressionParameters.from_level(_LEVEL, source_size=_AT_ONCE)
    body = io.BytesIO()
    with ZstdCompressor(compression_params=near).stream_writer(body, closefd=False) as file:
        file.write(first)
        for part in rest:
            file.write(part)
    return body.getvalue()


def packed(body: bytes, dictionary: bytes) -> bytes:
    """``body`` compressed with ``dictionary``."""
    from zstandard import ZstdCompressor

    words, searched = _prepared(dictionary)
    compressor = ZstdCompressor(dict_data=words, compression_params=searched)
    return _PACKED + compressor.compress(body)[len(_ZSTD) :]


def unpacked(stored: bytes, dictionary: bytes | None) -> bytes:
    """The body that was :func:`packed`, or stored by an earlier version.

    A body that was changed in the database is returned as it is; its digest shows the change.
    """
    try:
        if stored.startswith(_GZIP):
            return gzip.decompress(stored)
        if stored.startswith(_DEFLATED):
            inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=dictionary or b"")
            return inflate.decompress(stored[1:]) + inflate.flush()
    except (zlib.error, EOFError, OSError):
        return stored
    if stored.startswith(_PACKED):
        return _expanded(stored, _ZSTD + stored[1:], _words(dictionary or b""))
    return _expanded(stored, stored, None) if stored.startswith(_ZSTD) else stored


def opened(stored: bytes) -> BinaryIO:
    """A file of a body that was stored without a dictionary, expanded as it is read."""
    if stored.startswith(_ZSTD):
        from zstandard import ZstdDecompressor

        return cast("BinaryIO", ZstdDecompressor().stream_reader(stored))
    if stored.startswith(_GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=io.BytesIO(stored)))
    return io.BytesIO(unpacked(stored, None))


def _expanded(stored: bytes, frame: bytes, words: ZstdCompressionDict | None) -> bytes:
    from zstandard import ZstdDecompressor, ZstdError

    try:
        expansion = ZstdDecompressor(dict_data=words).decompressobj()
        body = expansion.decompress(frame)
    except ZstdError:
        return stored
    return body if expansion.eof else stored


@lru_cache(maxsize=_CACHED)
def _words(dictionary: bytes) -> ZstdCompressionDict | None:
    from zstandard import DICT_TYPE_FULLDICT, DICT_TYPE_RAWCONTENT, ZstdCompressionDict

    content = unpacked(dictionary, None) if dictionary.startswith(_ZSTD) else dictionary
    kind = DICT_TYPE_FULLDICT if content.startswith(_TRAINED) else DICT_TYPE_RAWCONTENT
    return ZstdCompressionDict(content, dict_type=kind) if content else None


@lru_cache(maxsize=_CACHED)
def _prepared(
    dictionary: bytes,
) -> tuple[ZstdCompressionDict | None, ZstdCompressionParameters]:
    """The words of a dictionary, indexed: that is most of the work of a single document.

    With them how they are searched: as level 15 does it takes a quarter more work for the same
    bytes, a hundredth fewer of dossiers and a sixtieth more of risks.
    """
    words = _words(dictionary)
    searched = _searched(0 if words is None else len(words.as_bytes()))
    if words is not None:
        words.precompute_compress(compression_params=searched)
    return words, searched


def _searched(size: int) -> ZstdCompressionParameters:
    """How a dictionary of ``size`` bytes is searched."""
    from zstandard import STRATEGY_BTLAZY2, STRATEGY_BTOPT, ZstdCompressionParameters

    weighed = size <= CLOSELY_SEARCHED
    return ZstdCompressionParameters(
        **_LOGS,
        strategy=STRATEGY_BTOPT if weighed else STRATEGY_BTLAZY2,
        search_log=5 if weighed else 6,
        min_match=5 if weighed else 6,
        target_length=48 if weighed else 32,
        # No sizes and checksums: a digest shows what was changed.
        write_content_size=False,
        write_checksum=False,
        write_dict_id=False,
    )
