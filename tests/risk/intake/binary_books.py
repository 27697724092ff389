"""Workbooks in .xls (BIFF8) and .xlsb of one sheet, written byte by byte.

No maintained library writes these formats. A cell is a text, a number, a date or an error code
(:class:`ErrorCell`); None is no cell.
"""

import datetime as dt
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_RELATIONS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="worksheets/sheet1.bin" Type=
"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>"""


@dataclass(frozen=True)
class ErrorCell:
    """Error value of a cell; 42 is #N/A."""

    code: int = 42


Cell = str | float | dt.date | ErrorCell | None
Rows = Sequence[Sequence[Cell]]


def write_xls(
    path: Path, rows: Rows, *, name: str = "Sheet1", merges: Sequence[tuple[int, ...]] = ()
) -> Path:
    """``merges`` are first row, last row, first column and last column, from 0."""
    path.write_bytes(_compound_file(_biff_book(rows, name, merges)))
    return path


def write_xlsb(path: Path, rows: Rows, *, name: str = "Sheet1") -> Path:
    """Sheet ``name`` with ``rows``."""
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(name)
    book = [(131, b""), (143, b""), (156, bundle), (144, b""), (132, b"")]
    formats = [struct.pack("<HH12x", 0, number) for number in (0, 14)]
    cell_formats = [(617, struct.pack("<I", 2)), *((47, one) for one in formats), (618, b"")]
    parts = {
        "xl/workbook.bin": book,
        "xl/styles.bin": [(278, b""), *cell_formats, (279, b"")],
        "xl/worksheets/sheet1.bin": _xlsb_sheet(rows),
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATIONS)
        for part, records in parts.items():
            archive.writestr(part, b"".join(_xlsb_record(*one) for one in records))
    return path


def _serial(day: dt.date) -> int:
    return (day - dt.date(1899, 12, 30)).days


def _biff_book(rows: Rows, name: str, merges: Sequence[tuple[int, ...]]) -> bytes:
    title = name.encode("utf-16-le")
    formats = b"".join(_biff(0xE0, struct.pack("<HH16x", 0, one)) for one in (0, 14))
    before = _biff_start(0x05) + _biff(0x42, struct.pack("<H", 1200)) + formats
    sheet_at = len(before) + 4 + 8 + len(title) + 4
    sheet = struct.pack("<IBBBB", sheet_at, 0, 0, len(name), 1) + title
    ranges = b"".join(struct.pack("<HHHH", *one) for one in merges)
    return b"".join(
        [
            before,
            _biff(0x85, sheet),
            _biff(0x0A, b""),
            _biff_start(0x10),
            *(_biff_cell(r, c, cell) for r, row in enumerate(rows) for c, cell in enumerate(row)),
            _biff(0xE5, struct.pack("<H", len(merges)) + ranges),
            _biff(0x0A, b""),
        ]
    )


def _biff_start(kind: int) -> bytes:
    return _biff(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))


def _biff_cell(row: int, column: int, cell: Cell) -> bytes:
    match cell:
        case None:
            return b""
        case str():
            text = cell.encode("utf-16-le")
            return _biff(0x204, struct.pack("<HHHHB", row, column, 0, len(text) // 2, 1) + text)
        case ErrorCell(code):
            return _biff(0x205, struct.pack("<HHHBB", row, column, 0, code, 1))
        case dt.date():
            return _biff(0x203, struct.pack("<HHHd", row, column, 1, _serial(cell)))
        case _:
            return _biff(0x203, struct.pack("<HHHd", row, column, 0, cell))


def _biff(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound_file(stream: bytes) -> bytes:
    """File of one stream, ``Workbook``; it begins in sector 2."""
    content = stream.ljust(4096, b"\0")
    content += bytes(-len(content) % _SECTOR)
    count = len(content) // _SECTOR
    fat = [_FAT, _END, *range(3, 2 + count), _END]
    fat += [_FREE] * (128 - len(fat))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, 4096, _END, 0, _END, 0, 0),
    )
    header = header.ljust(_SECTOR, b"\xff")
    directory = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, len(content))
    return header + struct.pack("<128I", *fat) + directory.ljust(_SECTOR, b"\0") + content


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII36xIQ",
        *(encoded, len(encoded) + 2, kind, 1, _FREE, _FREE, child, start, size),
    )


def _xlsb_sheet(rows: Rows) -> list[tuple[int, bytes]]:
    width = max(map(len, rows))
    records = [(129, b""), (148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)), (145, b"")]
    for number, row in enumerate(rows):
        records.append((0, struct.pack("<I21x", number)))
        records += [_xlsb_cell(c, cell) for c, cell in enumerate(row) if cell is not None]
    return [*records, (146, b""), (130, b"")]


def _xlsb_cell(column: int, cell: Cell) -> tuple[int, bytes]:
    match cell:
        case str():
            return 6, struct.pack("<II", column, 0) + _wide(cell)
        case ErrorCell(code):
            return 3, struct.pack("<IIB", column, 0, code)
        case dt.date():
            return 5, struct.pack("<IId", column, 1, _serial(cell))
        case _:
            return 5, struct.pack("<IId", column, 0, cell)


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _xlsb_record(kind: int, content: bytes) -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(content)
    while length > 0x7F:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return number + size + bytes([length]) + content
