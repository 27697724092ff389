"""Random selection of visits: the number of slots and the draw.

Without random visits nobody learns what the model misses, and a model trained only on the visits it
asked for becomes blind to the rest. The draw orders projects by a hash keyed with the seed: it can
be repeated by anyone and steered by no one, and the order of two projects does not depend on any
third.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

ALWAYS_ONE_FROM = 5
"""From this capacity on at least one slot is random; a shorter list may have none."""


def random_slots(capacity: int, share: float) -> int:
    """Number of random slots: the share of ``capacity`` rounded half up, at least 1 from 5 on.

    >>> [random_slots(k, 0.1) for k in (4, 5, 14, 15, 20)]
    [0, 1, 1, 2, 2]
    >>> random_slots(100, 0.0)
    0
    """
    exact = Decimal(str(share)) * capacity  # by its decimal text: 0.145 x 100 is 14.5, not 14.49..
    slots = int(exact.to_integral_value(ROUND_HALF_UP))
    return max(slots, 1) if share > 0 and capacity >= ALWAYS_ONE_FROM else slots


def draw_key(project_id: str, *, seed: str, as_of: dt.date, region: str) -> str:
    """Sort key of a project in one draw: 64 hex digits; the lowest keys are drawn."""
    key = json.dumps([seed, as_of.isoformat(), region, project_id])
    return hashlib.sha256(key.encode()).hexdigest()


def draw(pool: Iterable[str], slots: int, *, seed: str, as_of: dt.date, region: str) -> set[str]:
    """Draw ``slots`` projects of ``pool`` uniformly without replacement; all if it is smaller."""
    keys = sorted(
        (draw_key(project_id, seed=seed, as_of=as_of, region=region), project_id)
        for project_id in pool
    )
    return {project_id for _, project_id in keys[:slots]}
