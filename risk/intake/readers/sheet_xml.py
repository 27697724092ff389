"""Merged ranges, hidden rows and unsaved formulas of a worksheet, from its XML.

openpyxl's row by row reader knows none of them. They are searched as bytes, one block at a time.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree  # expat limits entity expansion

from openpyxl.utils.cell import coordinate_to_tuple

from risk.intake.readers.formulas import unsaved_cells
from risk.intake.readers.sheet import CellRange

MAX_MERGES = 100_000
"""Merged ranges read per sheet; bounds the memory."""

_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_BLOCK_BYTES = 2**20
_MAX_TAG = 4096  # bytes of a tag that may be split between two blocks
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"'](\w+):(\w+)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/][^>]*")
_ROW_NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")
_HIDDEN = re.compile(rb"\shidden=[\"'](?:1|true)[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


@dataclass(frozen=True)
class SheetMarks:
    """What the XML says beyond the values; ``unsaved`` has column indices from 0 by row number."""

    merges: tuple[CellRange, ...]
    hidden_rows: frozenset[int]
    unsaved: Mapping[int, frozenset[int]]


def sheet_parts(book: zipfile.ZipFile) -> Mapping[str, str]:
    """Path of the XML part of every sheet, by sheet name.

    Raises:
        KeyError: the workbook lacks the list of its sheets, or a sheet in it.
    """
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", "")))[1:]
        for link in links
    }
    workbook = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
    sheets = (node for node in workbook.iter() if node.tag.rpartition("}")[2] == "sheet")
    parts = {
        node.get("name", ""): targets[node.get(f"{_RELATIONS}id")]
        for node in sheets
        if node.get(f"{_RELATIONS}id") in targets
    }
    for part in parts.values():
        book.getinfo(part)
    return parts


def read_marks(book: zipfile.ZipFile, part: str) -> SheetMarks:
    """Marks of the worksheet stored as ``part``.

    Raises:
        KeyError: the workbook has no such part.
    """
    merges: list[CellRange] = []
    hidden: set[int] = set()
    row, formulas = 0, False
    for text in _whole_tags(book, part):
        formulas = formulas or _FORMULA.search(text) is not None
        for found in _MERGE.finditer(text):
            if len(merges) < MAX_MERGES:
                merges.append(_cell_range(found[1].decode(), found[2].decode()))
        for tag in _ROW.findall(text):
            number = _ROW_NUMBER.search(tag)
            row = int(number[1]) if number else row + 1
            if _HIDDEN.search(tag):
                hidden.add(row)
    unsaved = unsaved_cells(book, part) if formulas else {}
    return SheetMarks(tuple(merges), frozenset(hidden), unsaved)


def _whole_tags(book: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Blocks of the part that end at a tag's end."""
    rest = b""
    with book.open(part) as file:
        while block := file.read(_BLOCK_BYTES):
            text, end, rest = (rest + block).rpartition(b">")
            rest = rest[-_MAX_TAG:]
            yield text + end
    yield rest


def _cell_range(first: str, last: str) -> CellRange:
    top, left = coordinate_to_tuple(first)
    bottom, right = coordinate_to_tuple(last)
    return CellRange(top, left - 1, bottom, right - 1)
