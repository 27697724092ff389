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

FEATURE_NAMES = tuple(feature.name for feature in FEATURE_SETS["project"].features)
ROOT = Path(__file__).resolve().parents[2]


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
