"""How dossiers are stored: the contributions of features by column, which compress better.

Each of a hundred and fifty features is a mapping with the same keys; by column its figures lie
beside each other, and its names are one run that all dossiers of a list share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

_PART, _ROWS = "contributions", "features"


def by_column(dossier: Document) -> Document:
    """Return a dossier with the features of its contributions by column, if it has any."""
    part = dossier.get(_PART) or {}
    rows = part.get(_ROWS)
    if not rows or not rows[0] or any(row.keys() != rows[0].keys() for row in rows):
        return dossier
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {**dossier, _PART: {**part, _ROWS: columns}}


def by_row(stored: Document) -> Document:
    """Return the dossier that was stored :func:`by_column`, or as earlier versions stored it."""
    part = stored.get(_PART) or {}
    columns = part.get(_ROWS)
    if not isinstance(columns, Mapping):
        return stored
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return {**stored, _PART: {**part, _ROWS: rows}}
