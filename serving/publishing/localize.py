"""Reasons as parts of sealed documents, with texts in both languages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from serving.watchlists.document import (
    EvidenceRef,
    LocalizedText,
    SealedReason,
)

if TYPE_CHECKING:
    from models.reasons import Reason
    from risk.unit_kinds import Kind


@cache
def families() -> tuple[str, ...]:
    """Return the names of all feature families."""
    from features.feature_sets import ALL_FAMILIES

    return tuple(family.name for family in ALL_FAMILIES)


def seal_reason(reason: Reason, kind: Kind = "project") -> SealedReason:
    """Return a reason with its text in both languages."""
    from models.reason_text import reason_text

    return SealedReason(
        family=reason.family,
        contribution=reason.contribution,
        feature=reason.feature,
        value=reason.value,
        typical=reason.typical,
        article=reason.article,
        text=LocalizedText(zh=reason_text(reason, "zh", kind), en=reason_text(reason, "en", kind)),
        evidence=tuple(EvidenceRef(e.table, e.record_id, e.known_at) for e in reason.evidence),
        basis=reason.basis.value,
    )
