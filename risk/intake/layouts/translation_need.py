"""Whether cells of a sheet must be translated before they are read: names to codes, terms, places.

Most exports of systems have the contract's own headings and codes. To find that out is quick, and
spares a proposal for each column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from risk.contract import Field, FieldType, Table
from risk.intake.cells import Cell, is_blank, normalise
from risk.intake.checks import REGION
from risk.intake.headers import missing_fields
from risk.intake.headings import contract_matcher, parse_heading
from risk.intake.layouts.column_matches import Reason, SampleColumn, is_synonym
from risk.intake.layouts.heads import SAMPLE_ROWS, one_line
from risk.intake.layouts.layout import Layout
from risk.intake.layouts.proposal import SheetProposal
from risk.intake.layouts.translation import DITTOS, FIRMS, is_name, is_no_code
from risk.intake.layouts.vocabulary import Vocabulary
from risk.intake.readers.csv_text import CsvSheet
from risk.intake.readers.sheet import Sheet, first_rows

TRANSLATED_ROWS = 2_000
"""Rows searched for names and terms that a sheet of the contract's own headings has to be read for;
more rows are an export of a system."""

_TRANSLATED = (FieldType.ENUM, FieldType.BOOL, FieldType.ID)
_REGION_CODE = "region_code"


def is_plain_export(sheet: Sheet, table: Table, vocabulary: Vocabulary) -> bool:
    """Whether a CSV file has the headings of ``table`` in its first row, and needs no translation.

    False also for some that need none: where it says true, a proposal would ask nothing.
    """
    if not isinstance(sheet, CsvSheet):
        return False
    rows = [cells for _, cells in first_rows(sheet, TRANSLATED_ROWS)]
    fields = _own_fields(rows[0], table, vocabulary) if rows else []
    names = {field.name for field in fields}
    if len(names) < max(len(fields), 2) or missing_fields(table, names):
        return False
    if _has_region(table) and _REGION_CODE not in names:
        return False
    filled = [cells for cells in rows[1:] if not is_blank(cells)]
    if any(len(cells) != len(fields) for cells in filled):
        return False
    columns = [dict.fromkeys(cells) for cells in zip(*filled, strict=True)]
    return all(
        DITTOS.isdisjoint(cells) and not _hold_names(cells, field, table)
        for cells, field in zip(columns, fields, strict=False)  # no column without a row
    )


def translates(proposal: SheetProposal, layout: Layout, sheet: Sheet) -> bool:
    """Whether cells must be translated: names and places to codes, terms, a missing region."""
    fields = {rule.field for rule in layout.columns}
    if _has_region(layout.table) and layout.region and _REGION_CODE not in fields:
        return True
    used = [
        (one.column, one.target)
        for one in proposal.matches
        if one.reason is Reason.USED and one.target
    ]
    if not all(DITTOS.isdisjoint(one.cells) for one, _ in used):
        return True
    table = layout.table
    if any(to.by_name or _hold_names(one.cells, to.field, table) for one, to in used):
        return True
    codes = [(one, to.field) for one, to in used if to.field.type in _TRANSLATED]
    later = _later_cells(sheet, [one for one, _ in codes])
    return any(
        _hold_names(one.cells, field, table) for one, (_, field) in zip(later, codes, strict=True)
    )


def _own_fields(cells: Sequence[Cell], table: Table, vocabulary: Vocabulary) -> list[Field]:
    """Fields of the contract's own headings in ``cells``; none if another is among them."""
    match = contract_matcher(table)
    found = []
    for cell in cells:
        field = match(parse_heading(cell))
        known = vocabulary.target(table, cell)
        if field is None or known is None or vocabulary.choices(table, cell):
            return []
        target, similarity = known
        if target.by_name or target.field != field or similarity < 1:
            return []
        found.append(field)
    return found


def _has_region(table: Table) -> bool:
    return any(field.name == _REGION_CODE for field in table.fields)


def _later_cells(sheet: Sheet, columns: Sequence[SampleColumn]) -> list[SampleColumn]:
    """``columns`` with their distinct cells below the rows of the sample."""
    found: list[dict[Cell, None]] = [{} for _ in columns]
    for number, cells in first_rows(sheet, TRANSLATED_ROWS):
        if number <= SAMPLE_ROWS or is_blank(cells):
            continue
        for column, seen in zip(columns, found, strict=True):
            if column.index < len(cells):
                seen[cells[column.index]] = None
    return [replace(one, cells=tuple(seen)) for one, seen in zip(columns, found, strict=True)]


def _hold_names(cells: Iterable[Cell], field: Field, table: Table) -> bool:
    name = field.name
    if field.type not in _TRANSLATED:
        return False
    texts = dict.fromkeys(map(one_line, cells))
    if field.type in (FieldType.ENUM, FieldType.BOOL):
        return any(is_synonym(field, text) for text in texts)
    if name == _REGION_CODE:
        return any(text and not REGION.fullmatch(normalise(text)) for text in texts)
    own = table.key == (name,)
    if name in FIRMS or name == "project_id":
        return any(is_name(text) or (own and is_no_code(text)) for text in texts)
    return False
