"""What is asked of each kind of unit: its signal families and what hangs on it.

An employer outside construction is asked with the same SQL as a project; only the features that
mean something for it are taken, and they are worded for it. See :mod:`risk.unit_kinds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from features.catalogue import Family, Feature, Step
from features.families import FAMILIES, complaints, history, operations, stage, utilities
from features.stakes import EMPLOYER_STAKES, STAKES
from risk.contract import TABLES
from risk.unit_kinds import Kind


@dataclass(frozen=True)
class Asked:
    """The families of a kind, and the step that tells how much hangs on a unit."""

    families: tuple[Family, ...]
    stakes: Step

    def feeds(self) -> tuple[str, ...]:
        """The tables its features need, in contract order."""
        needed = {name for f in self.families for one in f.features for name in one.source}
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

ASKED: Mapping[Kind, Asked] = {
    "project": Asked(FAMILIES, STAKES),
    "employer": Asked(_EMPLOYER_FAMILIES, EMPLOYER_STAKES),
}


def features_of(kind: Kind) -> tuple[Feature, ...]:
    """The features asked of ``kind``, in order."""
    return tuple(feature for family in ASKED[kind].families for feature in family.features)


FAMILY_OF: Mapping[str, str] = {
    feature.name: family.name
    for asked in ASKED.values()
    for family in asked.families
    for feature in family.features
}
"""The family of every feature of any kind."""

EVERY_FAMILY: tuple[Family, ...] = (*FAMILIES, utilities.FAMILY)
"""Every family of any kind, once."""

FEATURES: tuple[Feature, ...] = tuple(
    {one.name: one for kind in ("employer", "project") for one in features_of(kind)}.values()
)
"""Every feature of any kind, once, in a project's words where projects have it."""
