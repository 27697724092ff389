"""The registry of features: the signal families and the stakes of each kind of unit.

There is no default kind: look up ``FEATURE_SETS[kind]``. Employers outside construction use the
same SQL as projects, but only the features that apply to them, with wording of their own; see
:mod:`risk.unit_kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from features.catalogue import Family, Feature, Step
from features.families import PROJECT_FAMILIES, complaints, history, operations, stage, utilities
from features.stakes import EMPLOYER_STAKES, STAKES
from risk.contract import TABLES
from risk.unit_kinds import Kind


@dataclass(frozen=True)
class FeatureSet:
    """The families of a kind of unit, and the step that computes the stakes of each unit."""

    families: tuple[Family, ...]
    stakes: Step

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features of all families, in column order."""
        return tuple(feature for family in self.families for feature in family.features)

    def features_from(self, tables: Iterable[str]) -> frozenset[str]:
        """The names of the features computed from any of ``tables``."""
        wanted = set(tables)
        return frozenset(feature.name for feature in self.features if wanted & set(feature.source))

    def feeds(self) -> tuple[str, ...]:
        """The tables its features need, in contract order."""
        needed = {name for feature in self.features for name in feature.source}
        return tuple(name for name in TABLES if name in needed | {"cases", "inspections"})


_EMPLOYER_WORDS: Mapping[str, tuple[str, str]] = {
    "contractor_overdue_loans": ("逾期贷款", "overdue loans"),
    "contractor_overdue_change": ("逾期贷款的变化", "change in overdue loans"),
    "contractor_tax_ratio": ("近三月纳税与此前之比", "tax against before"),
    "contractor_insured_ratio": ("近三月参保人数与此前之比", "insured staff against before"),
    "contractor_utilities_ratio": (
        "近三月水电气用量与此前之比",
        "electricity, water and gas against before",
    ),
    "contractor_silent_months": ("经营指标中断月数", "months since the last indicator"),
    "contractor_capital": ("注册资本", "registered capital"),
    "contractor_age_years": ("成立年数", "years since it was founded"),
    "township_complaint_rate": (
        "同区划其他单位近一年平均投诉件数",
        "complaints per other employer of the place in a year",
    ),
    "township_event_rate": (
        "同区划其他单位近一年平均欠薪事件数",
        "arrears events per other employer of the place in a year",
    ),
    "listed": ("在失信名单上", "on the sanction list"),
}
"""Features whose words name a contractor or a project; an employer is its own contractor."""


def _taken(family: Family, *names: str) -> Family:
    kept = []
    for name in names:
        feature = family.by_name[name]
        zh, en = _EMPLOYER_WORDS.get(name, (feature.zh, feature.en))
        source = tuple("organizations" if one == "projects" else one for one in feature.source)
        kept.append(replace(feature, zh=zh, en=en, source=tuple(dict.fromkeys(source))))
    return replace(family, features=tuple(kept))


_EMPLOYER_FAMILIES: tuple[Family, ...] = (
    _taken(
        operations.FAMILY,
        *("contractor_overdue_loans", "contractor_overdue_change", "contractor_tax_ratio"),
        *("contractor_insured_ratio", "contractor_utilities_ratio", "contractor_silent_months"),
    ),
    utilities.FAMILY,
    _taken(
        complaints.FAMILY,
        *("complaints_90d", "complaints_365d", "complaints_all", "complaint_workers_365d"),
        *("days_since_complaint", "complaint_pace", "township_complaint_rate"),
    ),
    _taken(
        history.FAMILY,
        *("events_all", "events_365d", "days_since_event", "township_event_rate"),
        *("last_inspection_found", "findings_last", "rectification_overdue", "cases_open"),
        *("cases_unfounded_730d", "recovered_share", "listed"),
    ),
    replace(
        _taken(stage.FAMILY, "winter_share", "contractor_capital", "contractor_age_years"),
        zh="季节与单位规模",
        en="season and size",
    ),
)

FEATURE_SETS: Mapping[Kind, FeatureSet] = {
    "project": FeatureSet(PROJECT_FAMILIES, STAKES),
    "employer": FeatureSet(_EMPLOYER_FAMILIES, EMPLOYER_STAKES),
}

ALL_FAMILIES: tuple[Family, ...] = (*PROJECT_FAMILIES, utilities.FAMILY)
"""Every family of any kind, once, in a project's words where projects have it."""

ALL_FEATURES: tuple[Feature, ...] = tuple(
    {
        feature.name: feature
        for kind in ("employer", "project")
        for feature in FEATURE_SETS[kind].features
    }.values()
)
"""Every feature of any kind, once, in a project's words where projects have it."""

FAMILY_OF: Mapping[str, str] = {
    feature.name: family.name for family in ALL_FAMILIES for feature in family.features
}
"""The name of the family of every feature of any kind."""
