"""The random visits: how many slots they have, and who is drawn.

Without visits drawn at random nobody learns what the model misses, and a model taught only by the
visits it asked for goes blind. The draw is by a hash keyed with the seed: anyone can repeat it,
nobody can steer it, and whether one project's number beats another's depends on no third project.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

ALWAYS_ONE_FROM = 5
"""From this capacity on at least one place is random; a shorter list may have none."""


def random_slots(capacity: int, share: float) -> int:
    """How many of ``capacity`` slots are drawn: the share, rounded half up, at least 1 from 5 on.

    >>> [random_slots(k, 0.1) for k in (4, 5, 14, 15, 20)]
    [0, 1, 1, 2, 2]
    >>> random_slots(100, 0.0)
    0
    """
    exact = Decimal(str(share)) * capacity  # by its decimal text: 0.145 x 100 is 14.5, not 14.49..
    slots = int(exact.to_integral_value(ROUND_HALF_UP))
    return max(slots, 1) if share > 0 and capacity >= ALWAYS_ONE_FROM else slots


def draw_key(project_id: str, *, seed: str, as_of: dt.date, region: str) -> str:
    """The draw_key of a project in one draw: 64 hex digits, the lowest are drawn."""
    key = json.dumps([seed, as_of.isoformat(), region, project_id])
    return hashlib.sha256(key.encode()).hexdigest()


def draw(pool: Iterable[str], slots: int, *, seed: str, as_of: dt.date, region: str) -> set[str]:
    """``slots`` of ``pool``, uniformly and without replacement; all of it if it is smaller."""
    keys = sorted(
        (draw_key(project_id, seed=seed, as_of=as_of, region=region), project_id)
        for project_id in pool
    )
    return {project_id for _, project_id in keys[:slots]}
