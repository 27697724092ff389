"""A reason as a sentence. The record comes first (``models.reasons``); this is one rendering."""

from __future__ import annotations

from features.families import FAMILIES, FEATURES
from features.wording import value_text
from models.reasons import Reason
from risk.locale import Language, text

_FEATURES = {feature.name: feature for feature in FEATURES}
_FAMILIES = {family.name: family for family in FAMILIES}


def reason_text(reason: Reason, language: Language) -> str:
    """``reason`` in one sentence: what raises or lowers, its value, and what is typical."""
    feature, family = _FEATURES[reason.feature], _FAMILIES[reason.family]
    zh = language == "zh"
    known = "typical" if reason.typical is not None else "alone"
    sentence = text(
        f"reasons.{'raises' if reason.contribution > 0 else 'lowers'}_{known}",
        language,
        family=family.zh if zh else family.en,
        feature=feature.zh if zh else feature.en,
        value=value_text(feature, reason.value, language),
        typical=value_text(feature, reason.typical, language),
    )
    if reason.article is None:
        return sentence
    return sentence + text("reasons.article", language, article=reason.article)
