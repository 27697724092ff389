"""Lines of the import's screen about layouts, understood headings, names and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from risk.locale import Language, text

if TYPE_CHECKING:
    from risk.intake.report import FileReport

_SHOWN = 8


def reading_lines(file: FileReport, language: Language) -> Iterator[str]:
    """What was understood beyond the contract's own headings, and what is asked."""
    reading = file.reading
    fields = {"file": file.file}
    if reading.table_by_headings and not reading.layouts:
        yield text("reading.table", language, table=file.table, **fields)
    if reading.layouts:
        yield text("reading.layouts", language, names="、".join(reading.layouts), **fields)
    if reading.synonyms:
        pairs = [f"{heading}={zh}" for heading, zh in reading.synonyms.items()]
        yield text("reading.synonyms", language, pairs="、".join(pairs[:_SHOWN]), **fields)
    for heading, names in reading.asked.items():
        choices = " / ".join(names)
        yield text("reading.asked", language, heading=heading, choices=choices, **fields)
    for name in ("named_firms", "made_keys", "filled_regions"):
        if rows := getattr(reading, name):
            yield text(f"reading.{name}", language, rows=rows, **fields)
