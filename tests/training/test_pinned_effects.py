"""The sample of rows behind effects, and what is stored of inputs, by hand."""

from __future__ import annotations

import datetime as dt
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from features.matrix import Matrix
from models.logistic import LogisticModel
from models.scorecard import Scorecard
from risk.calendar.dates import add_months
from training.artifacts import _importance, missing_feeds, typical_row
from training.effects import Sample, effects, sample_of, to_text

from ..empty_store import empty_store

NAN = math.nan


def sample(values, contributions, names=("unpaid_amount",)):
    return Sample(
        "2025-01-01", "2025-03-01", tuple(names), np.array(values), np.array(contributions)
    )


def test_low_and_high_are_the_outer_quarters_of_the_known_values():
    parts = [[-0.2], [-0.1], [0.1], [0.4], [0.0]]
    (one,) = effects(sample([[0.0], [1.0], [2.0], [3.0], [NAN]], parts))
    assert (one.low, one.high) == (0.75, 2.25)  # quartiles of 0, 1, 2, 3
    assert (one.of_low, one.of_high, one.of_unknown, one.unknown) == (-0.2, 0.4, 0.0, 1)
    assert one.size == pytest.approx(0.16)  # 0.8 over five rows


def test_a_feature_without_known_values_has_only_an_effect_of_unknown():
    (one,) = effects(sample([[NAN], [NAN]], [[0.1], [0.3]]))
    assert (one.low, one.high, one.of_low, one.of_high) == (None, None, None, None)
    assert (one.of_unknown, one.unknown, one.size) == (0.2, 2, 0.2)


def test_all_rows_are_low_and_high_where_every_value_is_the_same():
    (one,) = effects(sample([[5.0], [5.0]], [[0.1], [0.3]]))
    assert (one.of_low, one.of_high, one.of_unknown) == (0.2, 0.2, None)
    document = json.loads(to_text(sample([[5.0], [5.0]], [[0.1], [0.3]])))
    assert (document["rows"], document["last"]) == (2, "2025-03-01")
    assert document["features"][0]["of_high"] == 0.2


def regression(*weights):
    """Every value between 0 and 1 counts from -1 to 1, times the weight of its column."""
    count = len(weights)
    names = tuple(f"f{number:02}" for number in range(count))
    return LogisticModel(names, ((0.0, 1.0),) * count, weights, (0.0,) * count, 5.0)


def rows_of(months, each, columns):
    """The newest month first; values tell the month and the row."""
    days = [add_months(dt.date(2024, 1, 1), ahead) for ahead in range(months)][::-1]
    as_ofs = np.repeat(np.array(days, dtype="datetime64[D]"), each)
    values = np.ones((months * each, columns))
    values[:, 0] = np.arange(months * each) / (months * each)
    names = tuple(f"P{number}" for number in range(months * each))
    return Matrix(as_ofs, names, tuple(f"f{number:02}" for number in range(columns)), values)


@pytest.mark.parametrize(("months", "each", "rows"), [(13, 1, 12), (4, 100, 400), (1, 401, 201)])
def test_at_most_four_hundred_rows_of_twelve_months(months, each, rows):
    found = sample_of(rows_of(months, each, 1), regression(1.0))
    assert len(found.values) == rows
    assert found.last == str(add_months(dt.date(2024, 1, 1), months - 1))
    assert found.first == ("2024-02-01" if months == 13 else "2024-01-01")


def test_of_two_rows_the_first_of_the_oldest_month_is_taken():
    matrix = rows_of(3, 200, 1)
    found = sample_of(matrix, regression(1.0))
    assert len(found.values) == 300
    assert found.values[:, 0].tolist() == matrix.values[::2, 0].tolist()


def test_the_ten_strongest_features_are_shown_and_none_without_effect():
    """Of twelve weights nine are not 0; of equal ones the name comes first."""
    weights = (0.0, 1.0, -3.0, 2.0, 2.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0)
    found = sample_of(rows_of(2, 2, 12), regression(*weights))
    assert [int(name[1:]) for name in found.features] == [2, 3, 4, 1, 5, 6, 7, 8, 9]
    assert found.contributions[0].tolist() == [-3, 2, 2, 1, 0.5, 0.4, 0.3, 0.2, 0.1]
    assert found.values.shape == (4, 9)
    more = sample_of(rows_of(2, 2, 12), regression(*[1.0] * 12))
    # The first column is less than 1 in every row.
    assert more.features == tuple(f"f{number:02}" for number in range(1, 11))


def test_a_typical_row_has_the_medians_of_known_values():
    values = np.array([[1.0, NAN, 7.0], [NAN, NAN, 8.0], [5.0, NAN, 9.0]])
    days = np.full(3, np.datetime64("2025-01-01"))
    found = typical_row(Matrix(days, tuple("PQR"), ("a", "b", "c"), values), ("c", "a", "b"))
    assert found == pytest.approx([8.0, 3.0, NAN], nan_ok=True)


def test_importance_of_a_regression_is_by_weight_and_of_a_card_equal():
    trained = SimpleNamespace(model=regression(1.0, -3.0))
    assert _importance(trained) == {"f00": 0.25, "f01": 0.75}
    assert _importance(SimpleNamespace(model=regression(0.0))) == {"f00": 0.0}
    card = Scorecard()
    shares = _importance(SimpleNamespace(model=card))
    assert tuple(shares) == card.columns
    assert set(shares.values()) == {1 / len(card.columns)}


def test_feeds_are_missing_until_the_day_after_their_first_record():
    with empty_store() as store:
        insert = "INSERT INTO organizations (org_id, known_at, arrival) VALUES ('O', ?, 1)"
        store.connection.execute(insert, ["2025-02-01"])
        known_on, after = (missing_feeds(store, dt.date(2025, 2, day)) for day in (1, 2))
    assert set(known_on) - set(after) == {"organizations"}
    assert "payments" in after
