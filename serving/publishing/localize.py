"""Records of reasons, red flags and models turned into the notes a publication holds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from risk.locale import text
from serving.publishing.scoring import ModelUsed
from serving.watchlists.document import EvidenceRef, FlagNote, ModelNote, ReasonNote, Words

if TYPE_CHECKING:
    from models.reasons import Reason
    from risk.flags import RedFlag
    from risk.unit_kinds import Kind


@cache
def families() -> tuple[str, ...]:
    """The names of the signal families."""
    from features.feature_sets import ALL_FAMILIES

    return tuple(family.name for family in ALL_FAMILIES)


def reason_note(reason: Reason, kind: Kind = "project") -> ReasonNote:
    """A reason with its wording in both languages."""
    from models.reason_text import reason_text

    return ReasonNote(
        family=reason.family,
        contribution=reason.contribution,
        feature=reason.feature,
        value=reason.value,
        typical=reason.typical,
        article=reason.article,
        text=Words(zh=reason_text(reason, "zh", kind), en=reason_text(reason, "en", kind)),
        evidence=tuple(EvidenceRef(e.table, e.record_id, e.known_at) for e in reason.evidence),
    )


def flag_note(flag: RedFlag) -> FlagNote:
    """A red flag with its wording in both languages."""
    from risk.flags import describe

    zh, en = describe(flag, "zh"), describe(flag, "en")
    return FlagNote(
        code=flag.code,
        article=flag.article,
        article_label=Words(zh.article_label, en.article_label),
        title=Words(zh.title, en.title),
        finding=Words(zh.finding, en.finding),
        check=Words(zh.check, en.check),
        evidence=tuple(EvidenceRef(e.table, e.record_id, e.known_at) for e in flag.evidence),
    )


def model_note(model: ModelUsed) -> ModelNote:
    """The model, with a note where the scorecard had to score."""
    note = None
    if model.kind == "scorecard":
        zh, en = (
            text("exports.scorecard_note", language, events=model.events)
            for language in ("zh", "en")
        )
        note = Words(zh, en)
    return ModelNote(model.name, model.version, model.kind, note)
