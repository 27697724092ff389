"""A model that was fitted in place of the champion scores later months while nothing changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

from features.matrix import Matrix
from models.arrears import hyperparameters_for
from models.logistic import LogisticHyperparameters
from training.fit.fit import Holdout, Trained
from training.monitoring.lost_inputs import LostFeed, LostInputs
from training.stand_in import (
    StandInRequest,
    _card_with_champions_rate,
    _Keys,
    _recipe,
    _with_whole_holdout,
    find_or_train,
)

from ..empty_store import empty_store

TRAINED, MAY, JUNE = dt.date(2025, 3, 1), dt.date(2025, 5, 1), dt.date(2025, 6, 1)
LOST = LostInputs((LostFeed("payments", dt.date(2025, 2, 20)),), ("late_share",), 0.4)
IN_MAY = StandInRequest(SimpleNamespace(version="3", trained_at=TRAINED), MAY, LOST, None)
IN_JUNE = replace(IN_MAY, as_of=JUNE)


@pytest.fixture
def store():
    with empty_store() as found:
        _know(found, "O1", "2025-02-01")
        yield found


def _keys(store, request):
    keys = _Keys(store, request)
    return {"of_training": keys.of_training, "of_date": keys.of_date}


def _know(store, name, day):
    insert = "INSERT INTO organizations (org_id, known_at, arrival) VALUES (?, ?, 1)"
    store.connection.execute(insert, [name, day])


def test_a_month_later_the_fitted_model_is_found_and_the_scorecard_is_not(store):
    in_may, in_june = _keys(store, IN_MAY), _keys(store, IN_JUNE)
    assert in_may["of_training"] == in_june["of_training"]
    assert len({*in_may.values(), *in_june.values()}) == 3


@pytest.mark.parametrize(
    ("day", "changes"),
    [
        ("2025-02-28", {"of_training", "of_date"}),
        ("2025-03-01", {"of_date"}),
        ("2025-05-01", set()),
    ],
)
def test_records_known_before_the_training_change_the_model(store, day, changes):
    before = _keys(store, IN_MAY)
    _know(store, "O2", day)
    after = _keys(store, IN_MAY)
    assert {name for name in before if before[name] != after[name]} == changes


def test_the_records_are_hashed_once_for_a_model_that_is_fitted(store, monkeypatch):
    """Each time reads all of them: where the model is found, what is known now is not hashed."""
    asked, digest = [], store.digest
    monkeypatch.setattr(store, "digest", lambda day: asked.append(day) or digest(day))
    registry = SimpleNamespace(stand_in=lambda key: f"for {key}")
    keys = _Keys(store, IN_MAY)
    assert find_or_train(registry, store, IN_MAY, None) == f"for {keys.of_training}"
    assert keys.digest == digest(TRAINED)
    assert asked == [TRAINED, TRAINED]
    scorecards = SimpleNamespace(stand_in={keys.of_date: "scorecard"}.get)
    assert find_or_train(scorecards, store, IN_MAY, None) == "scorecard"


@pytest.mark.parametrize(
    "other",
    [
        replace(IN_MAY, champion=SimpleNamespace(version="4", trained_at=TRAINED)),
        replace(IN_MAY, champion=SimpleNamespace(version="3", trained_at=dt.date(2025, 2, 1))),
        replace(IN_MAY, lost=replace(LOST, features=("late_share", "late_trend"))),
        replace(IN_MAY, lost=replace(LOST, feeds=(LostFeed("payments", None),))),
    ],
)
def test_another_champion_or_other_losses_change_the_model(store, other):
    assert _keys(store, other)["of_training"] != _keys(store, IN_MAY)["of_training"]


@pytest.mark.parametrize(
    ("evidence", "capacity"), [(None, 20), ({}, 20), ({"places": 0}, 20), ({"places": 7}, 7)]
)
def test_a_list_is_as_long_as_where_the_champion_was_judged(evidence, capacity):
    champion = SimpleNamespace(about={"evidence": evidence})
    assert replace(IN_MAY, champion=champion).capacity == capacity
    assert replace(IN_MAY, champion=SimpleNamespace(about={})).capacity == 20


@pytest.mark.parametrize(
    ("about", "rate", "mean"),
    [
        ({"positives": 3, "rows": 60}, 0.05, 0.05),
        ({"positives": 0, "rows": 60}, 0, 0.001),
        ({"positives": 54, "rows": 60}, 0.9, 0.5),
        ({"positives": 0, "rows": 0}, 0.03, 0.03),
        ({"maturity_days": 45}, 0.03, 0.03),
    ],
)
def test_the_card_that_stands_in_has_the_rate_of_the_champion(store, about, rate, mean):
    """Of four projects one is listed; the feature that is lost counts for none."""
    columns = ("listed", "late_share", "complaints_90d")
    values = np.array([[1.0, 1, np.nan], *[[np.nan, 1, np.nan]] * 3])
    cohort = Matrix(np.full(4, np.datetime64(MAY)), tuple("ABCD"), columns, values)
    champion = SimpleNamespace(version="3", trained_at=TRAINED, about=about)
    request = replace(IN_MAY, champion=champion, cohort=cohort)
    keys = _Keys(store, request)
    trained, stored, artifacts = _card_with_champions_rate(store, request, keys, 9)
    assert stored["records_digest"] == store.digest(TRAINED)
    left = cohort.select_columns(["listed", "complaints_90d"])
    chance = trained.model.calibration.probability(trained.model.raw(left))
    assert chance.mean() == pytest.approx(mean)
    assert "late_share" not in trained.model.columns
    assert (trained.parameters, artifacts) == ({"rate": rate}, {})
    assert (trained.rows, trained.positives, trained.events) == (0, 0, 9)
    assert trained.maturity_days == about.get("maturity_days", 0)
    assert stored["trained_at"] == TRAINED.isoformat()


def test_a_scorecard_has_no_recipe():
    assert _recipe(SimpleNamespace(kind="scorecard", about={})) is None


@pytest.mark.parametrize(
    ("parameters", "most"),
    [({"rounds": 40}, 140), ({"rounds": 300}, 400), ({"rounds": 400}, 400), ({}, 400), (None, 400)],
)
def test_rounds_are_searched_up_to_a_hundred_above_those_of_the_champion(parameters, most):
    stored = asdict(hyperparameters_for(500))
    champion = SimpleNamespace(kind="lightgbm", about={"recipe": stored, "parameters": parameters})
    assert _recipe(champion) == replace(hyperparameters_for(500), max_rounds=most)


def test_the_recipe_of_a_regression_stays():
    stored = asdict(LogisticHyperparameters(0.003))
    champion = SimpleNamespace(kind="logistic", about={"recipe": stored, "parameters": {}})
    assert _recipe(champion) == LogisticHyperparameters(0.003)


def test_the_holdout_gets_all_columns_of_its_months():
    days = np.array(["2025-01-01", "2025-02-01", "2025-02-01"], dtype="datetime64[D]")
    whole = Matrix(days, tuple("ABC"), ("a", "b"), np.arange(6.0).reshape(3, 2))
    part = whole.where(days > days[0]).select_columns(["b"])
    none = np.zeros(2)
    holdout = Holdout(part, none, none, none, none)
    trained = Trained(None, MAY, None, None, 0, 0, 0, 0, {}, {}, holdout)
    found = _with_whole_holdout(trained, whole).holdout.matrix
    assert (found.columns, found.project_ids) == (("a", "b"), ("B", "C"))
    alone = replace(trained, holdout=None)
    assert _with_whole_holdout(alone, whole) is alone
