"""Workbook of text cells only, written row by row: rows may be many, memory stays small.

XlsxWriter takes ten times as long for such rows, and writes a cell like ``<r>...</r>`` as markup.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FLUSH_ROWS = 500
_ENCODED = re.compile("_x[0-9A-Fa-f]{4}_|\r")
"""A carriage return is written as ``_x000D_``; text that looks like such a code is escaped."""

# Format 1 is "@" (text): programs keep codes and months as they are written.
_STYLES = f"""<styleSheet xmlns="{_MAIN}">
<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""


class TextWorkbook:
    """Workbook being written; :func:`open_text_workbook` opens and completes it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names: list[str] = []

    def add_sheet(self, name: str, widths: Sequence[float], rows: Iterator[Sequence[str]]) -> None:
        """Write a sheet; its first row and column stay in view. Empty cells are not written.

        ``widths`` are those of the columns, in characters. Cells hold characters of XML 1.0 only.
        """
        self._names.append(name)
        path = f"xl/worksheets/sheet{len(self._names)}.xml"
        with self._archive.open(path, "w", force_zip64=True) as file:
            _write_sheet(file, widths, rows)

    def close(self) -> None:
        """Write the parts that list the sheets."""
        numbers = range(1, len(self._names) + 1)
        for path, content in {
            "[Content_Types].xml": _content_types(numbers),
            "_rels/.rels": _relationships([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": _workbook(self._names),
            "xl/_rels/workbook.xml.rels": _relationships(
                [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
                + [("styles", "styles.xml")]
            ),
            "xl/styles.xml": _STYLES,
        }.items():
            self._archive.writestr(path, _DECLARATION + content)


@contextmanager
def open_text_workbook(path: Path) -> Iterator[TextWorkbook]:
    """New workbook at ``path``, complete at the end of the block."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        book = TextWorkbook(archive)
        yield book
        book.close()


def _write_sheet(file: IO[bytes], widths: Sequence[float], rows: Iterator[Sequence[str]]) -> None:
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" style="1" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )
    pane = '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>'
    file.write(
        f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        f"{pane}</sheetView></sheetViews><cols>{columns}</cols><sheetData>".encode()
    )
    pending: list[str] = []
    letters = [_letters(index) for index in range(len(widths))]
    for number, cells in enumerate(rows, 1):
        letters += [_letters(index) for index in range(len(letters), len(cells))]
        written = [
            f'<c r="{letter}{number}" s="1" t="inlineStr"><is><t xml:space="preserve">'
            f"{_text(cell)}</t></is></c>"
            for letter, cell in zip(letters, cells, strict=False)
            if cell
        ]
        pending.append(f'<row r="{number}">{"".join(written)}</row>')
        if len(pending) == _FLUSH_ROWS:
            file.write("".join(pending).encode())
            pending.clear()
    file.write(f"{''.join(pending)}</sheetData></worksheet>".encode())


def _text(cell: str) -> str:
    return escape(_ENCODED.sub(_encoded, cell) if "_x" in cell or "\r" in cell else cell)


def _encoded(found: re.Match[str]) -> str:
    return "_x000D_" if found[0] == "\r" else f"_x005F{found[0]}"


def _letters(index: int) -> str:
    """Letters of a column: A, B, ... Z, AA."""
    before, last = divmod(index, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _content_types(numbers: range) -> str:
    parts = [("workbook.xml", "sheet.main"), ("styles.xml", "styles")]
    parts += [(f"worksheets/sheet{number}.xml", "worksheet") for number in numbers]
    overrides = "".join(
        f'<Override PartName="/xl/{name}" ContentType="{_TYPES}.{kind}+xml"/>'
        for name, kind in parts
    )
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _workbook(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
