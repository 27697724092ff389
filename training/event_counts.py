"""Numbers of events that decide about models; imported by pages, so without numpy."""

from __future__ import annotations

SCORECARD_BELOW = 10
"""Below this number of events the expert scorecard scores."""
