"""Parsing a whole column of text at once, with the very parsers of single cells.

Most cells of a feed are plain: of one spelling that needs no look (digits, identifiers), read here
by Arrow, or one of a few spellings that repeat, each read once by :mod:`risk.intake.cell_parsers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from risk.contract import Field, FieldType
from risk.intake.cell_parsers import MAX_CELL, CellRefused, Value, parser_of, refuse_unreadable
from risk.intake.cells import Cell
from risk.intake.units import Unit

ARROW: Mapping[FieldType, pa.DataType] = {
    FieldType.ID: pa.string(),
    FieldType.TEXT: pa.string(),
    FieldType.ENUM: pa.string(),
    FieldType.DATE: pa.date32(),
    FieldType.MONTH: pa.date32(),
    FieldType.MONEY: pa.int64(),
    FieldType.COUNT: pa.int64(),
    FieldType.SHARE: pa.float64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOL: pa.bool_(),
}
"""Arrow's type of the values of every type of field, as the record store keeps them."""


@dataclass(frozen=True)
class _Plain:
    """A spelling read by Arrow, as a regular expression, and the values of cells spelt so."""

    spelling: str
    values: Callable[[pa.StringArray], pa.Array]


@dataclass(frozen=True)
class ParsedColumn:
    """Values of a column (null: empty or refused) and which of its cells were refused."""

    values: pa.Array
    refused: pa.BooleanArray


class ColumnReader:
    """Reads the cells of one column. ``unit`` is the one its header names."""

    def __init__(self, field: Field, unit: Unit | None = None) -> None:
        self._type = ARROW[field.type]
        self._parser = parser_of(field, unit)
        # An amount counts in its header's unit, unless the cell says another.
        self._plain = _PLAIN.get(field.type) if unit is None else None

    def read(self, cells: pa.StringArray) -> ParsedColumn:
        """The values of ``cells``, as reading them one by one gives them."""
        if self._plain is None:
            return self._looked_up(cells)
        plain = pc.and_(
            pc.match_substring_regex(cells, self._plain.spelling),
            pc.less_equal(pc.binary_length(cells), MAX_CELL),
        )
        if plain.true_count == len(cells):
            return ParsedColumn(self._plain.values(cells), _nothing_refused(len(cells)))
        other = pc.invert(plain)
        values = self._plain.values(pc.if_else(plain, cells, pa.scalar(None, pa.string())))
        looked_up = self._looked_up(cells.filter(other))
        return ParsedColumn(
            pc.replace_with_mask(values, other, looked_up.values),
            pc.replace_with_mask(_nothing_refused(len(cells)), other, looked_up.refused),
        )

    def _looked_up(self, cells: pa.StringArray) -> ParsedColumn:
        """Every spelling is parsed once."""
        spelt = cells.dictionary_encode()
        values = [self._one(cell) for cell in spelt.dictionary.to_pylist()]
        refused = [isinstance(value, CellRefused) for value in values]
        kept = [None if isinstance(value, CellRefused) else value for value in values]
        return ParsedColumn(
            pa.array(kept, self._type).take(spelt.indices),
            pa.array(refused, pa.bool_()).take(spelt.indices),
        )

    def _one(self, cell: Cell) -> Value | CellRefused:
        try:
            refuse_unreadable(cell)
            return self._parser(cell)
        except CellRefused as refused:
            return refused


def _nothing_refused(rows: int) -> pa.BooleanArray:
    return pa.repeat(pa.scalar(False), rows)


def _as_is(cells: pa.StringArray) -> pa.Array:
    return cells


def _fen(cells: pa.StringArray) -> pa.Array:
    """Yuan of at most 13 digits and two decimals: a float of them is less than half a fen off."""
    yuan = cells.cast(pa.float64())
    return pc.round(pc.multiply(yuan, 100.0)).cast(pa.int64())


_PLAIN: Mapping[FieldType, _Plain] = {
    # A digit in it tells an identifier from all the spellings of nothing.
    FieldType.ID: _Plain(r"^[A-Za-z_.:-]*[0-9][A-Za-z0-9_.:-]*$", _as_is),
    # Longer than any spelling of nothing, with nothing to trim at its ends.
    FieldType.TEXT: _Plain(
        r"^[\p{Han}A-Za-z0-9][\p{Han}A-Za-z0-9 _.:()-]{3,}[\p{Han}A-Za-z0-9]$", _as_is
    ),
    FieldType.MONEY: _Plain(r"^[0-9]{1,13}(\.[0-9]{1,2})?$", _fen),
    FieldType.COUNT: _Plain(r"^[0-9]{1,12}$", lambda cells: cells.cast(pa.int64())),
    FieldType.NUMBER: _Plain(
        r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$", lambda cells: cells.cast(pa.float64())
    ),
}
