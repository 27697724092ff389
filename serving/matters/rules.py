"""Rules for opening, timing and escalating matters, from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serving.settings import MatterSettings


@dataclass(frozen=True)
class MatterRules:
    """Terms in working days; ``alerts``: tiers, and ``must``, whose new entries open a matter."""

    alerts: frozenset[str]
    terms: Mapping[str, int]
    escalate: Mapping[int, int]
    recheck: int


def matter_rules(settings: MatterSettings) -> MatterRules:
    """Return the rules of the settings."""
    return MatterRules(
        alerts=frozenset(settings.alerts),
        terms={
            "case": settings.case_days,
            "rectification": settings.finding_days,
            "finding": settings.finding_days,
            "complaint": settings.complaint_days,
            "alert": settings.alert_days,
            "hand": settings.hand_days,
        },
        escalate={1: settings.escalate_unit_days, 2: settings.escalate_leader_days},
        recheck=settings.recheck_days,
    )
