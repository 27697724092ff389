"""Sanction list of employers with unpaid wages."""

from __future__ import annotations

import numpy as np

from risk.simulator.cases import Case
from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.world import EMPTY, Texts, World

_THREE_YEARS, _HALF_YEAR = 1096, 183


def listing_frame(world: World, cases: list[Case], org_ids: Texts) -> Frame:
    """Rows of the ``listings`` table: listed for three years, or until the debt is paid."""
    rng = world.stream("listings")
    listed = [c for c in cases if c.transferred != EMPTY or (not c.pays and c.confirmed != EMPTY)]
    listed = [case for case in listed if rng.random() < world.parameters.listed_share]
    count = len(listed)
    begin = np.array([max(c.confirmed, c.transferred) for c in listed], dtype=np.int64)
    begin = begin + 30 + rng.integers(0, 90, count)
    cured = np.array([c.closed if c.pays else EMPTY for c in listed], dtype=np.int64)
    early = np.maximum(cured, begin) + _HALF_YEAR + rng.integers(0, 90, count)
    first: Frame = {
        "listing_id": np.array([f"SX{i + 1:05d}" for i in range(count)], dtype=np.str_),
        "org_id": org_ids[np.array([c.org for c in listed], dtype=np.int64)],
        "listed_on": begin,
        "removed_on": np.full(count, EMPTY),
        "known_at": begin + rng.integers(0, 8, count),
    }
    over = select_rows(first, np.arange(count))
    over["removed_on"] = np.where(
        (cured != EMPTY) & (rng.random(count) < 0.5), early, begin + _THREE_YEARS
    )
    over["known_at"] = over["removed_on"] + rng.integers(0, 8, count)
    return concat(first, over)
