"""Selection of hyperparameters, worked out on paper: leads, regrets, months, candidates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.arrears import MergedHyperparameters
from models.logistic import LogisticHyperparameters
from training.fit import tuning
from training.fit.model_selection import (
    Candidate,
    _by_month,
    _is_clear_lead,
    choose,
    evaluate_candidate,
)
from training.fit.tuning import _regressions, _search, training_set_digest, tune

from .test_pinned_fit import REGRESSION, SMALL, days, made


@pytest.mark.parametrize(
    ("mean", "clear"),
    # Six months of 0.1 more and 0.1 less have a standard deviation of 0.1095; three months are
    # one observation, so the error is 0.1095 / sqrt(2) = 0.0775 and 1.64 of it 0.1270.
    [(0.126, False), (0.128, True)],
)
def test_a_lead_is_clear_beyond_its_error(mean, clear):
    assert _is_clear_lead(np.tile([-0.1, 0.1], 3) + mean) is clear


def test_a_lead_of_less_than_four_months_is_not_clear():
    assert not _is_clear_lead(np.full(3, 0.5))
    assert _is_clear_lead(np.full(4, 0.5))
    assert not _is_clear_lead(np.zeros(4))


def candidate(name, *by_month):
    return Candidate(name, SMALL, by_month, np.zeros(1))


def test_of_equals_the_first_is_chosen_and_a_worst_month_may_be_as_bad():
    """A quarter better in eleven months and worse in one: 2.5 / 12 with an error of 0.072."""
    default = candidate("default", *[0.5] * 12)
    better = candidate("better", *[0.75] * 11, 0.25)
    same = candidate("same", *[0.75] * 11, 0.25)
    found = choose([default, better, same])
    assert found.chosen.name == "better"
    assert [(one.name, one.mean, one.worst) for one in found.regrets] == [
        *(("better", 0.25 / 12, 0.25), ("same", 0.25 / 12, 0.25)),
        ("default", 0.25 * 11 / 12, 0.25),
    ]
    assert found.months == 12
    assert all(one.out_of_time is None for one in found.candidates)
    worse = candidate("worse once", *[0.75] * 11, 0.2)
    assert choose([default, worse]).chosen.name == "default"


def test_a_lead_within_its_error_replaces_nothing():
    """0.135 better and 0.115 worse by turns: less regret, but a lead of 0.01 is no clear one."""
    default = candidate("default", *[0.5] * 6)
    found = choose([default, candidate("lucky", *[0.635, 0.385] * 3)])
    assert (found.chosen.name, found.regrets[0].name) == ("default", "lucky")


def test_without_months_nothing_is_regretted():
    found = choose([candidate("default"), candidate("other")])
    assert (found.months, [(one.mean, one.worst) for one in found.regrets]) == (0, [(0, 0)] * 2)


def test_months_without_events_have_no_precision():
    """In January the event is second of two, in March the first; none owes in February."""
    as_ofs = np.repeat(days("2024-01-01", "2024-02-01", "2024-03-01"), 2)
    found = _by_month(as_ofs, np.array([2.0, 1, 2, 1, 2, 1]), np.array([0.0, 1, 0, 0, 1, 0]))
    assert found == (0.5, 1.0)


ORDERED = made(20, 4, [*range(0, 80, 4)], np.arange(80) % 4 == 0)
"""The first of four projects owes in each of twenty months, and has the greater value."""


def test_a_candidate_is_judged_in_the_months_that_earlier_ones_score():
    found = evaluate_candidate(ORDERED, "regression", REGRESSION)
    assert found.by_month == (1.0,) * 10
    assert found.mean == 1.0
    assert found.out_of_time.shape == (80, 1)


def test_regressions_of_other_strengths_are_compared():
    rest = [0.003, 0.001]
    drawn = LogisticHyperparameters(0.01, from_scorecard=True)
    assert _regressions(drawn) == [LogisticHyperparameters(one, True) for one in rest]
    assert _regressions(SMALL) == [LogisticHyperparameters(one) for one in [0.01, *rest]]


def test_what_is_compared_depends_on_the_events(tmp_path):
    """Few events: nothing. Then regressions; with models of others these and the own records."""
    file = tmp_path / "study.sqlite"
    assert tune(replace(ORDERED, events=9), 3, 7, file) is None
    found = tune(ORDERED, 3, 7, file)
    assert [one.name for one in found.candidates] == ["default", "logistic 0.003", "logistic 0.001"]
    assert all(one.hyperparameters.from_scorecard for one in found.candidates)
    assert not file.exists()


def test_with_models_of_others_own_records_alone_are_compared(tmp_path, monkeypatch):
    recipes = []

    def evaluated(training_set, name, recipe):
        recipes.append((name, recipe))
        return Candidate(name, recipe, ())

    monkeypatch.setattr(tuning, "evaluate_candidate", evaluated)
    merged = replace(ORDERED, use_shared="d", shared={"d": ()})
    tune(replace(merged, events=9), 3, 7, tmp_path / "study.sqlite")
    assert recipes == [("default", MergedHyperparameters("d", None))]
    recipes.clear()
    tune(merged, 3, 7, tmp_path / "study.sqlite")
    drawn = LogisticHyperparameters(0.01, from_scorecard=True)
    assert recipes[1] == ("own records alone", drawn)
    assert [name for name, _ in recipes[2:]] == ["logistic 0.003", "logistic 0.001"]
    recipes.clear()
    tune(replace(ORDERED, events=80, target=np.ones(80)), 0, 7, tmp_path / "study.sqlite")
    names = ["default", "logistic 0.01", "logistic 0.003", "logistic 0.001"]
    assert [name for name, _ in recipes] == names


def test_a_digest_is_of_all_features_and_labels(monkeypatch):
    matrix = ORDERED.matrix
    digest = training_set_digest(ORDERED)
    changed = [
        replace(ORDERED, target=1 - ORDERED.target),
        replace(ORDERED, expected=1 - ORDERED.expected),
        *(
            replace(ORDERED, matrix=replace(matrix, **change))
            for change in (
                {"columns": ("workers",)},
                {"project_ids": matrix.project_ids[::-1]},
                {"as_ofs": matrix.as_ofs + 1},
                {"values": matrix.values + 1},
            )
        ),
    ]
    assert len({digest, *map(training_set_digest, changed)}) == 7
    first, last = (np.where(np.arange(80) == row, 0.5, ORDERED.target) for row in (0, 79))
    monkeypatch.setattr(tuning, "_BATCH_ROWS", 7)
    assert training_set_digest(ORDERED) == digest
    assert training_set_digest(replace(ORDERED, target=first)) != digest
    assert training_set_digest(replace(ORDERED, target=last)) != digest


@pytest.fixture
def judged_by_rows(monkeypatch):
    """Candidates are not fitted; the precision of each is its share of rows, in two months."""

    def evaluated(training_set, name, recipe):
        return Candidate(name, recipe, (recipe.row_share, recipe.row_share))

    monkeypatch.setattr(tuning, "evaluate_candidate", evaluated)


def ranges():
    """What a search proposes from."""
    from optuna import distributions  # takes half a second to import

    whole, number = distributions.IntDistribution, distributions.FloatDistribution
    return {
        "leaves": whole(2, 31, log=True),
        "min_rows_in_leaf": whole(20, 500, log=True),
        "l2": number(1.0, 100.0, log=True),
        "learning_rate": number(0.02, 0.1, log=True),
        "feature_share": number(0.1, 0.8),
        "row_share": number(0.3, 0.9),
    }


def drawn_by(seed):
    """The first proposal of a search with this seed."""
    import optuna

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    return study.ask(ranges()).params


def test_a_search_proposes_all_numbers_within_their_ranges(judged_by_rows):
    import optuna

    study = optuna.create_study(direction="maximize")
    tuning._run_trial(study, ORDERED, SMALL)
    (trial,) = study.trials
    assert trial.distributions == ranges()
    assert trial.value == trial.params["row_share"]


def test_a_search_draws_each_trial_by_its_number_and_stores_it(tmp_path, judged_by_rows):
    """The seed of the second trial is one more than the greatest there is: 0.

    The first five are drawn as if there were no other, the sixth goes by them.
    """
    file, progress = tmp_path / "study.sqlite", []
    default = replace(SMALL, max_rounds=20)
    seed = 2**32 - 1

    def search(trials):
        return _search(ORDERED, default, trials, seed, file, lambda *one: progress.append(one))

    assert search(0) == []
    assert not file.exists()
    found = search(2)
    assert progress == [("tuning", 0.5), ("tuning", 1.0)]
    assert [one.name for one in found] == ["trial 0", "trial 1"]
    drawn = [replace(default, **drawn_by(number)) for number in (seed, 0, 1, 2, 3, 4)]
    assert [one.hyperparameters for one in found] == drawn[:2]
    assert [one.by_month for one in found] == [(one.row_share,) * 2 for one in drawn[:2]]
    assert search(1) == found[:1]
    assert len(progress) == 2
    six = search(6)
    assert six[:2] == found
    agreed = [one.hyperparameters == by_seed for one, by_seed in zip(six, drawn, strict=True)]
    assert agreed == [True] * 5 + [False]
    assert len(progress) == 6
