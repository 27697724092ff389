"""Scores of a whole cohort as CSV or as an Arrow table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.documents.csv import to_csv
from serving.settings import TierSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from serving.publishing.scoring import Probabilities

COLUMNS = ("project_id", "probability", "tier", "model")


def scores_csv(scored: Probabilities, tiers: TierSettings) -> bytes:
    """project_id, probability, tier, model; by falling probability, ties by project_id.

    Read by programs: plain UTF-8 without a byte order mark.
    """
    return to_csv(COLUMNS, _rows(scored, tiers))


def scores_table(scored: Probabilities, tiers: TierSettings) -> pa.Table:
    """Return the same columns and rows as an Arrow table, as Spark writes them."""
    import pyarrow as pa

    types = (pa.string(), pa.float64(), pa.string(), pa.string())
    columns = list(zip(*_rows(scored, tiers), strict=True)) or [()] * len(COLUMNS)
    return pa.table(
        {
            name: pa.array(values, kind)
            for name, values, kind in zip(COLUMNS, columns, types, strict=True)
        }
    )


def _rows(scored: Probabilities, tiers: TierSettings) -> list[tuple[str, float, str, str]]:
    thresholds = tiers.thresholds()
    model = f"{scored.model.kind} {scored.model.version}"
    ranked = sorted(scored.by_project.items(), key=lambda one: (-one[1], one[0]))
    return [
        (project_id, probability, thresholds.tier_of(probability).value, model)
        for project_id, probability in ranked
    ]
