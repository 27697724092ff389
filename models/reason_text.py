"""A reason as a sentence. The record comes first (``models.reasons``); this is one rendering."""

from __future__ import annotations

from features.kinds import ASKED, features_of
from features.wording import value_text
from models.reasons import Reason
from risk.kinds import KINDS, Kind
from risk.locale import Language, text

_FEATURES = {kind: {one.name: one for one in features_of(kind)} for kind in KINDS}
_FAMILIES = {kind: {one.name: one for one in ASKED[kind].families} for kind in KINDS}


def reason_text(reason: Reason, language: Language, kind: Kind = "project") -> str:
    """``reason`` for a unit of ``kind`` in one sentence: direction, value, what is typical."""
    feature, family = _FEATURES[kind][reason.feature], _FAMILIES[kind][reason.family]
    zh = language == "zh"
    known = "typical" if reason.typical is not None else "alone"
    sentence = text(
        f"reasons.{'raises' if reason.contribution > 0 else 'lowers'}_{known}",
        language,
        family=family.zh if zh else family.en,
        feature=feature.zh if zh else feature.en,
        value=value_text(feature, reason.value, language),
        typical=value_text(feature, reason.typical, language),
        peers=text(f"reasons.peers.{kind}", language),
    )
    if reason.article is None:
        return sentence
    return sentence + text("reasons.article", language, article=reason.article)
