"""Names of the event types, as stored and as sent."""

from __future__ import annotations

from typing import Final

PUBLISHED: Final = "watchlist.published"
TIER_CHANGED: Final = "project.tier_changed"
MATTER_OPENED: Final = "matter.opened"
MATTER_ESCALATED: Final = "matter.escalated"
MATTER_CLOSED: Final = "matter.closed"
DIGEST: Final = "digest.ready"
LIST_TYPES = (PUBLISHED, TIER_CHANGED)
TYPES = (*LIST_TYPES, MATTER_OPENED, MATTER_ESCALATED, MATTER_CLOSED, DIGEST)
