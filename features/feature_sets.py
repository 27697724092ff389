"""The registry of features: the signal families and the stakes of each kind of unit.

There is no default kind: look up ``FEATURE_SETS[kind]``. Employers outside construction use the
same SQL as projects, but only the features that apply to them, with wording of their own; see
:mod:`risk.unit_kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
        names = set(tables)
        return frozenset(feature.name for feature in self.features if names & set(feature.source))

    def feeds(self) -> tuple[str, ...]:
        """The tables its features need, in contract order."""
        needed = {name for feature in self.features for name in feature.source}
        return tuple(name for name in TABLES if name in needed | {"cases", "inspections"})


_EMPLOYER_FAMILIES: tuple[Family, ...] = (
    operations.FAMILY.for_employers(),
    utilities.FAMILY,
    complaints.FAMILY.for_employers(),
    history.FAMILY.for_employers(),
    stage.FAMILY.for_employers(),
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
