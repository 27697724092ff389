"""Consistency check of a document: totals equal their parts, numbers in the text are figures.

Frequent errors of such reports are totals that differ from the sum of their parts and duplicate
heading numbers. An inconsistent document is not rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from serving.documents.model import Document, Heading, Paragraph, Table
from serving.errors import CommandError

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class InconsistentDocument(CommandError):
    """Figures of the document disagree; ``troubles`` lists the first five."""

    code = "briefing_contradicts"


def require_consistent(document: Document) -> None:
    """Check that all figures agree.

    Raises:
        InconsistentDocument: some figures disagree.
    """
    troubles = [*contradictions(document)]
    if troubles:
        raise InconsistentDocument(troubles="; ".join(troubles[:5]), count=len(troubles))


def contradictions(document: Document) -> Iterator[str]:
    """Describe each contradiction, for developers."""
    yield from document.conflicts
    for total, parts in document.sums:
        known = [document.figures[name] for name in parts]
        if document.figures[total] != sum(known):
            yield f"{total} is {document.figures[total]}, its parts add up to {sum(known)}"
    for block in (*document.blocks, *document.annex):
        if isinstance(block, Table):
            yield from _table(block, document)
        elif isinstance(block, Paragraph):
            yield from _paragraph(block)
    yield from _headings(document)


def _table(table: Table, document: Document) -> Iterator[str]:
    for row in table.rows:
        if len(row) != len(table.headers):
            yield f"{table.caption}: a row of {len(row)} cells under {len(table.headers)} heads"
    if table.total is None:
        return
    for column in table.summed_columns:
        parts = [row[column] for row in table.rows]
        total = sum(Decimal(part) for part in parts if isinstance(part, int | Decimal))
        if table.total[column] != total:
            yield f"{table.caption}: {table.headers[column]} {table.total[column]}, parts {total}"
    for column, name in table.named_totals:
        if table.total[column] != document.figures[name]:
            yield f"{table.caption}: {table.total[column]}, in the text {document.figures[name]}"


def _paragraph(block: Paragraph) -> Iterator[str]:
    """Every number must be a figure of the paragraph or part of its template."""
    allowed = {n for source in (block.template, *block.figures) for n in _numbers(source)}
    for number in _numbers(block.text):
        if number not in allowed:
            yield f"{number} in the text is no figure: {block.text[:60]}"


def _numbers(text: str) -> list[str]:
    return [match.replace(",", "").rstrip(".") for match in _NUMBER.findall(text)]


def _headings(document: Document) -> Iterator[str]:
    due = {1: 1, 2: 1}
    for block in document.blocks:
        if isinstance(block, Heading):
            if block.number != due[block.level]:
                yield f"heading {block.text!r} has number {block.number}, due is {due[block.level]}"
            due[block.level] += 1
            if block.level == 1:
                due[2] = 1
