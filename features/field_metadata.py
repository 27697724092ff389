"""Describes feature columns in the schema of an Arrow table, and so in a Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.catalogue import Feature
from features.feature_sets import FEATURE_SETS
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa

_DIRECTIONS = {1: "more risk", -1: "less risk", 0: "undecided"}


def describe_columns(table: pa.Table, kind: Kind) -> pa.Table:
    """``table`` with the metadata of the catalogue on every feature column of ``kind``."""
    entries = {feature.name: feature for feature in FEATURE_SETS[kind].features}
    for index, field in enumerate(table.schema):
        if field.name in entries:
            described = field.with_metadata(field_metadata(entries[field.name]))
            table = table.set_column(index, described, table.column(index))
    return table


def field_metadata(feature: Feature) -> dict[str, str]:
    """Meaning, unit, direction, article and meaning of an empty value of ``feature``."""
    return {
        "meaning_zh": feature.zh,
        "meaning_en": feature.en,
        "unit": feature.unit,
        "window": feature.window,
        "direction": _DIRECTIONS[feature.direction],
        "article": feature.article or "",
        "null_zh": feature.unknown_zh,
        "null_en": feature.unknown_en,
    }
