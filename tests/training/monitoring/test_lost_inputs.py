"""Inputs of a model that are gone: silent tables, tables without rows, columns without values."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.matrix import Matrix
from training.monitoring.drift import Distribution, ReferenceProfile
from training.monitoring.lost_inputs import (
    FeedSummary,
    LostFeed,
    LostInputs,
    TrainedOn,
    feed_summaries,
    known_counts,
    lost_features,
    lost_feeds,
    newest_days,
    parse_summaries,
)

TRAINED_AT = dt.date(2025, 1, 1)


@pytest.fixture
def paid(world):
    """Payments known on the first and on the fifth day of each month of 2024."""
    world.project()
    world.payroll("R", "2024-01-01")
    for month in range(1, 13):
        for day in (1, 5):
            world.payment("R", f"2024-{month:02d}-{day:02d}", 1)
    return world


def test_the_longest_silence_is_between_days_of_knowledge(paid):
    found = feed_summaries(paid.store, TRAINED_AT)
    # From the fifth to the first: 27 days after months of 31 days, among them the last one.
    assert found["payments"] == FeedSummary(dt.date(2024, 12, 5), 27)
    assert found["payrolls"] == FeedSummary(dt.date(2024, 1, 1), None), "one day says nothing"
    assert found["transfers"] == FeedSummary(None, None)
    assert "projects" not in found
    documents = {name: one.to_document() for name, one in found.items()}
    assert parse_summaries(documents) == found


@pytest.mark.parametrize(("silent", "lost"), [(40, False), (41, True)])
def test_a_feed_has_stopped_after_one_and_a_half_times_its_longest_silence(paid, silent, lost):
    as_of = dt.date(2024, 12, 5) + dt.timedelta(days=silent)
    trained_on = feed_summaries(paid.store, TRAINED_AT)
    newest = newest_days(paid.store.rows, "project", as_of)
    found = lost_feeds(newest, as_of, trained_on)
    assert found == ((LostFeed("payments", dt.date(2024, 12, 5)),) if lost else ())


def test_records_known_on_the_day_do_not_end_a_silence(paid):
    as_of, trained_on = dt.date(2025, 3, 1), feed_summaries(paid.store, TRAINED_AT)
    paid.payment("R", "2025-03-01", 1)
    assert lost_feeds(newest_days(paid.store.rows, "project", as_of), as_of, trained_on)


def test_a_table_without_any_row_is_gone_but_not_one_that_never_had_rows(paid):
    trained_on = feed_summaries(paid.store, TRAINED_AT)
    paid.store.connection.execute("DELETE FROM payments")
    as_of = dt.date(2024, 12, 6)
    found = lost_feeds(newest_days(paid.store.rows, "project", as_of), as_of, trained_on)
    assert found == (LostFeed("payments", None),)


def profile(**known):
    """A profile in which so many of ten values are known by feature."""
    spreads = {name: Distribution((), (k, 10 - k), 0.0, 1) for name, k in known.items()}
    return ReferenceProfile("", "", 10, spreads, {"late_share": 0.4, "age_days": 0.005})


def test_a_column_is_lost_if_no_value_is_known_beyond_chance():
    shown = profile(late_share=5, age_days=1, score=10)
    known = {"late_share": 0, "age_days": 0}
    assert lost_features(shown, 10, known) == {"late_share"}  # 0.5 ** 10 is below 0.001
    assert lost_features(shown, 9, known) == frozenset()
    assert lost_features(shown, 10, {"late_share": 1}) == frozenset()


def test_inputs_matter_by_their_importance():
    trained_on = TrainedOn({}, profile(late_share=10, age_days=10))
    found = trained_on.lost_inputs("project", TRAINED_AT, {}, 20, {"late_share": 0})
    assert found.matters
    assert found.features == ("late_share",)
    found = trained_on.lost_inputs("project", TRAINED_AT, {}, 20, {"age_days": 0})
    assert not found.matters


def test_all_tables_silent_is_no_reason_for_another_model():
    trained_on = TrainedOn(
        {"payments": FeedSummary(TRAINED_AT, 5), "payrolls": FeedSummary(TRAINED_AT, 5)}, profile()
    )
    later = TRAINED_AT + dt.timedelta(days=60)
    silent = dict.fromkeys(("payments", "payrolls"), TRAINED_AT)
    assert trained_on.lost_inputs("project", later, silent, 20, {}).is_everything
    one = trained_on.lost_inputs("project", later, {**silent, "payrolls": later}, 20, {})
    assert not one.is_everything
    assert [feed.table for feed in one.feeds] == ["payments"]
    assert dataclasses.replace(one, importance=0.009).matters is False


def test_silences_count_from_two_years_before_the_training(world):
    """Twelve days from the first one on; the silence that began a day earlier does not count."""
    world.project()
    world.payroll("R", "2021-01-01")
    for day in ("2022-12-31", "2023-03-01", *(f"2024-12-{day:02}" for day in range(20, 31))):
        world.payment("R", day, 1)
    found = feed_summaries(world.store, TRAINED_AT)["payments"]
    assert found == FeedSummary(dt.date(2024, 12, 30), 660)
    world.store.connection.execute("DELETE FROM payments WHERE known_at = '2024-12-25'")
    assert feed_summaries(world.store, TRAINED_AT)["payments"].longest_silence is None
    world.payment("R", "2023-01-01", 1)
    found = feed_summaries(world.store, TRAINED_AT)["payments"]
    assert found.longest_silence == 660
    world.store.connection.execute("DELETE FROM payments WHERE known_at = '2023-03-01'")
    world.payment("R", "2023-01-02", 1)
    assert feed_summaries(world.store, TRAINED_AT)["payments"].longest_silence == 718
    # The silence from the first day of the two years on counts; rows of one day are one day.
    world.store.connection.execute("DELETE FROM payments WHERE known_at = '2023-01-02'")
    world.payment("R2", "2024-12-30", 1)
    assert feed_summaries(world.store, TRAINED_AT)["payments"].longest_silence is None
    world.payment("R", "2024-12-25", 1)
    assert feed_summaries(world.store, TRAINED_AT)["payments"].longest_silence == 719
    world.payment("R", "2025-01-01", 1)
    assert feed_summaries(world.store, TRAINED_AT)["payments"].newest == dt.date(2024, 12, 30)


@pytest.mark.parametrize(
    ("longest", "silent", "lost"),
    [(5, 31, False), (5, 32, True), (30, 45, False), (30, 46, True), (None, 999, False)],
)
def test_no_feed_has_stopped_within_a_month(longest, silent, lost):
    trained_on = {"payments": FeedSummary(TRAINED_AT, longest)}
    found = lost_feeds({"payments": TRAINED_AT}, TRAINED_AT + dt.timedelta(days=silent), trained_on)
    assert bool(found) is lost
    assert lost_feeds({}, TRAINED_AT, {"payments": FeedSummary(None, longest)}) == ()


def test_a_column_must_have_been_known_to_a_fifth():
    for share, lost in ((2, {"late_share"}), (1, set())):
        assert lost_features(profile(late_share=share), 1_000, {"late_share": 0}) == lost
    bins = {"late_share": Distribution((1.0, 2.0), (0, 1, 1, 8), 0.0, 1)}
    assert lost_features(ReferenceProfile("", "", 10, bins, {}), 99, {"late_share": 0})
    empty = ReferenceProfile("", "", 0, {"late_share": Distribution((), (0, 0), 0.0, 1)}, {})
    assert lost_features(empty, 1_000, {"late_share": 0}) == frozenset()
    # One row, which was known: never unknown by chance, also in nine units.
    single = ReferenceProfile("", "", 1, {"late_share": Distribution((), (1, 0), 0.0, 1)}, {})
    assert lost_features(single, 9, {"late_share": 0}) == {"late_share"}


def test_what_is_lost_is_that_of_silent_tables_and_empty_columns():
    """Payments are the only steady feed; the importance is that of all features read from them."""
    trained_on = TrainedOn({"payments": FeedSummary(TRAINED_AT, 5)}, profile(age_days=10))
    later = TRAINED_AT + dt.timedelta(days=60)
    found = trained_on.lost_inputs("project", later, {"payments": TRAINED_AT}, 20, {"age_days": 0})
    assert {"age_days", "late_share_3m"} <= set(found.features)
    assert list(found.features) == sorted(found.features)
    assert found.importance == pytest.approx(0.005)
    assert not found.is_everything
    assert dataclasses.replace(found, importance=0.01).matters
    assert not LostInputs((), (), 0.5).is_everything


def test_known_values_are_counted_by_column():
    values = np.array([[1.0, np.nan, np.nan], [2.0, 3.0, np.nan]])
    days = np.full(2, np.datetime64("2025-01-01"))
    assert known_counts(Matrix(days, ("A", "B"), ("x", "y", "z"), values)) == {
        **{"x": 2, "y": 1, "z": 0},
    }
