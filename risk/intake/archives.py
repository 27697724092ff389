"""Record files in a .zip archive, unpacked within bounds into a folder.

Archives within an archive are not read. A name without the UTF-8 flag is UTF-8 or GB18030: the
programs in use in China write either.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from risk.intake.file_errors import ArchiveBroken, ArchiveEncrypted, ArchiveTooLarge
from risk.intake.readers import DATA_SUFFIXES

MAX_ENTRIES = 2_000
"""Maximum number of entries of an archive."""

MAX_UNPACKED = 2**30
"""Maximum size of the unpacked files in bytes."""

_BLOCK_BYTES = 2**20
_MAX_NAME = 80  # characters; at most 240 bytes, what file systems allow
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1


def _lzma_error() -> tuple[type[Exception], ...]:
    """The error of a method of packing that a Python may lack, which is a RuntimeError then."""
    try:
        from lzma import LZMAError
    except ImportError:
        return ()
    return (LZMAError,)


_BROKEN: tuple[type[Exception], ...] = (
    *_lzma_error(),
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
)


def is_archive(path: Path) -> bool:
    """Whether the suffix is that of an archive."""
    return path.suffix.lower() == ".zip"


def unpack(path: Path, into: Path) -> tuple[list[Path], list[str]]:
    """Unpack the record files of an archive below ``into``.

    Returns:
        The unpacked files, and the names of the other entries.

    Raises:
        ArchiveBroken: the file is not an archive or is damaged.
        ArchiveEncrypted: a record file in it needs a password.
        ArchiveTooLarge: it has more entries or bytes than allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack(archive, path.name, into)
    except _BROKEN as error:
        raise ArchiveBroken(file=path.name) from error


def _unpack(archive: zipfile.ZipFile, file: str, into: Path) -> tuple[list[Path], list[str]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ENTRIES:
        raise ArchiveTooLarge(file=file, found=len(entries), allowed=MAX_ENTRIES)
    unpacked: list[Path] = []
    other: list[str] = []
    left = MAX_UNPACKED
    for entry in entries:
        name = _safe_name(entry)
        if not _is_record_file(name):
            other.append(name.as_posix())
            continue
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise ArchiveEncrypted(file=file)
        target = into / name
        left -= _copy(archive, entry, target, left, file)
        unpacked.append(target)
    return unpacked, other


def _copy(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, file: str
) -> int:
    """Number of bytes written; the size in the archive's directory is not trusted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(entry) as source, target.open("wb") as output:
        while block := source.read(_BLOCK_BYTES):
            size += len(block)
            if size > left:
                limit = f"{MAX_UNPACKED >> 20} MiB"
                raise ArchiveTooLarge(file=file, found=f"> {limit}", allowed=limit)
            output.write(block)
    return size


def _is_record_file(name: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "~$", "__MACOSX")) for part in name.parts)
    return not hidden and name.suffix.lower() in DATA_SUFFIXES


def _safe_name(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Name of the entry below the folder it is unpacked into."""
    name = _decoded_name(entry).replace("\\", "/").replace("\0", "").replace(":", "_")
    parts = (part for part in name.split("/") if part not in ("", ".", ".."))
    return PurePosixPath(*(part[-_MAX_NAME:] for part in parts))


def _decoded_name(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
