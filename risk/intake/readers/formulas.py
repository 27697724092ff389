"""Formula cells of a workbook whose results were never saved.

openpyxl reports such cells as empty, so the sheet's XML is searched for them. A formula whose saved
result is an empty text counts as empty.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from xml.etree import ElementTree  # expat limits entity expansion

from openpyxl.utils.cell import coordinate_to_tuple

CellPositions: TypeAlias = Mapping[int, frozenset[int]]
"""Row number -> column indices from 0."""

_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MARKS = (b"<f>", b"<f ", b"<f/>", b":f>", b":f ")
_BLOCK_BYTES = 2**20


def unsaved_formulas(book: zipfile.ZipFile) -> Mapping[str, CellPositions]:
    """Formula cells without a result, by sheet name.

    Raises:
        KeyError: a sheet listed in the workbook is missing.
    """
    return {sheet: _positions(book, part) for sheet, part in _parts(book).items()}


def _positions(book: zipfile.ZipFile, part: str) -> CellPositions:
    if not _mentions_formula(book, part):
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    for row, column in _iterate_unsaved(book, part):
        found[row].add(column)
    return {row: frozenset(columns) for row, columns in found.items()}


def _parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Path of the XML part of every sheet, by sheet name."""
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", "")))[1:]
        for link in links
    }
    workbook = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
    sheets = (node for node in workbook.iter() if _local(node.tag) == "sheet")
    return {
        node.get("name", ""): targets[node.get(f"{_RELATIONS}id")]
        for node in sheets
        if node.get(f"{_RELATIONS}id") in targets
    }


def _mentions_formula(book: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    with book.open(name) as part:
        while block := part.read(_BLOCK_BYTES):
            text = tail + block
            if any(mark in text for mark in _MARKS):
                return True
            tail = block[-4:]
    return False


def _iterate_unsaved(book: zipfile.ZipFile, name: str) -> Iterator[tuple[int, int]]:
    row = column = 0
    with book.open(name) as part:
        for event, node in ElementTree.iterparse(part, events=("start", "end")):  # noqa: S314
            tag = _local(node.tag)
            if tag == "row" and event == "start":
                row, column = int(node.get("r") or row + 1), 0
            elif tag == "c" and event == "end":
                reference = node.get("r")
                column = coordinate_to_tuple(reference)[1] if reference else column + 1
                if _is_unsaved(node):
                    yield row, column - 1
            elif tag == "row":
                node.clear()


def _is_unsaved(cell: ElementTree.Element) -> bool:
    children = {_local(child.tag): child.text for child in cell}
    if "f" not in children or children.get("v") or "is" in children:
        return False
    return "v" not in children or cell.get("t") != "str"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
