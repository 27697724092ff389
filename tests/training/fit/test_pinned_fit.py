"""Fitting of a few rows, worked out on paper: ladder, months, stages, calibration, holdout."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import lightgbm as lgb
import numpy as np
import pytest
from scipy.special import expit, logit

from features.matrix import Matrix
from models.arrears import Hyperparameters, MergedHyperparameters, fit_booster, hyperparameters_for
from models.calibration import Calibration
from models.logistic import LogisticHyperparameters
from risk.calendar.dates import add_months
from training.dataset.labels import EventLog
from training.dataset.training_set import TrainingSet
from training.fit import out_of_time
from training.fit.fit import (
    _holdout_of_card,
    bagged_model,
    calibrate,
    fit,
    fit_alike,
    fit_card,
    make_holdout,
    out_of_time_metrics,
)
from training.fit.honest_loss import honest_losses
from training.fit.ladder import default_recipe, recipe_for, simpler_than
from training.fit.out_of_time import (
    best_stage,
    directions_of,
    fit_merged,
    fit_regression,
    recent_months,
    score_out_of_time,
    shared_boosters,
    stage_count,
    stage_scores,
)

FIRST = dt.date(2024, 1, 1)
SMALL = Hyperparameters(
    leaves=2, min_rows_in_leaf=2, l2=1.0, learning_rate=0.1, max_rounds=40, seeds=(0, 1, 2)
)
REGRESSION = LogisticHyperparameters(0.01)


def made(months, rows, events=(), values=None, column="oldest_unpaid_days", **changes):
    """``rows`` projects in each month; ``events`` are the numbers of rows with label 1."""
    dates = tuple(add_months(FIRST, number) for number in range(months))
    size = months * rows
    target = np.isin(np.arange(size), events).astype(float)
    held = np.zeros(size) if values is None else np.asarray(values, dtype=float)
    matrix = Matrix(
        np.repeat(np.array(dates, dtype="datetime64[D]"), rows),
        tuple(f"P{number}" for number in range(rows)) * months,
        (column,),
        np.asfortranarray(held[:, None]),
    )
    log = EventLog(add_months(FIRST, months + 4), {}, 30)
    made = TrainingSet(log, dates, matrix, target, target, len(events))
    return replace(made, **changes)


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("events", "positives", "recipe"),
    [
        (9, 30, None),
        (30, 9, None),
        (10, 30, LogisticHyperparameters(0.01, from_scorecard=True)),
        (30, 10, LogisticHyperparameters(0.01, from_scorecard=True)),
        (49, 200, LogisticHyperparameters(0.01, from_scorecard=True)),
        (50, 200, LogisticHyperparameters(0.01, from_scorecard=False)),
        (79, 999, LogisticHyperparameters(0.01, from_scorecard=False)),
        (80, 999, Hyperparameters(leaves=4, min_rows_in_leaf=100, l2=20.0)),
        (80, 1000, Hyperparameters(leaves=7, min_rows_in_leaf=200, l2=20.0)),
        (80, 9_999, Hyperparameters(leaves=7, min_rows_in_leaf=200, l2=20.0)),
        (80, 10_000, Hyperparameters(leaves=31, min_rows_in_leaf=500, l2=20.0, max_rounds=600)),
    ],
)
def test_the_ladder_goes_by_events_and_positives(events, positives, recipe):
    assert recipe_for(events, positives) == recipe


def test_counties_with_models_of_others_fit_their_own_from_ten_events():
    ten = made(2, 20, range(10), use_shared="d")
    own = hyperparameters_for(10)
    assert default_recipe(ten) == MergedHyperparameters("d", own)
    assert default_recipe(replace(ten, events=9)) == MergedHyperparameters("d", None)
    nine = replace(made(2, 20, range(9), use_shared="d"), events=30)
    assert default_recipe(nine) == MergedHyperparameters("d", None)
    assert default_recipe(replace(ten, use_shared=None)) == recipe_for(10, 10)
    assert default_recipe(replace(ten, dates=())) == recipe_for(10, 10)


def test_after_boosters_comes_a_regression_then_the_scorecard():
    regression = LogisticHyperparameters(0.01, from_scorecard=False)
    assert simpler_than(SMALL) == simpler_than(MergedHyperparameters("d", SMALL)) == regression
    assert simpler_than(MergedHyperparameters("d", None)) is simpler_than(regression) is None


@pytest.mark.parametrize(
    ("months", "events", "recent"),
    [
        (8, 20, 6),  # four months would hold 80
        (8, 14, 6),  # 84
        (8, 13, 7),  # 78 in six months
        (10, 10, 8),  # 80 in eight months
        (5, 99, 5),
    ],
)
def test_the_holdout_has_six_months_and_eighty_events(months, events, recent):
    """An event more in each month, of a row that was not scored, does not count."""
    as_ofs = np.repeat(days(*[add_months(FIRST, n).isoformat() for n in range(months)]), 100)
    starts = np.tile(np.arange(100) < events, months)
    starts[99::100] = True
    scored = np.arange(len(as_ofs)) % 100 < 99
    rows = recent_months(as_ofs, starts, scored)
    assert rows.sum() == recent * 99
    assert not rows[: (months - recent) * 100].any()


@pytest.mark.parametrize(("last", "months"), [(14, 7), (15, 6)])
def test_eighty_events_suffice_and_not_one_less(last, months):
    """Thirteen in each of seven months and ``last`` in the eighth: 79 or 80 in the last six."""
    starts = np.concatenate([np.arange(20) < count for count in (*[13] * 7, last)])
    as_ofs = np.repeat(np.arange(8), 20).astype("datetime64[M]")
    assert recent_months(as_ofs, starts, np.ones(160, dtype=bool)).sum() == 20 * months


def test_the_best_stage_has_the_lowest_loss():
    labels = np.array([1.0, 1, 0, 0, 0])
    right = np.array([2.0, 2, -2, -2, -2])
    stages = np.column_stack([-right, right * 0, right * 0.1, right])
    found, scores = best_stage(stages, labels)
    assert (found, scores.tolist()) == (3, right.tolist())
    assert best_stage(stages[:, ::-1], labels)[0] == 0
    # With labels of one kind, or none, the middle of four is the third and of three the second.
    assert best_stage(stages, np.ones(5))[0] == 2
    assert best_stage(stages[:, :3], np.zeros(5))[0] == 1
    assert best_stage(stages[:0], labels[:0])[0] == 2


def test_stages_are_twenty_rounds():
    counts = [stage_count(replace(SMALL, max_rounds=rounds)) for rounds in (20, 39, 40)]
    assert counts == [1, 1, 2]
    assert stage_count(REGRESSION) == stage_count(MergedHyperparameters("d", SMALL)) == 1
    assert directions_of(["oldest_unpaid_days", "unheard_of", "deposit_valid"]) == [1, 0, -1]


@pytest.fixture(scope="module")
def alternating():
    """Twenty months of 24 rows; a third of them owe, mostly those of high value."""
    random = np.random.default_rng(3)
    values = random.uniform(0, 1, 480)
    events = np.flatnonzero(values + random.normal(0, 0.2, 480) > 0.7)
    return made(20, 24, events, values)


def fitted(training_set, rows, seed, rounds=40):
    data = lgb.Dataset(training_set.matrix.values[rows], training_set.expected[rows])
    return fit_booster(data, [1], hyperparameters=SMALL, rounds=rounds, seed=seed)


def test_boosters_score_later_months_as_the_mean_of_two_seeds(alternating, monkeypatch):
    """The last fold learns from 13 months until 1 January 2025 and scores from 1 May 2025.

    The first scores from 1 November 2024; 72 of the 96 rows of the last are scored at once.
    """
    monkeypatch.setattr(out_of_time, "_BATCH_ROWS", 72)
    scores = score_out_of_time(alternating, SMALL)
    assert scores.shape == (480, 2)
    assert np.isnan(scores[: 10 * 24]).all()
    assert not np.isnan(scores[10 * 24 :]).any()
    train = np.arange(480) < 13 * 24
    last = alternating.matrix.values[16 * 24 :]
    boosters = [fitted(alternating, train, seed) for seed in (0, 1)]
    for stage, rounds in enumerate((20, 40)):
        each = [one.predict(last, raw_score=True, num_iteration=rounds) for one in boosters]
        assert scores[16 * 24 :, stage] == pytest.approx((each[0] + each[1]) / 2)
        assert stage_scores(boosters[0], last, 2)[:, stage] == pytest.approx(each[0])
    assert not np.allclose(each[0], each[1])


@pytest.mark.parametrize(("early", "first_scored"), [(5, 10), (4, 13)])
def test_a_fold_learns_from_five_positives(early, first_scored):
    """The first fold learns from eight months, the second from three more with an event more."""
    events = [*range(early), 8 * 4 + 1, 15 * 4]
    training_set = made(20, 4, events, np.arange(80) % 4)
    scores = score_out_of_time(training_set, REGRESSION)
    assert np.flatnonzero(~np.isnan(scores[:, 0])).tolist() == list(range(first_scored * 4, 80))
    early_rows = np.arange(80) < 8 * 4
    if early == 5:
        alone = fit_regression(training_set, REGRESSION, early_rows)
        first = np.arange(40, 52)
        assert scores[first, 0] == pytest.approx(alone.raw(training_set.matrix)[first])


def test_a_regression_starts_from_the_scorecard_where_the_recipe_says_so():
    training_set = made(2, 10, range(5), np.arange(20) * 10)
    assert fit_regression(training_set, REGRESSION).scorecard is None
    drawn = fit_regression(training_set, replace(REGRESSION, from_scorecard=True))
    assert drawn.scorecard.columns == ("oldest_unpaid_days",)


def test_models_of_others_weigh_by_their_events(alternating, monkeypatch):
    """Two boosters of a county with 100 events count 50 each, two of its own half of its own."""
    events = int(alternating.target.sum())
    text = fitted(alternating, np.ones(480, dtype=bool), 0, 1).model_to_string()
    part = SimpleNamespace(texts=lambda: [text, text], events=100, boosters=(1, 2))
    merged = replace(alternating, shared={"d": (part,)}, use_shared="d")
    alone = fit_merged(merged, MergedHyperparameters("d", None))
    assert (alone.boosters, alone.weights) == ((text, text), (50, 50))
    assert alone.columns == ("oldest_unpaid_days",)
    assert score_out_of_time(merged, MergedHyperparameters("d", None)).shape == (480, 1)
    monkeypatch.setattr(out_of_time, "SHARED_ROUNDS", 3)
    rows = np.arange(480) < 240
    both = fit_merged(merged, MergedHyperparameters("d", SMALL), rows)
    assert both.weights == (50, 50, events / 2, events / 2)
    own = [lgb.Booster(model_str=one) for one in both.boosters[2:]]
    assert [one.num_trees() for one in own] == [3, 3]
    for seed, booster in enumerate(own):
        expected = fitted(alternating, rows, seed, 3).predict(alternating.matrix.values)
        assert booster.predict(alternating.matrix.values) == pytest.approx(expected)


def test_later_months_are_scored_by_own_boosters_of_earlier_ones_and_those_of_others(
    alternating, monkeypatch
):
    monkeypatch.setattr(out_of_time, "SHARED_ROUNDS", 3)
    text = fitted(alternating, np.ones(480, dtype=bool), 0, 1).model_to_string()
    part = SimpleNamespace(texts=lambda: [text], events=100, boosters=(1,))
    merged = replace(alternating, shared={"d": (part,)})
    recipe = MergedHyperparameters("d", SMALL)
    scores = score_out_of_time(merged, recipe)
    assert np.isnan(scores[:240]).all()
    earlier = fit_merged(merged, recipe, np.arange(480) < 13 * 24).raw(merged.matrix)
    assert scores[16 * 24 :, 0] == pytest.approx(earlier[16 * 24 :])


def test_shared_boosters_have_three_hundred_rounds(alternating):
    boosters = shared_boosters(alternating, replace(SMALL, learning_rate=0.01))
    assert [one.current_iteration() for one in boosters] == [300, 300]


def test_boosters_are_fitted_on_all_rows_with_the_rounds_of_the_best_stage(alternating):
    progress = []
    trained = fit(alternating, SMALL, lambda name, share: progress.append((name, share)))
    rounds = trained.parameters["rounds"]
    assert rounds in (20, 40)
    every = np.ones(480, dtype=bool)
    values = alternating.matrix.values
    for seed, text in enumerate(trained.model.boosters):
        booster = lgb.Booster(model_str=text)
        assert booster.num_trees() == rounds
        expected = fitted(alternating, every, seed, rounds).predict(values)
        assert booster.predict(values) == pytest.approx(expected)
    assert len(trained.model.boosters) == 3
    assert progress == [("boosters", 1 / 3), ("boosters", 2 / 3), ("boosters", 1)]
    assert trained.parameters["seeds"] == [0, 1, 2]
    assert trained.parameters["monotone_constraints"] == {"oldest_unpaid_days": 1}
    assert "seed" not in trained.parameters
    # Of ten scored months all are needed for 200 events.
    assert trained.stages.shape == (240, 2)
    stage = rounds // 20 - 1
    assert trained.holdout.scores.tolist() == trained.stages[:, stage].tolist()
    assert (trained.rows, trained.positives) == (480, int(alternating.target.sum()))
    assert (trained.first_snapshot, trained.last_snapshot) == (FIRST, dt.date(2025, 8, 1))
    assert (trained.as_of, trained.maturity_days) == (dt.date(2026, 1, 1), 30)
    alike = fit_alike(alternating, trained)
    assert alike.boosters == trained.model.boosters
    assert alike.calibration == Calibration()
    assert trained.model.calibration != Calibration()


def test_a_regression_has_one_stage(alternating):
    trained = fit(alternating, REGRESSION)
    assert trained.parameters == {"strength": 0.01, "from_scorecard": False}
    assert trained.stages.shape == (240, 1)
    found = trained.model.raw(alternating.matrix)
    assert found == pytest.approx(fit_regression(alternating, REGRESSION).raw(alternating.matrix))
    assert trained.model.calibration != Calibration()


def test_columns_without_a_direction_are_not_constrained():
    model, parameters = bagged_model(
        ("deposit_valid", "unheard_of"), (), SMALL, 60, Calibration(2.0), None
    )
    assert parameters["monotone_constraints"] == {"deposit_valid": -1}
    assert parameters["rounds"] == 60
    assert (model.boosters, model.calibration) == ((), Calibration(2.0))


def test_the_card_is_calibrated_to_twelve_months():
    """Of 14 months the last twelve hold 120 rows with 8 events, drawn by 6 of 200: 14 of 320."""
    training_set = made(14, 10, [0, 1, 19, 20, *range(30, 37)], column="listed")
    trained = fit_card(training_set)
    assert trained.parameters == {"rate": 14 / 320}
    assert (trained.rows, trained.positives, trained.events) == (140, 11, 11)
    assert (trained.recipe, trained.stages, trained.metrics) == (None, None, {})
    assert trained.holdout is not None
    assert fit_card(made(14, 10, [0, 19], column="listed")).holdout is None
    with pytest.raises(ValueError, match="no recipe"):
        fit_alike(training_set, trained)
    undated = fit_card(replace(made(2, 10, column="listed"), dates=()))
    assert undated.parameters == {"rate": 0.03}
    assert (undated.rows, undated.first_snapshot, undated.last_snapshot) == (0, None, None)


def test_the_holdout_of_a_card_is_scored_by_cards_of_earlier_months():
    """No event is known but in April 2025; no line passes. 200 rows at 3 % count as 6 events.

    The horizon of 1 February 2024 ended on 1 May, that of 1 January 2025 on 1 April 2025, which
    are 2 and 13 months of ten rows; the last twelve of these count.
    """
    training_set = made(16, 10, [151], column="listed")
    card = fit_card(training_set).model
    holdout = _holdout_of_card(training_set, card)
    found = dict(zip(holdout.matrix.as_ofs.astype(str), holdout.probability, strict=True))
    assert len(holdout.probability) == 120
    assert found["2024-05-01"] == pytest.approx(6 / 220)
    assert found["2025-02-01"] == pytest.approx(6 / 310)
    assert found["2025-03-01"] == found["2025-04-01"] == pytest.approx(6 / 320)
    assert (holdout.labels.sum(), holdout.expected.sum()) == (1, 1)
    assert holdout.scores.tolist() == [0] * 120
    # Of four months, one is over on 1 April (91 days later): the others have no earlier ones.
    short = made(4, 10, [31], column="listed")
    probability = _holdout_of_card(short, card).probability
    assert np.isnan(probability[:30]).all()
    assert probability[30:] == pytest.approx([6 / 210] * 10)


def test_the_calibration_is_drawn_to_the_rate_where_events_are_few():
    """Without events the mean is 6 of 250. With 20 of 200 rows alike, drawn to 26 of 400.

    There the slope of the loss is 0: expected less observed events, and what draws the intercept.
    """
    assert calibrate(np.zeros(0), np.zeros(0)) == Calibration()
    scores = np.linspace(-3, 3, 50)
    found = calibrate(scores, np.zeros(50))
    assert found.slope == 1
    assert found.probability(scores).mean() == pytest.approx(6 / 250)
    found = calibrate(np.zeros(200), np.repeat([1.0, 0.0], [20, 180]))
    drawn = 200 * 0.065 * 0.935 * (found.intercept - logit(0.065))
    assert 200 * expit(found.intercept) - 20 + drawn == pytest.approx(0, abs=1e-6)


APRIL = np.repeat(days("2025-01-01", "2025-03-31", "2025-04-01"), [40, 4, 2])
"""The horizon of 1 January has ended on 1 April, not on 31 March."""


NAMES_OF_APRIL = tuple(f"P{number}" for number in range(46))
"""A project each, so that every label of 1 is an event of its own."""


def of_april(events):
    """Ten of 40 rows of January owe, one of two of April; all scores are alike."""
    labels = np.concatenate([np.arange(40) < events, [1, 1, 0, 0], [1, 0]]).astype(float)
    return np.zeros((46, 1)), APRIL, labels


def test_probabilities_of_the_holdout_are_of_ten_events_whose_horizon_has_ended():
    scores, as_ofs, labels = of_april(10)
    matrix = Matrix(as_ofs, NAMES_OF_APRIL, (), np.zeros((46, 0)))
    held = make_holdout(matrix, scores[:, 0], labels, labels)
    assert np.isnan(held.probability[:44]).all()
    assert held.probability[44:] == pytest.approx([0.25, 0.25])
    fewer = of_april(9)[2]
    assert np.isnan(make_holdout(matrix, scores[:, 0], fewer, labels).probability).all()


def test_the_honest_loss_is_of_months_with_ten_earlier_events():
    """A quarter owed, and of the two of April one does: a mean of ln 4 and ln 4/3.

    The earlier rate is 10 of 40 rows and 6 of 200: 16 of 240.
    """
    stages, as_ofs, labels = of_april(10)
    found = honest_losses(stages, NAMES_OF_APRIL, as_ofs, labels, labels)
    rate = 16 / 240
    assert found["log_loss"] == pytest.approx((np.log(4) + np.log(4 / 3)) / 2, abs=1e-6)
    assert found["log_loss_of_rate"] == pytest.approx(-(np.log(rate) + np.log(1 - rate)) / 2)
    assert honest_losses(stages, NAMES_OF_APRIL, as_ofs, of_april(9)[2], labels) == {}


def test_metrics_need_both_labels():
    scores = np.array([3.0, 2, 1, 0])
    assert out_of_time_metrics(scores[:0], scores[:0]) == {}
    assert out_of_time_metrics(scores, np.ones(4)) == {}
    # The event is second of four: it outranks two of three others, at a precision of a half.
    assert out_of_time_metrics(scores, np.array([0.0, 1, 0, 0])) == pytest.approx(
        {"roc_auc": 2 / 3, "average_precision": 0.5, "base_rate": 0.25}
    )
