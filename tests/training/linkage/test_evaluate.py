"""Linkage against the hidden truth of a county its weights were not trained on."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from models.linkage import link_complaints
from risk.intake.importer import import_paths
from risk.simulator import names, simulate
from risk.store.store import RecordStore
from risk.workspace import Workspace
from training.linkage.evaluate import (
    Answer,
    answers_of,
    by_damage,
    calibration_table,
    linkage_quality,
    share,
)
from training.linkage.train_weights import SEEDS

from ...conftest import thorough

AS_OF = dt.date(2026, 1, 1)
SEED = 905


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("linking")
    simulate(folder / "records", projects=1000, months=36, seed=SEED, truth=True)
    workspace = Workspace(folder / "workspace")
    import_paths(workspace, [folder / "records"], today=AS_OF)
    with RecordStore(workspace.records, read_only=True) as store:
        found = link_complaints(store, AS_OF, days=3 * 365).complaints
    path = folder / "records" / "truth" / "complaint_links.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return found, list(csv.DictReader(file))


def answers(county, kind):
    found, truth = county
    key, damage = {
        "projects": ("project_id", "site_damage"),
        "organisations": ("org_id", "firm_damage"),
    }[kind]
    truths = {row["complaint_id"]: (row[key] or None, row[damage]) for row in truth}
    return answers_of(found, truths, kind)


def test_county_is_not_among_the_training_seeds():
    assert SEED not in SEEDS


@thorough
@pytest.mark.parametrize("kind", ["projects", "organisations"])
def test_link_complaints_confident_candidates_are_right(county, kind):
    proposed = linkage_quality(answers(county, kind))
    assert proposed.confident_precision.of >= 15
    assert proposed.confident_precision.low > 0.8


@thorough  # what ranks a candidate: tests/models/linkage/test_linker.py
def test_link_complaints_ranks_the_right_project_first(county):
    proposed = [one for one in answers(county, "projects") if one.damage != "empty"]
    assert linkage_quality(proposed).first_right.low > 0.6


@thorough  # in small: test_a_foreman_gives_no_candidate
def test_link_complaints_links_no_foreman_to_an_organisation(county):
    proposed = [
        one for one in answers(county, "organisations") if one.damage in ("foreman", "empty")
    ]
    assert len(proposed) > 20
    assert all(one.first is None for one in proposed)


@thorough  # of a county as large as the tests above need
def test_link_complaints_probabilities_are_not_too_high(county):
    proposed = answers(county, "projects")
    compared = 0
    for low, high, right in calibration_table(proposed):
        inside = [one.probability for one in proposed if low < one.probability <= high]
        if len(inside) >= 10:
            compared += 1
            assert right.high >= sum(inside) / len(inside), (low, high)
    assert compared >= 2


@thorough
def test_simulated_truth_holds_every_kind_of_damage(county):
    _, truth = county
    seen = {row[name] for row in truth for name in ("site_damage", "firm_damage")}
    assert seen == {*names.NAME_ERRORS, "foreman", "empty"}


def test_share_has_the_clopper_pearson_interval():
    assert (share(0, 0).low, share(0, 0).high) == (0.0, 1.0)
    assert share(0, 10).high == pytest.approx(0.3085, abs=1e-4)
    assert share(10, 10).low == pytest.approx(0.6915, abs=1e-4)


def test_by_damage_counts_precision_and_recall():
    proposed = [
        Answer("cut", "A", 0.95, "A"),
        Answer("cut", "B", 0.95, "A"),
        Answer("typo", "A", 0.5, "A"),
        Answer("typo", "A", 0.92, None),
        Answer("empty", None, 0.0, "A"),
    ]
    every = by_damage(proposed)["all"]
    assert (every.confident_precision.right, every.confident_precision.of) == (1, 3)
    assert (every.confident_recall.right, every.confident_recall.of) == (1, 4)
    assert (every.first_right.right, every.first_right.of) == (2, 4)


@thorough
@pytest.mark.parametrize("name", ["county", "prefecture"])
def test_link_complaints_on_the_samples_agrees_with_cases(name, samples, tmp_path):
    workspace = Workspace(tmp_path)
    import_paths(workspace, [samples / name], today=AS_OF)
    with RecordStore(workspace.records, read_only=True) as store:
        found = link_complaints(store, AS_OF, days=5 * 365).complaints
        cases = store.rows(
            "SELECT complaint_id, max(project_id) FROM cases"
            " WHERE complaint_id IS NOT NULL AND project_id IS NOT NULL GROUP BY 1"
        )
    proposed = linkage_quality(
        answers_of(found, {number: (key, name) for number, key in cases}, "projects")
    )
    assert proposed.confident_precision.low > 0.7
    assert proposed.first_right.low > 0.7
