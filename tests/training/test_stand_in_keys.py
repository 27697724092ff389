"""A model that was fitted in place of the champion scores later months while nothing changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest

from training.monitoring.lost_inputs import LostFeed, LostInputs
from training.stand_in import StandInRequest, _keys

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


def _know(store, name, day):
    insert = "INSERT INTO organizations (org_id, known_at, arrival) VALUES (?, ?, 1)"
    store.connection.execute(insert, [name, day])


def test_a_month_later_the_fitted_model_is_found_and_the_scorecard_is_not(store):
    in_may, in_june = _keys(store, IN_MAY), _keys(store, IN_JUNE)
    assert in_may.of_training == in_june.of_training
    assert len({in_may.of_training, in_may.of_date, in_june.of_date}) == 3


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
    assert {
        name for name in vars(before) if getattr(before, name) != getattr(after, name)
    } == changes


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
    assert _keys(store, other).of_training != _keys(store, IN_MAY).of_training
