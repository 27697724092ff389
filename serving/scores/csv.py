"""Scores of a whole cohort as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.documents.csv import to_csv
from serving.settings import TierSettings

if TYPE_CHECKING:
    from serving.publishing.scoring import Scored


def scores_csv(scored: Scored, tiers: TierSettings) -> bytes:
    """project_id, probability, tier, model; by falling probability, ties by project_id.

    Read by programs: plain UTF-8 without a byte order mark.
    """
    thresholds = tiers.thresholds()
    model = f"{scored.model.kind} {scored.model.version}"
    ranked = sorted(scored.cohort.projects, key=lambda p: (-p.probability, p.project_id))
    rows = (
        [p.project_id, p.probability, thresholds.tier_of(p.probability).value, model]
        for p in ranked
    )
    return to_csv(["project_id", "probability", "tier", "model"], rows)
