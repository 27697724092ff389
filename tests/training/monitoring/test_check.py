"""The check finds a feed that stops or thins, a banned code and an old model."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import numpy as np
import pytest

from features.cache.dependencies import feature_definitions
from features.families import stage
from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.sources.state import StoppedSource
from risk.store.store import RecordStore
from training.artifacts import model_artifacts
from training.dataset.labels import event_log
from training.evaluation.selective_labels import ListedEntry
from training.monitoring.check import CheckInputs, check
from training.monitoring.drift import (
    PROFILE_ARTIFACT,
    feature_shifts,
    parse_profile,
    population_stability_index,
    reference_profile,
)
from training.monitoring.lost_inputs import feed_summaries
from training.monitoring.performance_estimate import estimate_performance, realised_performance

from ...conftest import thorough

AS_OF = dt.date(2025, 8, 1)


@pytest.fixture(scope="module")
def watched(county, county_trained, county_training_set):
    artifacts = model_artifacts(county_training_set, county_trained)
    with RecordStore(county.records, read_only=True) as store:
        feeds = feed_summaries(store, county_trained.as_of)
        definitions = feature_definitions(store)
    seen = parse_profile(artifacts[PROFILE_ARTIFACT])
    assert parse_profile(seen.to_text()) == seen
    return CheckInputs(
        *(county_trained.model, county_trained.as_of, seen, [], 20),
        feeds=feeds,
        definitions=definitions,
    )


@pytest.fixture(scope="module")
def ordinary(county, watched):
    """The report of an ordinary month."""
    with RecordStore(county.records, read_only=True) as store:
        return check(store, watched, AS_OF)


@pytest.fixture
def changed(county, tmp_path):
    """Changes a copy of the county's records: ``changed(sql, *parameters)``."""
    path = tmp_path / "records.duckdb"
    shutil.copy(county.records, path)
    with RecordStore(path) as store:

        def change(sql, *parameters):
            store.connection.execute(sql, list(parameters))
            return store

        yield change


@thorough
def test_check_of_an_ordinary_month_is_fine(ordinary):
    report = ordinary
    assert report.verdict == "fine", report.reasons
    assert report.feeds == ()
    assert report.outlook.cohort > 100


@thorough
def test_check_gives_the_same_report_with_a_feature_cache(county, watched, ordinary, tmp_path):
    with RecordStore(county.records, read_only=True) as store:
        reports = [check(store, watched, AS_OF, folder) for folder in (tmp_path, tmp_path)]
    assert list(tmp_path.rglob(f"as_of={AS_OF}.parquet"))
    assert repr(reports[0]) == repr(ordinary) == repr(reports[1])


def test_check_of_a_stopped_feed_is_look_not_retrain(changed, watched):
    month_ago = dt.date(2025, 7, 1)
    store = changed("DELETE FROM payments WHERE known_at >= ?", month_ago)
    report = check(store, watched, AS_OF)
    assert report.verdict == "look"
    assert [(one.table, one.region, one.trouble) for one in report.feeds] == [
        ("payments", "", "stopped")
    ]
    assert report.feeds[0].last_known < month_ago
    assert report.feeds[0].usual > 50
    assert {one.feature for one in report.moved}.isdisjoint({"unpaid_share_1m", "paid_share_1m"})


def test_a_source_that_stopped_is_a_feed_that_stopped(county, watched):
    stopped = StoppedSource("platform", ("payments",), None, {})
    with RecordStore(county.records, read_only=True) as store:
        report = check(store, dataclasses.replace(watched, sources=[stopped]), AS_OF)
    assert (report.verdict, report.reasons) == ("look", ("feed_stopped",))
    assert report.sources == (stopped,)
    assert {one.feature for one in report.moved}.isdisjoint({"unpaid_share_1m", "paid_share_1m"})


@thorough  # a feed that stops: above
def test_check_names_a_feed_that_thinned(changed, watched):
    store = changed(
        "DELETE FROM payments WHERE known_at >= ? AND hash(payment_id) % 4 > 0", dt.date(2025, 7, 1)
    )
    report = check(store, watched, AS_OF)
    assert report.verdict == "look"
    assert [(one.table, one.trouble) for one in report.feeds] == [("payments", "thinned")]


@thorough  # a feed that stops everywhere: above
def test_check_names_the_county_that_stopped_reporting(changed, watched):
    store = changed(
        "DELETE FROM payrolls WHERE known_at >= ? AND project_id IN"
        " (SELECT project_id FROM projects WHERE region_code LIKE ?)",
        dt.date(2025, 7, 1),
        "990122%",
    )
    report = check(store, watched, AS_OF)
    assert report.verdict == "look"
    assert [(f.table, f.region, f.trouble) for f in report.feeds] == [
        ("payrolls", "990122", "stopped")
    ]


def test_check_after_a_ban_of_cash_is_retrain(changed, watched):
    store = changed(
        "UPDATE payments SET channel = 'special_account' WHERE channel = 'cash' AND known_at >= ?",
        dt.date(2025, 2, 1),
    )
    report = check(store, watched, AS_OF)
    assert report.verdict == "retrain"
    assert {"code_changed", "features_moved"} <= set(report.reasons)
    assert ("payments", "channel", "cash", "vanished") in [
        (one.table, one.field, one.code, one.change) for one in report.codes
    ]
    assert any("cash" in one.feature for one in report.moved)


@thorough
def test_check_names_slow_decisions_and_counts_undecided_cases(changed, watched):
    watched = dataclasses.replace(watched, trained_at=dt.date(2025, 3, 1))
    store = changed(
        "UPDATE cases SET known_at = known_at + 300 WHERE status NOT IN ('accepted', 'filed')"
    )
    report = check(store, watched, AS_OF)
    assert "decisions_slow" in report.reasons
    assert report.completeness.known_days > 300
    realised = report.since_training
    assert realised.months[-1] == dt.date(2025, 4, 1), "30 days after a horizon, not 300"
    decided = dataclasses.replace(event_log(store, AS_OF), undecided={})
    plain = realised_performance(store, watched.model, watched.trained_at, decided, 20)
    assert plain.events == realised.events
    assert realised.ratio.value < 0.8 * plain.ratio.value


@thorough
def test_check_of_a_model_a_year_old_is_retrain(county, watched):
    old = dataclasses.replace(watched, trained_at=dt.date(2024, 1, 1))
    with RecordStore(county.records, read_only=True) as store:
        report = check(store, old, AS_OF)
    assert "old_model" in report.reasons
    assert report.verdict == "retrain"
    assert report.since_training.events > 0


@thorough  # features of later records: tests/laws/test_as_of.py
def test_check_does_not_depend_on_later_records(changed, county, watched):
    listed = [ListedEntry(dt.date(2025, 1, 1), "PX", "C", "risk", None, 0.5)]
    watched = dataclasses.replace(watched, listed=listed)
    with RecordStore(county.records, read_only=True) as store:
        before = check(store, watched, AS_OF)
    for table in TABLES:
        store = changed(f"DELETE FROM {table} WHERE known_at >= ?", AS_OF)
    assert repr(check(store, watched, AS_OF)) == repr(before)


@thorough  # the figures by hand: test_pinned_monitoring.py
def test_check_compares_past_lists_with_their_labels(county, watched):
    months = [dt.date(2024, month, 1) for month in (8, 9, 10)]
    with RecordStore(county.records, read_only=True) as store:
        cohorts = feature_matrix(store, months, families=[stage.FAMILY])
        units = zip(cohorts.as_ofs.tolist(), cohorts.project_ids, strict=True)
        listed = [ListedEntry(as_of, name, name, "risk", None, 0.99) for as_of, name in units]
        report = check(store, dataclasses.replace(watched, listed=listed), AS_OF)
    lists = report.lists
    assert lists.entries == len(listed)
    assert 10 <= lists.events <= lists.labelled < lists.entries
    assert lists.at_least <= lists.precision.value <= lists.at_most
    assert "list_below_expectation" in report.reasons


def test_population_stability_index_is_small_under_noise_and_large_under_a_shift():
    random = np.random.default_rng(3)
    assert population_stability_index([10, 20, 30], [100, 200, 300]) < 0.02
    same = random.multinomial(400, [0.25] * 4), random.multinomial(400, [0.25] * 4)
    assert population_stability_index(*same) < 0.05
    assert population_stability_index([390, 10], [200, 200]) > 0.25


@thorough  # by hand: test_pinned_monitoring.py
def test_feature_shifts_are_beyond_noise_and_season(county):
    months = [dt.date(2024, month, 1) for month in range(1, 13)]
    with RecordStore(county.records, read_only=True) as store:
        matrix = feature_matrix(store, months)
    place = matrix.columns.index("age_months")
    scores = np.zeros(len(matrix.project_ids))
    before = reference_profile(matrix, scores, {})
    last = matrix.rows_at(months[-1])
    assert feature_shifts(before, last, np.zeros(len(last.project_ids))) == []
    older = last.values.copy()
    older[:, place] += 60
    unknown = older.copy()
    unknown[:, place] = np.nan
    for values in (older, unknown):
        moved = feature_shifts(
            before, dataclasses.replace(last, values=values), np.zeros(len(last.project_ids))
        )
        assert [one.feature for one in moved] == ["age_months"]


def test_estimate_performance_sums_and_averages_probabilities():
    coming = estimate_performance(np.array([0.5, 0.1, 0.3, 0.1]), 2)
    assert coming.events_expected == pytest.approx(1.0)
    assert coming.precision_expected == pytest.approx(0.4)
