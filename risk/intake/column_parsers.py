"""Parsing of whole text columns, with the same results as the parsers of single cells.

Cells in the usual spelling of their type (digits, identifiers) are parsed by Arrow; of the others
each distinct text is parsed once by :mod:`risk.intake.cell_parsers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from risk.contract import Field, FieldType
from risk.intake.cell_parsers import FINDINGS, MAX_CELL, PLAIN_ID, CellRefused, Noted
from risk.intake.personal_numbers import FIRM_CODES, MAYBE_IDENTITY
from risk.intake.row_parser import Answers, CellParser
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
"""Arrow type of the stored values, by field type."""


_CACHED = 10_000
"""Texts of a column whose values are remembered."""


@dataclass(frozen=True)
class _FastPath:
    """Spelling parsed by Arrow (a regular expression), and the conversion of matching cells.

    Cells that match ``unless`` need the parser of single cells.
    """

    spelling: str
    values: Callable[[pa.StringArray], pa.Array]
    unless: str | None = None


@dataclass(frozen=True)
class ParsedColumn:
    """Values of a column, null if empty or doubtful, and a mask of the doubtful cells.

    Refused cells are doubtful, and values that are not exactly what was written.
    """

    values: pa.Array
    doubtful: pa.BooleanArray


class ColumnParser:
    """Parser of the cells of one column; ``unit`` is the unit named in its header."""

    def __init__(
        self, field: Field, unit: Unit | None = None, answers: Answers | None = None
    ) -> None:
        self._type = ARROW[field.type]
        # Blocks of a file have many texts in common, such as dates.
        self._parser = lru_cache(_CACHED)(CellParser(field, unit, answers or {}))
        # With a unit in the header, amounts need the parser of single cells.
        self._fast_path = _FAST_PATHS.get(field.type) if unit is None else None
        if field.name == FINDINGS:
            self._fast_path = None
        if field.name in FIRM_CODES:
            self._fast_path = replace(_FAST_PATHS[FieldType.ID], unless=MAYBE_IDENTITY)

    def read(self, cells: pa.StringArray) -> ParsedColumn:
        """Values of ``cells``, equal to those of the parsers of single cells."""
        if self._fast_path is None:
            return self._parse_distinct(cells)
        plain = pc.and_(
            pc.match_substring_regex(cells, self._fast_path.spelling),
            pc.less_equal(pc.binary_length(cells), MAX_CELL),
        )
        if self._fast_path.unless is not None:
            plain = pc.and_not(plain, pc.match_substring_regex(cells, self._fast_path.unless))
        if plain.true_count == len(cells):
            return ParsedColumn(self._fast_path.values(cells), _nothing_doubtful(len(cells)))
        other = pc.invert(plain)
        values = self._fast_path.values(pc.if_else(plain, cells, pa.scalar(None, pa.string())))
        parsed = self._parse_distinct(cells.filter(other))
        return ParsedColumn(
            pc.replace_with_mask(values, other, parsed.values),
            pc.replace_with_mask(_nothing_doubtful(len(cells)), other, parsed.doubtful),
        )

    def _parse_distinct(self, cells: pa.StringArray) -> ParsedColumn:
        """Values of ``cells``; each distinct text is parsed once."""
        distinct = cells.dictionary_encode()
        values = [self._parser(cell) for cell in distinct.dictionary.to_pylist()]
        doubtful = [isinstance(value, CellRefused | Noted) for value in values]
        parsed = [None if doubt else value for value, doubt in zip(values, doubtful, strict=True)]
        return ParsedColumn(
            pa.array(parsed, self._type).take(distinct.indices),
            pa.array(doubtful, pa.bool_()).take(distinct.indices),
        )


def _nothing_doubtful(rows: int) -> pa.BooleanArray:
    return pa.repeat(pa.scalar(False), rows)


def _as_is(cells: pa.StringArray) -> pa.Array:
    return cells


def _fen(cells: pa.StringArray) -> pa.Array:
    """Fen of yuan with at most 13 digits and two decimals; a float is exact to half a fen there."""
    yuan = cells.cast(pa.float64())
    return pc.round(pc.multiply(yuan, 100.0)).cast(pa.int64())


_FAST_PATHS: Mapping[FieldType, _FastPath] = {
    # The digit excludes all spellings of an empty cell.
    FieldType.ID: _FastPath(f"^(?:{PLAIN_ID})$", _as_is),
    # Longer than any spelling of an empty cell, without white space at the ends.
    FieldType.TEXT: _FastPath(
        r"^[\p{Han}A-Za-z0-9][\p{Han}A-Za-z0-9 _.:()-]{3,}[\p{Han}A-Za-z0-9]$",
        _as_is,
        unless=r"[0-9](?:[ -]?[0-9]){6}",  # may be a personal number
    ),
    FieldType.MONEY: _FastPath(r"^[0-9]{1,13}(\.[0-9]{1,2})?$", _fen),
    FieldType.COUNT: _FastPath(r"^[0-9]{1,12}$", lambda cells: cells.cast(pa.int64())),
    FieldType.NUMBER: _FastPath(
        r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$", lambda cells: cells.cast(pa.float64())
    ),
}
