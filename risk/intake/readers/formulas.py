"""Formula cells of a workbook whose results were never saved.

openpyxl reports such cells as empty, so the sheet's XML is searched for them. A formula whose saved
result is an empty text counts as empty.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from xml.etree import ElementTree  # expat limits entity expansion

from openpyxl.utils.cell import coordinate_to_tuple

CellPositions: TypeAlias = Mapping[int, frozenset[int]]
"""Row number -> column indices from 0."""


def unsaved_cells(book: zipfile.ZipFile, part: str) -> CellPositions:
    """Formula cells without a result of the worksheet stored as ``part``.

    Raises:
        KeyError: the workbook has no such part.
    """
    found: dict[int, set[int]] = defaultdict(set)
    for row, column in _iterate_unsaved(book, part):
        found[row].add(column)
    return {row: frozenset(columns) for row, columns in found.items()}


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
