"""Columns of rows that come with their own headings, from a database or a JSON file.

Headings are names of the contract, or those of a confirmed layout. Cells of columns that nobody
reads are dropped before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from risk.contract import Field, FieldType, Table
from risk.intake.headings import contract_matcher, parse_heading
from risk.intake.layouts.layout import Layout, head_signature, table_field
from risk.sources.cells import Cell, cell_text


@dataclass(frozen=True)
class Columns:
    """How rows of ``table`` are read: ``written`` are the headings that are written, in order.

    ``fields`` has the field of each written heading that is read; ``unread`` are the other ones.
    A layout recognises its head by all headings, so there unread ones are written without cells.
    """

    table: Table
    written: tuple[str, ...]
    fields: Mapping[str, Field]
    unread: tuple[str, ...]

    def cells(self, row: Mapping[str, Cell]) -> dict[str, Cell]:
        """Return the cells to write of a row by heading; those of unread columns are unknown."""
        return {
            heading: cell_text(row.get(heading), self.fields[heading])
            if heading in self.fields
            else None
            for heading in self.written
        }


def match_columns(table: Table, headings: Sequence[str], layouts: Iterable[Layout]) -> Columns:
    """Return how rows with ``headings`` are read, by the layout whose head they are, if any."""
    for layout in layouts:
        own_head = layout.confirmed and head_signature(headings) == layout.signature
        if layout.table == table and own_head:
            return _by_layout(table, headings, layout)
    match = contract_matcher(table)
    found = {heading: match(parse_heading(heading)) for heading in headings}
    fields = {heading: field for heading, field in found.items() if field is not None}
    unread = tuple(heading for heading in headings if heading not in fields)
    return Columns(table, tuple(fields), fields, unread)


def _by_layout(table: Table, headings: Sequence[str], layout: Layout) -> Columns:
    fields = {
        # Columns by name hold words instead of the code that the field is.
        rule.heading: _plain(rule.heading, FieldType.TEXT)
        if rule.by_name
        else table_field(table, rule.field)
        for rule in layout.columns
        if rule.field
    }
    if layout.key.column:
        fields.setdefault(layout.key.column, _plain(layout.key.column, FieldType.ID))
    unread = tuple(heading for heading in headings if heading and heading not in fields)
    return Columns(table, tuple(headings), fields, unread)


def _plain(heading: str, kind: FieldType) -> Field:
    return Field(heading, heading, kind)
