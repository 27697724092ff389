"""The registry holds the features of each kind of unit, and no default kind."""

from __future__ import annotations

import pytest

from features.feature_sets import ALL_FAMILIES, ALL_FEATURES, FAMILY_OF, FEATURE_SETS
from risk.contract import TABLES
from risk.unit_kinds import KINDS


def test_every_kind_has_a_feature_set_of_unique_features():
    assert set(FEATURE_SETS) == set(KINDS)
    for kind in KINDS:
        names = [feature.name for feature in FEATURE_SETS[kind].features]
        assert len(names) == len(set(names)) > 0


def test_all_families_and_features_are_those_of_the_kinds():
    families = {family.name for kind in KINDS for family in FEATURE_SETS[kind].families}
    features = {feature.name for kind in KINDS for feature in FEATURE_SETS[kind].features}
    assert [family.name for family in ALL_FAMILIES] == list(
        dict.fromkeys(family.name for family in ALL_FAMILIES)
    )
    assert {family.name for family in ALL_FAMILIES} == families
    assert {feature.name for feature in ALL_FEATURES} == features == set(FAMILY_OF)
    assert len(ALL_FEATURES) == len(features)


def test_feeds_are_the_tables_the_features_need():
    assert FEATURE_SETS["project"].feeds() == tuple(TABLES)
    assert set(FEATURE_SETS["employer"].feeds()) == {
        *("organizations", "operations", "complaints", "cases", "inspections", "listings")
    }


@pytest.mark.parametrize(
    ("kind", "table", "feature", "expected"),
    [
        ("employer", "organizations", "contractor_overdue_loans", True),
        ("project", "organizations", "contractor_overdue_loans", False),
        ("project", "projects", "contractor_overdue_loans", True),
        ("employer", "projects", "contractor_overdue_loans", False),
        ("employer", "payments", "unpaid_share_3m", False),
        ("project", "payments", "unpaid_share_3m", True),
    ],
)
def test_features_from_are_those_of_the_kind(kind, table, feature, expected):
    assert (feature in FEATURE_SETS[kind].features_from({table})) == expected
    assert FEATURE_SETS[kind].features_from(()) == frozenset()
