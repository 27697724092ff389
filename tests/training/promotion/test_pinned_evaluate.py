"""The gate's document on a holdout of two months that can be checked on paper."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import asdict, replace

import numpy as np
import pytest

from features.matrix import feature_matrix
from models.logistic import LogisticHyperparameters, LogisticModel
from models.registry import ModelVersion
from models.scorecard import Scorecard
from training.dataset.labels import event_log
from training.dataset.training_set import TrainingSet
from training.evaluation.bootstrap import bootstrap_weights
from training.evaluation.calibration import calibration_report
from training.evaluation.challengers import Challenger
from training.evaluation.predictions import MODEL
from training.fit.fit import Holdout, Trained
from training.promotion.challengers import challenger_probability, judge_challenger
from training.promotion.evaluate import _predictions, evaluate_challenger

from ..evaluation.test_pinned_figures import predictions
from ..fit.test_pinned_fit import made

MONTHS = [dt.date(2024, 6, 1), dt.date(2024, 7, 1)]
RECIPE = LogisticHyperparameters(0.5)


@pytest.fixture(scope="module")
def scene():
    """P00 owes in August, at P01 nothing was owed, nobody was at P02; the model ranks 1, 0, 2.

    Expected is a fifth of an event at P2 too, from an open case. ``store``, the training set, its
    holdout, and a matrix of June with 21 projects more.
    """
    from ...conftest import World
    from ...empty_store import empty_store

    with empty_store() as store:
        world = World(store)
        for number in range(24):
            name = f"P{number:02}"
            world.project(name, contractor_id=f"C{number:02}", funding="private")
        for number in range(2):
            on = {"inspected_on": f"2024-08-0{number + 1}", "known_at": "2024-08-09"}
            world.add("inspections", inspection_id=f"I{number}", project_id=f"P0{number}",
                      arrears_found=number == 0, **on)  # fmt: skip
        every = feature_matrix(store, MONTHS)
        matrix = every.where(np.isin(every.project_ids, ["P00", "P01", "P02"]))
        labels = np.tile([1.0, 0.0, 0.0], 2)
        expected = np.tile([1.0, 0.0, 0.2], 2)
        log = event_log(store, dt.date(2025, 1, 1))
        held = Holdout(matrix, np.tile([2.0, 3.0, 1.0], 2), labels, expected, np.full(6, 0.3))
        given = TrainingSet(log, tuple(MONTHS), matrix, labels, expected, 1)
        yield store, given, held, every.rows_at(MONTHS[0])


def model_of(held):
    columns = held.matrix.columns
    nothing = (0.0,) * len(columns)
    return LogisticModel(columns, ((0.5,),) * len(columns), nothing, nothing, 0.0)


def trained_on(held, recipe=RECIPE, model=None):
    given = model or model_of(held)
    return Trained(given, MONTHS[-1], None, None, 6, 2, 1, 30, {}, {}, held, recipe)


def version_of(model, about=None):
    return model, ModelVersion("1", model.kind, MONTHS[0], "", (), about or {})


def test_the_document_is_of_the_holdout_on_lists_of_one(scene):
    """P01 is first in both months, P00 second: average precision 1/2, no event on a list of one."""
    store, given, held, _ = scene
    found = evaluate_challenger(store, given, trained_on(held), None, capacity=1)
    assert (found.document["months"], found.document["places"]) == (
        ["2024-06-01", "2024-07-01"],
        1,
    )
    figures = found.document["figures"]
    assert set(figures) == {MODEL, "rules", "scorecard", "last_inspection", "random"}
    assert figures[MODEL]["average_precision"]["value"] == pytest.approx(1 / 2)
    assert figures[MODEL]["precision_capacity"]["value"] == 0
    assert figures["random"]["precision_capacity"]["value"] == pytest.approx(1 / 3)
    months = found.document["by_month"]
    assert [(one["as_of"], one["events"], one["precision"][MODEL]) for one in months] == [
        ("2024-06-01", 1, 0),
        ("2024-07-01", 1, 0),
    ]
    # 0.3 of a project each, to 1, 0 and 0.2 of an event: 0.9 to 1.2.
    assert found.document["calibration"]["ratio"]["value"] == pytest.approx(0.9 / 1.2)
    assert (found.decision.passed, found.decision.grounds) == (True, "first_model")
    assert [one.name for one in found.decision.checks] == ["calibration", "fairness", "leaks"]
    assert "challengers" not in found.document
    assert found.suspicious == ()


def test_labels_and_observations_are_those_known_at_the_training_day(scene):
    store, given, held, _ = scene
    found = _predictions(store, held, given, [])
    assert found.clusters == ("C00", "C01", "C02") * 2
    assert found.labels.tolist() == [1, 0, 0] * 2
    assert np.array_equal(found.observed, np.tile([1, 0, np.nan], 2), equal_nan=True)
    assert found.scores[MODEL].tolist() == [2, 3, 1] * 2
    assert found.attributes["funding"].tolist() == ["private"] * 6
    earlier = replace(given, log=event_log(store, dt.date(2024, 8, 9)))
    assert np.isnan(_predictions(store, held, earlier, []).observed).all()


@pytest.mark.parametrize(
    ("champion", "passed", "grounds"),
    [
        ("same recipe", True, "same_recipe"),
        ("scorecard", True, "more_events"),
        ("no holdout", False, "worse"),
        ("scorecard again", True, "few_events"),
        ("scorecard over a regression", False, "worse"),
    ],
)
def test_the_decision_follows_from_what_the_champion_is(scene, champion, passed, grounds):
    """With two events nothing can be compared."""
    store, given, held, _ = scene
    card, regression = Scorecard(), model_of(held)
    trained, rival = {
        "same recipe": (
            trained_on(held),
            version_of(regression, {"recipe": {"strength": RECIPE.strength}}),
        ),
        "scorecard": (trained_on(held), version_of(card)),
        "no holdout": (trained_on(None, None, card), version_of(regression)),
        "scorecard again": (trained_on(held, None, card), version_of(card)),
        "scorecard over a regression": (trained_on(held, None, card), version_of(regression)),
    }[champion]
    found = evaluate_challenger(store, given, trained, rival, capacity=1)
    assert (found.decision.passed, found.decision.grounds) == (passed, grounds)
    names = [one.name for one in found.decision.checks]
    judged = [] if champion == "no holdout" else ["calibration", "fairness", "leaks"]
    compared = ["average_precision", "precision_capacity"]
    assert names == [*(compared if trained.recipe else compared[:1]), *judged]
    assert found.document["gate"] == asdict(found.decision)


def test_challengers_are_judged_on_the_same_months(scene):
    """Two months hold no fold, so that the challenger gives no chance to any row."""
    store, given, held, _ = scene
    others = [Challenger("mine", object())]
    found = evaluate_challenger(
        store, given, trained_on(held), None, capacity=1, challengers=others
    )
    assert set(found.document["challengers"]) == {"mine"}
    judged = found.document["challengers"]["mine"]["checks"]
    assert judged[0]["figures"]["champion"] == pytest.approx(1 / 2)
    # Tied are one event and two others: 1/3 of 1, 1/2 and 1/3.
    assert judged[0]["figures"]["challenger"] == pytest.approx(11 / 18)
    assert found.document["figures"]["challenger/mine"]["precision_capacity"]["value"] == (
        pytest.approx(1 / 3)
    )


def test_the_calibration_of_the_gate_has_every_resample(scene):
    """Twelve projects of as many contractors with an event, most of the likely ones."""
    labels = np.isin(np.arange(24), [*range(8), 10, 13, 15, 18]).astype(float)
    chances = np.linspace(0.9, 0.1, 24)
    given = predictions(-chances, labels)
    given = dataclasses.replace(given, scores={**given.scores, "mine": chances})
    nothing = np.full(24, None, dtype=object)
    names = ("region_code", "funding", "sector", "registered_capital", "contract_amount")
    given = dataclasses.replace(
        given, probability={"mine": chances}, attributes=dict.fromkeys(names, nothing)
    )
    decision = judge_challenger(given, "mine", 4)
    assert (decision.passed, decision.grounds) == (True, "no_worse")
    figures = {one.name: one.figures for one in decision.checks}
    weights = bootstrap_weights(given.clusters)
    expected = calibration_report(chances, labels, weights[1:], 12, 12)
    assert figures["calibration"]["ratio"] == asdict(expected.ratio)
    assert expected.ratio.low < 1 < expected.ratio.high
    assert figures["average_precision"]["difference"]["value"] > 0.5
    # A model of the same chances, where half of another event is expected.
    store, training_set, _, matrix = scene
    probable = labels + 0.5 * (np.arange(24) == 12)
    judged = Holdout(matrix, chances, labels, probable, chances)
    found = evaluate_challenger(
        *(store, replace(training_set, matrix=matrix)), trained_on(judged), None, capacity=4
    )
    weights = bootstrap_weights(tuple(f"C{number:02}" for number in range(24)))
    expected = calibration_report(chances, probable, weights[1:], 12, 12)
    assert found.document["calibration"] == asdict(expected)
    assert expected.ratio.value == pytest.approx(12 / 12.5)


class OfRows:
    """Gives a thousandth for each row that it was fitted on."""

    def fit(self, features, labels):
        self.chance = len(features) / 1_000
        return self

    def predict_proba(self, features):
        return np.tile([1 - self.chance, self.chance], (len(features), 1))


def test_a_challenger_learns_from_the_months_before_each_fold():
    """Of twenty months the folds begin with the 11th, 14th and 17th, after 8, 11 and 13 of four.

    The 14th month is February 2025, 89 days before May. The holdout begins with the 13th.
    """
    given = made(20, 4, [*range(0, 80, 4)])
    held = given.matrix.where(given.matrix.as_ofs >= np.datetime64("2025-01-01"))
    found = challenger_probability(Challenger("rows", OfRows()), given, held)
    assert found.tolist() == [0.032] * 4 + [0.044] * 12 + [0.052] * 16
