"""Evaluation with labels only where projects were inspected."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.families import stage
from features.matrix import feature_matrix
from training.dataset.labels import event_log
from training.dataset.observation import observations_before, observed_labels
from training.evaluation.bootstrap import bootstrap_weights
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.selective_labels import (
    LabelledEntry,
    ListedEntry,
    label_entries,
    list_performance,
    random_visits,
)

AS_OF = dt.date(2025, 1, 1)


def listed(number, observed, selection="risk", draw=None, probability=0.3):
    entry = ListedEntry(AS_OF, f"P{number}", f"C{number}", selection, draw, probability)
    return LabelledEntry(entry, observed)


def test_list_performance_counts_unlabelled_entries_neither_as_hits_nor_as_misses():
    found = list_performance(
        [*(listed(n, 1.0) for n in range(12)), *(listed(20 + n, 0.0) for n in range(4))]
        + [listed(40 + n, None) for n in range(4)]
    )
    assert (found.entries, found.labelled, found.events) == (20, 16, 12)
    assert found.precision.value == pytest.approx(12 / 16)
    assert found.at_least == pytest.approx(12 / 20)
    assert found.at_most == pytest.approx(16 / 20)
    assert found.said == pytest.approx(0.3)
    assert found.precision.low < 12 / 16 < found.precision.high
    assert found.few is None


def test_list_performance_compares_probabilities_of_the_labelled_entries():
    """Those that nobody visited had 0.8, which says nothing of the visited ones."""
    visited = [listed(n, float(n < 12), probability=0.5) for n in range(24)]
    found = list_performance([*visited, *(listed(40 + n, None, probability=0.8) for n in range(8))])
    assert (found.said, found.said_of_labelled) == (pytest.approx(0.575), pytest.approx(0.5))


def test_list_performance_counts_exactly_where_hardly_any_event_came():
    """Sixteen were expected of forty, none came: at least 16 / 3.6889."""
    found = list_performance([listed(n, 0.0, probability=0.4) for n in range(40)])
    assert (found.few.expected, found.few.came) == (pytest.approx(16), 0)
    assert (found.few.low, found.few.high) == (pytest.approx(4.3373, abs=1e-4), None)
    assert list_performance([listed(1, None)]).few is None


def test_list_performance_of_no_entries_is_nan():
    found = list_performance([])
    assert np.isnan(found.precision.value)
    assert found.precision.too_few
    assert np.isnan(found.at_least)


def test_list_performance_weights_random_entries_by_draw_probability():
    small = [listed(n, float(n < 5), "random", 0.5) for n in range(10)]
    large = [listed(100 + n, float(n < 2), "random", 0.1) for n in range(10)]
    found = list_performance([*small, *large])
    weighted = (5 * 2 + 2 * 10) / (10 * 2 + 10 * 10)
    assert found.elsewhere.value == pytest.approx(weighted)
    assert found.elsewhere.too_few
    assert (found.entries, found.random_entries, found.random_labelled) == (0, 20, 20)


def test_list_performance_weighting_corrects_unequal_draws():
    """Strata drawn with unequal chances: the weighted rate is right, the plain one is not."""
    random = np.random.default_rng(0)
    owing = np.concatenate([random.random(4000) < 0.30, random.random(4000) < 0.02])
    chance = np.repeat([0.4, 0.05], 4000)
    drawn = np.flatnonzero(random.random(8000) < chance)
    found = list_performance(
        [listed(i, float(owing[i]), "random", float(chance[i])) for i in drawn]
    )
    truth = owing.mean()
    assert found.elsewhere.low < truth < found.elsewhere.high
    assert owing[drawn].mean() > found.elsewhere.high


@given(st.lists(st.sampled_from([0.0, 1.0, None]), max_size=30))
def test_list_performance_bounds_hold_for_any_unlabelled_outcome(found_there):
    entries = [listed(n, observed) for n, observed in enumerate(found_there)]
    found = list_performance(entries)
    for filled in (0.0, 1.0):
        rates = [filled if one is None else one for one in found_there]
        if rates:
            assert found.at_least - 1e-9 <= np.mean(rates) <= found.at_most + 1e-9


def test_observed_labels_need_an_inspection_or_a_decided_case(world):
    for name in ("P1", "P2", "P3", "P4", "P5"):
        world.project(name)
    day = {"inspected_on": "2025-01-20", "known_at": "2025-01-20"}
    world.add("inspections", inspection_id="I1", project_id="P1", arrears_found=True, **day)
    world.add("inspections", inspection_id="I2", project_id="P2", arrears_found=False, **day)
    case = {"opened_on": "2025-02-01", "known_at": "2025-02-05"}
    world.add("cases", case_id="K3", project_id="P3", status="unfounded", **case)
    world.add("cases", case_id="K4", project_id="P4", status="accepted", **case)
    world.add(
        "complaints",
        complaint_id="C",
        project_id="P5",
        received_on="2025-02-01",
        known_at="2025-02-01",
    )
    known_until = dt.date(2025, 12, 1)
    matrix = feature_matrix(world.store, [AS_OF], families=[stage.FAMILY])
    log, observations = (
        event_log(world.store, known_until),
        observations_before(world.store, known_until),
    )
    found = dict(
        zip(
            matrix.project_ids,
            observed_labels(log, observations, matrix.project_ids, matrix.as_ofs),
            strict=True,
        )
    )
    assert (found["P1"], found["P2"], found["P3"]) == (1.0, 0.0, 0.0)
    assert np.isnan(found["P4"])
    assert np.isnan(found["P5"])
    entries = [ListedEntry(AS_OF, name, name, "risk", None, 0.1) for name in ("P1", "P2", "P4")]
    assert [one.label for one in label_entries(entries, log, observations)] == [1.0, 0.0, None]
    before = observations_before(world.store, dt.date(2025, 1, 20))
    assert before.days == {}
    assert before.inspections == ()


def test_random_visits_reveal_undetected_arrears(world):
    """Arrears are found only at projects drawn for a visit."""
    names = [f"P{n:02d}" for n in range(40)]
    for number, name in enumerate(names):
        world.project(name)
        if number % 2:
            world.add(
                "inspections",
                inspection_id=name,
                project_id=name,
                kind="random",
                arrears_found=number < 30,
                inspected_on="2025-01-10",
                known_at="2025-01-10",
            )
    known_until = dt.date(2025, 12, 1)
    matrix = feature_matrix(world.store, [AS_OF], families=[stage.FAMILY])
    log, observations = (
        event_log(world.store, known_until),
        observations_before(world.store, known_until),
    )
    observed = observed_labels(log, observations, matrix.project_ids, matrix.as_ofs)
    nothing = np.full(len(names), np.nan)
    predictions = Predictions(
        matrix.as_ofs,
        matrix.project_ids,
        matrix.project_ids,
        np.nan_to_num(observed),
        observed,
        {MODEL: np.arange(40.0)[::-1]},
        {},
        {},
        nothing,
        nothing,
    )
    found = random_visits(
        predictions,
        observations,
        MODEL,
        10,
        bootstrap_weights(predictions.clusters, n_resamples=100),
    )
    assert found.visits == 20
    assert found.known_rate.value == pytest.approx(15 / 40)
    assert found.base_rate.value == pytest.approx(15 / 20)
    assert found.precision.value == pytest.approx(1.0)
    assert found.elsewhere.value == pytest.approx(10 / 15)
    assert found.base_rate.low < 0.75 < found.base_rate.high
