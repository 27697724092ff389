"""Reasons, red flags and models as parts of sealed documents, with texts in both languages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from risk.locale import LANGUAGES, Language, text
from serving.publishing.scoring import UsedModel
from serving.watchlists.document import (
    EvidenceRef,
    LocalizedText,
    ModelInfo,
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


def model_info(model: UsedModel) -> ModelInfo:
    """Return the model, with a note if it is the scorecard or its labels were incomplete."""
    zh, en = (_model_note(model, language) for language in LANGUAGES)
    return ModelInfo(model.name, model.version, model.kind, LocalizedText(zh, en) if zh else None)


def _model_note(model: UsedModel, language: Language) -> str:
    from serving.models.completeness_text import completeness_note

    notes = []
    if model.kind == "scorecard":
        notes.append(text("exports.scorecard_note", language, events=model.events))
    if model.completeness and model.completeness["notable"]:
        notes.append(completeness_note(model.completeness, language))
    return ("" if language == "zh" else " ").join(notes)
