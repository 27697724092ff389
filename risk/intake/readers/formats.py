"""Format of a file by its content; the suffix decides only where the content is plain text."""

from __future__ import annotations

import codecs
import zipfile
from enum import StrEnum
from pathlib import Path

from risk.intake.file_errors import (
    DocumentUnsupported,
    FileEmpty,
    FormatUnsupported,
    IntakeFailure,
    ParquetBroken,
    WorkbookBroken,
    WorkbookEncrypted,
    WorkbookTooLarge,
)

MAX_UNPACKED = 2 * 2**30
"""Maximum unpacked size of a workbook in bytes; protects against zip bombs."""

MAX_STRINGS = 128 * 2**20
"""Maximum size of the shared strings in bytes; they are read into memory."""

TEXT_SUFFIXES = frozenset((".csv", ".tsv", ".txt"))
WORKBOOK_SUFFIXES = frozenset((".xlsx", ".xlsm", ".xltx", ".xlsb", ".ods"))
OLD_SUFFIXES = frozenset((".xls", ".et"))
DATA_SUFFIXES = TEXT_SUFFIXES | WORKBOOK_SUFFIXES | OLD_SUFFIXES | {".parquet"}
"""Suffixes of record files."""

ALLOWED_SUFFIXES = ".xlsx, .xls, .xlsb, .et, .ods, .csv, .tsv, .txt, .parquet, .zip"

OLE = b"\xd0\xcf\x11\xe0"
"""First bytes of old and of encrypted workbooks."""

_DOCUMENTS = (".doc", ".docx", ".wps", ".odt", ".pdf", ".ofd", ".rtf")

_HEAD_BYTES = 4096
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SEARCHED_BYTES = 32 * 2**20
_BINARY = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_HTML = (b"<html", b"<table", b"<!doctype html", b"<meta", b"<head", b"<body", b"<style")
_XML_BOOK = b"urn:schemas-microsoft-com:office:spreadsheet"


class Format(StrEnum):
    """Formats with a reader of their own."""

    TEXT = "text"
    XLSX = "xlsx"
    XLS = "xls"
    XLSB = "xlsb"
    ODS = "ods"
    HTML = "html"
    XML = "xml"
    PARQUET = "parquet"


def detect_format(path: Path) -> Format:
    """Format of ``path`` by its first bytes and, of an archive, by its parts.

    Raises:
        OSError: the file cannot be opened.
        FileEmpty, FormatUnsupported, ParquetBroken, WorkbookBroken, WorkbookEncrypted,
        WorkbookTooLarge: there is no reader for it.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise FileEmpty(file=path.name)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", "ignore").encode()
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if head.startswith(b"PK\x03\x04"):
        return _archive_format(path)
    if head.startswith(OLE):
        return _old_format(path)
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if start.startswith((b"<?xml", b"<workbook")) and _XML_BOOK in start:
        return Format.XML
    if start.startswith(_HTML):
        return Format.HTML
    return _format_by_suffix(path, head)


def _format_by_suffix(path: Path, head: bytes) -> Format:
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return Format.TEXT
    if suffix == ".parquet":
        raise ParquetBroken(file=path.name)
    if suffix in OLD_SUFFIXES and b"\0" not in head and not head.startswith(_BINARY):
        return Format.TEXT  # programs often name tab-separated text .xls
    if suffix in WORKBOOK_SUFFIXES | OLD_SUFFIXES:
        raise WorkbookBroken(file=path.name)
    raise _unsupported(path)


def _unsupported(path: Path) -> IntakeFailure:
    suffix = path.suffix.lower()
    if suffix in _DOCUMENTS:
        return DocumentUnsupported(file=path.name, found=suffix)
    return FormatUnsupported(file=path.name, found=suffix or "-", allowed=ALLOWED_SUFFIXES)


def _archive_format(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as book:
            parts = {part.filename.lower(): part for part in book.infolist()}
            is_ods = "mimetype" in parts and b"spreadsheet" in book.open("mimetype").read(200)
    except MemoryError:
        raise  # the file is too large, not damaged
    except Exception:  # each method of packing has errors of its own
        return _format_by_suffix(path, b"PK\0")
    _refuse_bomb(path, list(parts.values()))
    if is_ods:
        return Format.ODS
    if "xl/workbook.bin" in parts:
        return Format.XLSB
    if any(name.startswith("xl/worksheets/") for name in parts):
        return Format.XLSX
    if path.suffix.lower() in WORKBOOK_SUFFIXES | OLD_SUFFIXES:
        raise WorkbookBroken(file=path.name)
    raise _unsupported(path)


def _old_format(path: Path) -> Format:
    with path.open("rb") as file:
        encrypted = _ENCRYPTED in file.read(_SEARCHED_BYTES)
    if encrypted:
        raise WorkbookEncrypted(file=path.name)
    if path.suffix.lower() in _DOCUMENTS:
        raise _unsupported(path)
    return Format.XLS


def _refuse_bomb(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    for found, allowed in ((unpacked, MAX_UNPACKED), (strings, MAX_STRINGS)):
        if found > allowed:
            raise WorkbookTooLarge(file=path.name, found=found >> 20, allowed=allowed >> 20)
