"""The catalogue is complete, and the documents that repeat it are fresh."""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.unit_kinds import KINDS

FEATURE_NAMES = tuple(feature.name for feature in FEATURE_SETS["project"].features)
ROOT = Path(__file__).resolve().parents[2]


LESS_RISK = {
    *("subcontractor_capital_min", "bank_share_trend", "transfer_to_wages_6m", "account_open"),
    *("deposit_valid", "deposit_cover", "deposit_months_of_wages", "registered_share"),
    *("contract_signed_share", "days_since_complaint", "days_since_event", "recovered_share"),
    *("contractor_tax_ratio", "contractor_insured_ratio", "contractor_utilities_ratio"),
    *("owner_tax_ratio", "subcontractor_tax_ratio_min", "after_festival_share", "labour_share"),
    *("notice_board", "settled_monthly", "team_reports_drop", "electricity_ratio"),
    *("water_ratio", "gas_ratio", "electricity_last_ratio", "insured_last_ratio"),
}
"""Features of which more means less risk."""

UNDECIDED = {
    *("contract_count", "contract_breadth", "subcontracted_ratio", "contracts_90d"),
    *("unplaced_contract_share", "wage_per_worker", "wage_bill_ratio"),
    *("measured_wage_share_3m", "piece_wage_share_3m", "deposit_rate", "deposit_exempt"),
    *("deposit_is_guarantee", "workers_on_site", "workers_change", "days_per_worker"),
    *("listed_over_present", "perfect_match_share", "attendance_steadiness", "wage_per_day"),
    *("township_complaint_rate", "linked_complaint_share_365d"),
    *("unlinked_complaint_share_365d", "township_event_rate", "cases_unfounded_730d"),
    *("contractor_projects", "days_to_festival", "days_since_festival", "age_months"),
    *("planned_progress", "overrun_days", "days_since_completion", "contract_amount_yuan"),
    *("government_funded", "privately_funded", "building_sector", "settled_by_measure"),
    *("contractor_capital", "contractor_age_years", "amount_to_capital", "attendance_lag_days"),
    "insured_staff",
}
"""Features that may mean either, and are not constrained; more of all others means more risk."""


@pytest.mark.parametrize("kind", KINDS)
def test_directions_are_those_the_domain_is_sure_of(kind):
    features = FEATURE_SETS[kind].features
    assert {one.name: one.direction for one in features} == {
        one.name: -1 if one.name in LESS_RISK else 0 if one.name in UNDECIDED else 1
        for one in features
    }


def test_every_direction_is_of_a_feature():
    names = {one.name for kind in KINDS for one in FEATURE_SETS[kind].features}
    assert names > LESS_RISK | UNDECIDED


def test_there_are_enough_features_with_unique_names():
    assert len(FEATURE_SETS["project"].features) >= 60
    assert [name for name, times in Counter(FEATURE_NAMES).items() if times > 1] == []


def test_step_names_are_unique_across_families():
    names = [step.name for family in FEATURE_SETS["project"].families for step in family.steps]
    assert len(names) == len(set(names))
    # A step named like a stored table would stand before it.
    assert not set(names) & {name for table in TABLES for name in (table, f"{table}_versions")}


@pytest.mark.parametrize("feature", FEATURE_SETS["project"].features, ids=lambda f: f.name)
def test_every_entry_is_filled_in(feature):
    words = (feature.zh, feature.en, feature.unknown_zh, feature.unknown_en, feature.window)
    assert all(words)
    assert set(feature.source) <= set(TABLES)
    assert feature.source[0] in TABLES


def test_every_family_yields_exactly_its_features(world):
    world.project()
    assert feature_matrix(world.store, [dt.date(2024, 7, 1)]).columns == (FEATURE_NAMES)


def test_generated_documents_are_fresh():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0
