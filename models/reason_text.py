"""Reasons (:mod:`models.reasons`) as sentences in Chinese or English."""

from __future__ import annotations

from functools import lru_cache

from features.feature_sets import FEATURE_SETS
from features.value_text import value_text
from models.reasons import Reason
from risk.locale import Language, text
from risk.unit_kinds import KINDS, Kind

_FEATURES = {kind: {f.name: f for f in FEATURE_SETS[kind].features} for kind in KINDS}
_FAMILIES = {kind: {f.name: f for f in FEATURE_SETS[kind].families} for kind in KINDS}
_VALUE = "\0"
"""Placeholder for the value; the rest of a sentence is cached."""


def reason_text(reason: Reason, language: Language, kind: Kind = "project") -> str:
    """``reason`` in one sentence for a unit of ``kind``: direction, value, typical value."""
    around = _around_value(
        (reason.family, reason.feature, reason.article),
        reason.typical,
        language,
        kind,
        raises=reason.contribution > 0,
    )
    return _value(reason.feature, reason.value, language, kind).join(around)


@lru_cache(maxsize=65_536)
def _around_value(
    about: tuple[str, str, str | None],
    typical: float | None,
    language: Language,
    kind: Kind,
    *,
    raises: bool,
) -> list[str]:
    """The sentence split at its value; the same for all peers, so it is cached."""
    feature, family = _FEATURES[kind][about[1]], _FAMILIES[kind][about[0]]
    zh = language == "zh"
    known = "typical" if typical is not None else "alone"
    sentence = text(
        f"reasons.{'raises' if raises else 'lowers'}_{known}",
        language,
        family=family.zh if zh else family.en,
        feature=feature.zh if zh else feature.en,
        value=_VALUE,
        typical=value_text(feature, typical, language),
        peers=text(f"reasons.peers.{kind}", language),
    )
    if about[2] is not None:
        sentence += text("reasons.article", language, article=about[2])
    return sentence.split(_VALUE)


@lru_cache(maxsize=65_536)
def _value(name: str, value: float | None, language: Language, kind: Kind) -> str:
    return value_text(_FEATURES[kind][name], value, language)
