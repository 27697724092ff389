"""Learning from other counties' models: better than own records alone, never from the future."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

from features.matrix import Matrix
from models.arrears import MergedHyperparameters
from models.shared_models import (
    SharedModels,
    SharedModelsFromLater,
    SharedModelsOfOtherFeatures,
    SharedPart,
)
from models.shared_trees import read_booster
from training.dataset.labels import EventLog
from training.dataset.training_set import TrainingSet
from training.evaluation.champion import _recipe
from training.fit.fit import fit
from training.fit.ladder import default_recipe, simpler_than
from training.fit.out_of_time import shared_boosters
from training.metrics import average_precision
from training.shared import with_shared_models, with_shared_of

AS_OF = dt.date(2025, 7, 1)
MONTHS = np.arange("2024-01", "2025-01", dtype="datetime64[M]").astype("datetime64[D]")
COLUMNS = ("days_to_festival", "workers", "oldest_unpaid_days")
PROJECTS = 100


def county(seed, rate=0.04):
    """A county whose risk rises with the last two features; about ``rate`` of rows positive."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(PROJECTS * len(MONTHS), len(COLUMNS)))
    raw = 1.2 * values[:, 1] + 1.2 * values[:, 2] + np.log(rate / (1 - rate)) - 1
    labels = (random.random(len(raw)) < 1 / (1 + np.exp(-raw))).astype(float)
    as_ofs = np.repeat(MONTHS, PROJECTS)
    names = tuple(f"P{n % PROJECTS}" for n in range(len(raw)))
    matrix = Matrix(as_ofs, names, COLUMNS, values)
    dates = tuple(MONTHS.tolist())
    return TrainingSet(EventLog(AS_OF, {}, 30), dates, matrix, labels, labels, int(labels.sum()))


def part(number, training_set, **changes):
    recipe = default_recipe(replace(training_set, events=500))
    boosters = shared_boosters(training_set, recipe)
    facts = {
        "origin": f"{number:032x}", "office": f"county {number}", "by": "a", "exported_at": AS_OF,
        "trained_at": AS_OF, "kind": "project", "events": training_set.events,
        "positives": training_set.events, "rows": len(training_set.target), "definitions": {},
        "columns": COLUMNS,
        "boosters": tuple(read_booster(one.model_to_string()) for one in boosters),
    }  # fmt: skip
    return SharedPart(**{**facts, **changes})


@pytest.fixture(scope="module")
def parts():
    return tuple(part(number, county(number)) for number in range(2, 5))


def with_parts(training_set, parts):
    return replace(training_set, shared={"digest": parts}, use_shared="digest")


def test_the_models_of_three_others_make_a_small_county_rank_better(parts):
    own, later = county(1, rate=0.015), county(11, rate=0.2)
    assert 10 <= own.events < 50
    precisions = [
        average_precision(fit(one).model.raw(later.matrix), later.target)
        for one in (own, with_parts(own, parts))
    ]
    assert precisions[1] > precisions[0] + 0.02


def test_a_county_without_events_takes_the_ranking_and_keeps_its_own_rate(parts):
    blank = county(1)
    none = np.zeros(len(blank.target))
    blank = replace(blank, target=none, expected=none, events=0)
    trained = fit(with_parts(blank, parts))
    assert trained.recipe == MergedHyperparameters("digest", None)
    assert simpler_than(trained.recipe) is None  # the scorecard
    later = county(11, rate=0.2)
    raw = trained.model.raw(later.matrix)
    assert average_precision(raw, later.target) > 2 * later.target.mean()
    chance = trained.model.calibration.probability(trained.model.raw(blank.matrix))
    assert chance.mean() < 0.01  # 200 rows at 3 % are 6 events in 1,400 rows


def test_the_recipe_is_stored_as_json_and_read_back():
    own = default_recipe(replace(county(1), events=500))
    for recipe in (MergedHyperparameters("d" * 64, own), MergedHyperparameters("d" * 64, None)):
        stored = asdict(recipe)
        if stored["own"]:
            stored["own"]["seeds"] = list(stored["own"]["seeds"])
        assert _recipe(stored) == recipe


def test_parts_from_later_of_other_features_and_of_oneself_are_not_used(parts):
    own = county(1)
    used = with_shared_models(own, SharedModels(parts=parts), {}, parts[0].origin)
    assert used.shared[used.use_shared] == parts[1:]
    alone = with_shared_models(own, SharedModels(parts=parts[:1]), {}, parts[0].origin)
    assert alone.use_shared is None
    with pytest.raises(SharedModelsOfOtherFeatures):
        with_shared_models(own, SharedModels(parts=parts), {"stage": "0" * 64}, "")
    later = parts[0].model_copy(update={"trained_at": AS_OF + dt.timedelta(days=1)})
    with pytest.raises(SharedModelsFromLater) as caught:
        with_shared_models(own, SharedModels(parts=(later,)), {}, "")
    assert "2025-07-02" in caught.value.message("zh")


def test_parts_a_version_was_trained_with_are_used_again_if_they_have_the_same_columns(parts):
    own, file = county(1), SharedModels(parts=parts)
    registry = SimpleNamespace(
        artifact=lambda version, name: file.to_text(), origin=lambda: parts[0].origin
    )
    version = SimpleNamespace(version="3", about={"shared": {"digest": file.digest}})
    assert with_shared_of(own, registry, version).shared == {file.digest: parts[1:]}
    assert with_shared_of(own, registry, None) is own
    assert with_shared_of(own, registry, SimpleNamespace(version="3", about={})) is own
    narrowed = replace(own, matrix=own.matrix.select_columns(COLUMNS[:2]))
    assert with_shared_of(narrowed, registry, version) is narrowed
