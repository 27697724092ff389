"""The gate at its edges, on figures that can be checked on paper."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from features.matrix import Matrix
from models.registry import CHAMPION
from training.evaluation.bootstrap import Estimate, bootstrap_weights, cluster_weights
from training.evaluation.calibration import calibration_report
from training.evaluation.champion import ChampionScores
from training.evaluation.fairness import Fairness
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.report import calibration_of
from training.promotion.evaluate import _decide_on_scorecard, _with_champion
from training.promotion.gate import (
    COMPARED,
    MARGIN,
    Check,
    Power,
    _is_not_worse,
    _is_undecided,
    comparison_power,
    decide,
    is_calibrated,
    is_fair,
    not_worse,
)
from training.promotion.leakage import suspicious_features

DAY = np.datetime64("2025-01-01")
NOTHING = Estimate(1.0, None, None, 0)


def rivals(ours, theirs, labels, projects=None):
    """One month; each row its own project and contractor unless ``projects`` are given."""
    rows = len(labels)
    names = tuple(projects or (f"P{row}" for row in range(rows)))
    labels, nothing = np.array(labels, dtype=float), np.full(rows, np.nan)
    scores = {MODEL: np.array(ours, dtype=float), CHAMPION: np.array(theirs, dtype=float)}
    days = np.full(rows, DAY)
    return Predictions(*(days, names, names, labels, labels, scores, {}, {}, nothing, nothing))


def test_figures_of_challenger_and_champion():
    """Two events of four. The challenger has them first: 1. The champion last: (1/3 + 2/4) / 2.

    On a list of two the challenger finds both, the champion none.
    """
    found = not_worse(rivals([4, 3, 2, 1], [1, 2, 3, 4], [1, 1, 0, 0]), 2)
    precision, listed = (one.figures for one in found)
    assert precision["challenger"] == 1.0
    assert precision["champion"] == pytest.approx(5 / 12)
    assert precision["difference"]["value"] == pytest.approx(7 / 12)
    assert precision["margin"] == pytest.approx(1 / 12)
    assert (listed["challenger"], listed["champion"]) == (1.0, 0.0)
    assert "margin" not in listed
    assert all(one["events"] == 2 for one in (precision, listed))
    assert all(one["months"] == ["2025-01-01"] for one in (precision, listed))


@pytest.mark.parametrize(("events", "decides"), [(9, False), (10, True)])
def test_ten_distinct_events_decide(events, decides):
    """The champion ranks every event last, the challenger every one first."""
    labels = [1] * events + [0] * 40
    better = not_worse(rivals(labels, [-one for one in labels], labels), 10)
    assert [one.passed for one in better] == [decides] * 2
    assert [one.undecided for one in better] == [not decides] * 2
    worse = not_worse(rivals([-one for one in labels], labels, labels), 10)
    assert not any(one.passed for one in worse)
    assert [one.undecided for one in worse] == [not decides] * 2


def test_the_power_is_that_of_the_difference():
    """Of two equal rankings it is 0 in each resample, so there is no power; of two others not."""
    labels = [1] * 12 + [0] * 40
    ranks = list(range(52))
    equal, _ = not_worse(rivals(ranks, ranks, labels), 10)
    other, _ = not_worse(rivals(ranks, ranks[::-1], labels), 10)
    assert "passes_equal" not in equal.figures
    assert other.figures["passes_half"] <= other.figures["passes_equal"] < 1


def test_two_rows_of_a_project_in_one_month_are_one_event():
    labels = [1] * 20 + [0] * 40
    names = [f"P{row // 2}" for row in range(60)]
    for number, found in ((20, None), (10, names)):
        checks = not_worse(rivals(labels, labels, labels, found), 10)
        assert [one.figures["events"] for one in checks] == [number] * 2
    nine = [0, 0, *labels[2:]]
    checks = not_worse(rivals(labels, labels, nine, names), 10)
    assert all(one.undecided for one in checks)


@pytest.mark.parametrize(
    ("low", "high", "margin", "passes"),
    [
        (-0.1, 0.3, 0.1, True),  # a fifth of the champion's 0.5 less
        (float(np.nextafter(-0.1, -1)), 0.3, 0.1, False),
        (-0.1, -0.01, 0.1, True),  # less, but not by a fifth
        (-0.5, 0.0, None, True),  # without a margin: not wholly below 0
        (-0.5, float(np.nextafter(0.0, -1)), None, False),
        (None, None, 0.1, False),
    ],
)
def test_a_fifth_less_is_not_worse(low, high, margin, passes):
    assert MARGIN == 0.2
    assert _is_not_worse(Estimate(0.0, low, high, 50), margin) is passes


@pytest.mark.parametrize(
    ("low", "high", "passes_equal", "undecided"),
    [
        (-0.2, 0.1, 0.49, True),  # an equal challenger would fail more often than pass
        (-0.2, 0.1, 0.5, False),
        (-0.1, 0.1, 0.49, False),  # passes
        (-0.2, -0.01, 0.49, False),  # worse
        (-0.2, 0.0, 0.49, True),
        (None, None, 0.9, True),
    ],
)
def test_a_comparison_without_power_is_undecided(low, high, passes_equal, undecided):
    gap = Estimate(0.0, low, high, 50)
    assert _is_undecided(gap, 0.1, Power(passes_equal, 0.0)) is undecided
    if low is not None:
        assert not _is_undecided(gap, 0.1, None)
        assert not _is_undecided(gap, None, Power(passes_equal, 0.0))


def test_power_by_the_spread_of_the_resamples():
    """A margin of 0.04 is a fifth of 0.2, half of which is 0.1; the spread is 0.05.

    The interval is 1.96 of it wide: 0.8 and -1.2 less that, -1.16 and -3.16 deviations.
    """
    found = comparison_power(np.array([9.0, 0.05, -0.05]), 0.04, 10_000_000)
    assert found.passes_equal == pytest.approx(0.1230, abs=1e-4)
    assert found.passes_half == pytest.approx(0.00079, abs=1e-5)


def calibrated(ratio, slope):
    return is_calibrated(SimpleNamespace(ratio=ratio, slope=slope)).passed


@pytest.mark.parametrize(
    ("low", "high", "of_ratio", "of_slope"),
    [
        (0.1, 0.67, True, True),
        (0.1, 0.6699, False, True),
        (0.1, 0.5, False, True),
        (0.1, 0.4999, False, False),
        (1.5, 3.0, True, True),
        (1.5001, 3.0, False, True),
        (2.0, 3.0, False, True),
        (2.0001, 3.0, False, False),
    ],
)
def test_calibration_fails_where_the_whole_interval_is_outside(low, high, of_ratio, of_slope):
    figure = Estimate(1.0, low, high, 50)
    assert calibrated(figure, NOTHING) is of_ratio
    assert calibrated(NOTHING, figure) is of_slope


def test_calibration_is_undecided_where_no_figure_has_an_interval():
    """As with nine events; an undecided calibration does not stop a model that ranks no worse."""
    known = Estimate(1.0, 0.9, 1.1, 50)
    for figure in (NOTHING, dataclasses.replace(known, low=None, high=None)):
        check = is_calibrated(SimpleNamespace(ratio=figure, slope=NOTHING))
        assert (check.passed, check.undecided) == (False, True)
        decision = decide(
            [Check("average_precision", True, {}), check], first=False, few_events=False
        )
        assert (decision.passed, decision.grounds) == (True, "no_worse")
        assert decision.failed_checks() == ()
    for ratio, slope in ((known, NOTHING), (NOTHING, known)):
        check = is_calibrated(SimpleNamespace(ratio=ratio, slope=slope))
        assert (check.passed, check.undecided) == (True, False)


def test_events_of_rows_without_a_probability_say_nothing_about_calibration():
    """Of sixteen events of as many projects, nine have a probability: too few for an interval."""
    labels = np.array([1.0, 0.0] * 16)
    for judged, decided in ((9, False), (10, True)):
        chances = np.where(np.arange(32) < 32 - 2 * judged, np.nan, np.linspace(0.9, 0.1, 32))
        given = dataclasses.replace(rivals(labels, labels, labels), probability={MODEL: chances})
        weights = bootstrap_weights(given.clusters, n_resamples=50)
        found = calibration_of(given, MODEL, labels, weights)
        assert found.ratio.positives == judged
        assert (found.ratio.low is not None) is decided


@pytest.mark.parametrize(
    ("name", "grounds"),
    [
        ("average_precision", "worse"),
        ("precision_capacity", "worse"),
        ("calibration", "not_calibrated"),
        ("fairness", "unfair"),
        ("leaks", "too_good"),
    ],
)
def test_one_failed_check_decides(name, grounds):
    checks = [Check("other", True, {}), Check(name, False, {}), Check("last", True, {})]
    for few_events in (False, True):
        decision = decide(checks, first=False, few_events=few_events, over_scorecard=True)
        assert (decision.passed, decision.grounds) == (False, grounds)
        assert decision.failed_checks() == (name,)
    undecided = Check(name, False, {}, undecided=True)
    grounds = "cannot_tell" if name in COMPARED else "no_worse"
    assert decide([undecided], first=False, few_events=False).grounds == grounds
    passed = decide([checks[0], checks[2]], first=False, few_events=False)
    assert (passed.passed, passed.grounds) == (True, "no_worse")
    first = decide(checks, first=True, few_events=False)
    assert (first.passed, first.grounds, first.checks) == (True, "first_model", tuple(checks))


def test_a_scorecard_replaces_only_a_scorecard():
    trained = SimpleNamespace(model=SimpleNamespace(kind="scorecard"))
    champions = {kind: (SimpleNamespace(kind=kind), None) for kind in ("scorecard", "lightgbm")}
    passed = Check("fairness", True, {})
    assert _decide_on_scorecard(trained, champions["scorecard"], [passed]).grounds == "few_events"
    refused = _decide_on_scorecard(trained, champions["lightgbm"], [passed])
    assert (refused.passed, refused.grounds) == (False, "worse")
    assert _decide_on_scorecard(trained, None, [passed]).grounds == "first_model"
    assert is_fair(Fairness(MODEL, 20, 0.05, 0, ())).passed


def test_the_champion_is_compared_on_its_own_rows():
    made = rivals([1, 2, 3], [0, 0, 0], [1, 0, 0])
    theirs = ChampionScores(np.array([7.0, 8.0, 9.0]), np.array([True, False, True]))
    found = _with_champion(made, theirs)
    assert found.project_ids == ("P0", "P2")
    assert {name: one.tolist() for name, one in found.scores.items()} == {
        MODEL: [1.0, 3.0],
        CHAMPION: [7.0, 9.0],
    }


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("won", "found"),
    # Of 100 pairs of ten events and ten others; one equal pair counts half.
    [(95.0, []), (95.5, [0.955]), (96.0, [0.96])],
)
def test_a_feature_is_suspicious_above_095(sign, won, found):
    """Nine events rank first; the tenth outranks ``won`` - 90 of the ten others."""
    events = [20.0] * 9 + [won - 90]
    others = [float(row) for row in range(10)]
    if won % 1:  # equal to the one at 5, above those at 0 to 4
        events[-1] = 5.0
    else:
        events[-1] -= 0.5
    values = sign * np.array([*events, *others, 99.0])
    values[-1] = np.nan
    labels = np.array([1.0] * 10 + [0.0] * 11)

    def suspicious(projects, given=labels):
        days = np.full(21, DAY)
        matrix = Matrix(days, tuple(projects), ("feature",), values[:, None])
        return [round(one.roc_auc, 6) for one in suspicious_features(matrix, given)]

    assert suspicious(f"P{row}" for row in range(21)) == found
    assert suspicious(f"P{row // 2}" for row in range(21)) == [], "five distinct events"


def test_chances_that_are_nearly_alike_fail_where_the_rates_differ():
    """Of 3.7 % come 2 %, of 4 % come 5 %: the slope is 11.7, though the ratio is near 1."""
    predicted = np.repeat([0.037, 0.04], 1_000)
    labels = np.concatenate([[1.0] * n + [0.0] * (1_000 - n) for n in (20, 50)])
    weights = cluster_weights([str(row) for row in range(2_000)], n_resamples=100)
    report = calibration_report(predicted, labels, weights)
    assert report.ratio.low < 1.1 < report.ratio.high
    assert report.slope.low > 2
    assert not is_calibrated(report).passed


def test_nine_distinct_events_raise_no_suspicion():
    for events in (9, 10):
        known = np.array([1.0] * events + [0.0] * 9)
        names = tuple(f"P{row}" for row in range(len(known)))
        matrix = Matrix(np.full(len(known), DAY), names, ("feature",), known[:, None])
        found = [one.feature for one in suspicious_features(matrix, known)]
        assert found == (["feature"] if events == 10 else [])
