"""Texts of a workbook of which a part is struck out: the old value in front of the new one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

from risk.intake.cells import struck_out
from risk.intake.readers.cell_formats import is_struck_font

_ITEM = re.compile(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|(?<!/)>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_RUN = re.compile(rb"<(?:\w+:)?r(?:\s[^>]*)?>(.*?)</(?:\w+:)?r>", re.DOTALL)
_FONT = re.compile(rb"<(?:\w+:)?rPr(?:/>|>(.*?)</(?:\w+:)?rPr>)", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</")
_READ_BYTES = 2**20


@dataclass(frozen=True)
class RichText:
    """Text in runs, each with whether it is struck out; None as the font of the cell is."""

    runs: tuple[tuple[str, bool | None], ...]

    @property
    def struck(self) -> bool:
        """Whether a run is struck out."""
        return any(struck for _, struck in self.runs)

    def shown(self, *, struck_cell: bool) -> str:
        """What is not struck out; all of the text, marked, if nothing else is left.

        >>> RichText((("12000", True), (" 15000", None))).shown(struck_cell=False)
        '15000'
        """
        whole = "".join(text for text, _ in self.runs)
        left = "".join(
            text for text, struck in self.runs if not (struck_cell if struck is None else struck)
        )
        return left.strip() or str(struck_out(whole))


def rich_text(xml: bytes) -> RichText:
    """Text of the XML of a shared string, or of a cell with its text inside."""
    return RichText(tuple(_run(run) for run in _RUN.findall(xml)))


def rich_strings(book: zipfile.ZipFile) -> Mapping[int, RichText]:
    """Shared strings in runs of which some are struck out, by their number."""
    part = next((one for one in book.namelist() if one.lower() == "xl/sharedstrings.xml"), None)
    if part is None or not _has_strike(book, part):
        return {}
    return {
        number: text
        for number, item in enumerate(_ITEM.findall(book.read(part)))
        if b"strike" in item and (text := rich_text(item)).struck
    }


def _run(xml: bytes) -> tuple[str, bool | None]:
    font = _FONT.search(xml)
    texts = b"".join(_TEXT.findall(xml)).decode("utf-8", "replace")
    return unescape(texts), None if font is None else is_struck_font(font[1] or b"")


def _has_strike(book: zipfile.ZipFile, part: str) -> bool:
    rest = b""
    with book.open(part) as source:
        while block := source.read(_READ_BYTES):
            if b"strike" in rest + block:
                return True
            rest = block[-8:]
    return False
