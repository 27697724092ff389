"""How dossiers are stored: contributions and records by column, which compress better.

Each of a hundred and fifty features is a mapping with the same keys, and so is each record of a
table; by column their figures are next to each other, and their names are one run that all dossiers
of a list share. Values that are a ratio of small whole numbers are stored as these two, rounded
contributions as whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import copysign, floor, isfinite
from typing import Any

Document = Mapping[str, Any]

_PART, _ROWS, _VALUE = "contributions", "features", "value"
_CONTRIBUTION, _WHOLE, _UNIT = "contribution", "contribution_e6", 1e6
_RECORDS, _OF_RECORD = "records", {"fields", "region"}
_SHORT, _LARGEST = 8, 10_000


def by_column(dossier: Document) -> Document:
    """Return a dossier with its contributions and records by column, if it has any."""
    return {**dossier, **_features_by_column(dossier), **_records_by_column(dossier)}


def by_row(stored: Document) -> Document:
    """Return the dossier that was stored :func:`by_column`, or as earlier versions stored it."""
    return {**stored, **_features_by_row(stored), **_records_by_row(stored)}


def _features_by_column(dossier: Document) -> Document:
    part = dossier.get(_PART) or {}
    rows = part.get(_ROWS)
    if not rows or not rows[0] or any(row.keys() != rows[0].keys() for row in rows):
        return {}
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    if _VALUE in columns:
        columns[_VALUE] = [_ratio(value) for value in columns[_VALUE]]
    if whole := _whole_numbers(columns.get(_CONTRIBUTION, ())):
        columns[_WHOLE] = whole
        del columns[_CONTRIBUTION]
    return {_PART: {**part, _ROWS: columns}}


def _features_by_row(stored: Document) -> Document:
    part = stored.get(_PART) or {}
    columns = part.get(_ROWS)
    if not isinstance(columns, Mapping):
        return {}
    if _VALUE in columns:
        columns = {**columns, _VALUE: [_quotient(value) for value in columns[_VALUE]]}
    if _WHOLE in columns:
        columns = {**columns, _CONTRIBUTION: [value / _UNIT for value in columns[_WHOLE]]}
        del columns[_WHOLE]
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return {_PART: {**part, _ROWS: rows}}


def _whole_numbers(values: Sequence[Any]) -> list[int] | None:
    """Return whole numbers that divided by 1e6 are ``values`` to the bit; None if there are none.

    Without them each figure has a point, zeros before it, and an exponent if it is small.
    """
    if not all(isinstance(value, float) and isfinite(value * _UNIT) for value in values):
        return None
    found = [round(value * _UNIT) for value in values]
    # Zero with a sign would lose it.
    signed = any(value == 0 and copysign(1, value) < 0 for value in values)
    same = [one / _UNIT for one in found] == list(values) and not signed
    return found if same else None


def _ratio(value: Any) -> Any:
    """Return ``[p, q]`` with ``value == p / q`` to the bit, if both are small; else the value."""
    if not isinstance(value, float) or not isfinite(value) or len(repr(value)) <= _SHORT:
        return value
    rest = size = abs(value)
    above, below, above_before, below_before = 1, 0, 0, 1
    while below <= _LARGEST and above <= _LARGEST**2:
        whole = floor(rest)
        above, above_before = whole * above + above_before, above
        below, below_before = whole * below + below_before, below
        if above / below == size:
            return [above if value > 0 else -above, below] if below <= _LARGEST else value
        if rest == whole:
            break
        rest = 1 / (rest - whole)
    return value


def _quotient(value: Any) -> Any:
    return value[0] / value[1] if isinstance(value, list) else value


def _records_by_column(dossier: Document) -> Document:
    """Return the records as ``[table, ids, regions, fields by column]`` for each kind of them."""
    records = dossier.get(_RECORDS)
    if not isinstance(records, Mapping) or not records:
        return {}
    if any(set(record) != _OF_RECORD or "/" not in key for key, record in records.items()):
        return {}
    ordered = sorted(records.items(), key=lambda item: (_kind(item), item[0]))
    return {_RECORDS: [_columns(*group) for group in _groups(ordered)]}


def _kind(item: tuple[str, Document]) -> tuple[str, list[str]]:
    key, record = item
    return key.partition("/")[0], sorted(record["fields"])


def _groups(
    ordered: Sequence[tuple[str, Document]],
) -> Iterator[tuple[str, list[str], list[tuple[str, Document]]]]:
    for (table, names), items in groupby(ordered, key=_kind):
        yield table, names, list(items)


def _columns(table: str, names: list[str], items: list[tuple[str, Document]]) -> list[Any]:
    ids = [key.partition("/")[2] for key, _ in items]
    regions = [record["region"] for _, record in items]
    fields = {name: [record["fields"][name] for _, record in items] for name in names}
    return [table, ids, regions, fields]


def _records_by_row(stored: Document) -> Document:
    groups = stored.get(_RECORDS)
    if not isinstance(groups, list):
        return {}
    records = {}
    for table, ids, regions, fields in groups:
        for place, (key, region) in enumerate(zip(ids, regions, strict=True)):
            own = {name: values[place] for name, values in fields.items()}
            records[f"{table}/{key}"] = {"fields": own, "region": region}
    return {_RECORDS: dict(sorted(records.items()))}
