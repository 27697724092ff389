"""Reasons (:mod:`models.reasons`) as sentences in Chinese or English."""

from __future__ import annotations

from functools import lru_cache

from features.catalogue import Feature
from features.feature_sets import FEATURE_SETS
from features.value_text import value_text
from models.reasons import Basis, Reason, statement_of
from risk.locale import Language, text
from risk.unit_kinds import KINDS, Kind

_FEATURES = {kind: {f.name: f for f in FEATURE_SETS[kind].features} for kind in KINDS}
_FAMILIES = {kind: {f.name: f for f in FEATURE_SETS[kind].families} for kind in KINDS}
_SECTORS = {0: "other", 1: "building", 2: "unknown"}
_SIZES = {0: "small", 1: "middle", 2: "large", 3: "unknown"}


def reason_text(reason: Reason, language: Language, kind: Kind = "project") -> str:
    """``reason`` in one sentence for a unit of ``kind``.

    A fact is given with the typical value of the group compared with, which is named; else the
    sentence says what was not reported, or that the family has no fact to state.
    """
    if reason.basis is Basis.FACT:
        return _fact(
            (reason.feature, reason.contribution > 0),
            reason.value,
            (reason.typical, reason.peers),
            language,
            kind,
        )
    feature, family = _FEATURES[kind][reason.feature], _FAMILIES[kind][reason.family]
    zh = language == "zh"
    return text(
        f"reasons.{reason.basis}",
        language,
        family=family.zh if zh else family.en,
        unknown=feature.unknown_zh if zh else feature.unknown_en,
    )


@lru_cache(maxsize=65_536)
def _fact(
    about: tuple[str, bool],
    value: float | None,
    compared: tuple[float | None, int | None],
    language: Language,
    kind: Kind,
) -> str:
    name, raises = about
    feature = _FEATURES[kind][name]
    statement = statement_of(feature, 1.0 if raises else -1.0)
    if statement is None:
        raise ValueError(name)
    sentence = statement.zh if language == "zh" else statement.en
    fact = sentence.format(value=value_text(feature, value, language))
    return fact + _comparison(feature, compared, language, kind)


def _comparison(
    feature: Feature, compared: tuple[float | None, int | None], language: Language, kind: Kind
) -> str:
    """The typical value in brackets; empty where it is unknown or only yes or no."""
    typical, group = compared
    if typical is None or feature.unit == "yes/no":
        return ""
    return text(
        "reasons.typical_of_all" if group is None else "reasons.typical",
        language,
        typical=value_text(feature, typical, language),
        peers=peers_text(group, language, kind),
    )


def peers_text(group: int | None, language: Language, kind: Kind = "project") -> str:
    """The name of a peer group of :func:`models.peer_medians.peer_groups`; None is everyone."""
    if group is None:
        return text(f"reasons.everyone.{kind}", language)
    sector, size = divmod(group, 10)
    return text(
        f"reasons.peers.{kind}",
        language,
        sector=text(f"reasons.sector.{_SECTORS[sector]}", language) if kind == "project" else "",
        size=text(f"reasons.size.{kind}.{_SIZES[size]}", language),
    )
