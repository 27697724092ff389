"""What is planted is found: a feed that stops or thins, a code banned, a model grown old."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil

import numpy as np
import pytest

from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.store.store import RecordStore
from training.artifacts import papers
from training.dataset.training_set import lessons_at
from training.evaluation.selective_labels import Listed
from training.monitoring.check import Watched, check
from training.monitoring.drift import PAPER, from_text, profile, shifts, stability_index
from training.monitoring.performance_estimate import outlook

AS_OF = dt.date(2025, 8, 1)


@pytest.fixture(scope="module")
def watched(county, county_trained):
    with RecordStore(county.records, read_only=True) as store:
        kept = papers(store, lessons_at(store, county_trained.as_of), county_trained)
    seen = from_text(kept[PAPER])
    assert from_text(seen.to_text()) == seen
    return Watched(county_trained.model, county_trained.as_of, seen, [], 20)


@pytest.fixture
def changed(county, tmp_path):
    """A copy of the county's records that may be spoilt: ``changed(sql, *parameters)``."""
    path = tmp_path / "records.duckdb"
    shutil.copy(county.records, path)
    with RecordStore(path) as store:

        def spoil(sql, *parameters):
            store.connection.execute(sql, list(parameters))
            return store

        yield spoil


def test_a_month_like_those_before_is_fine(county, watched):
    with RecordStore(county.records, read_only=True) as store:
        report = check(store, watched, AS_OF)
    assert report.verdict == "fine", report.reasons
    assert report.feeds == ()
    assert report.outlook.cohort > 100


def test_features_kept_by_month_change_no_word_of_the_report(county, watched, tmp_path):
    with RecordStore(county.records, read_only=True) as store:
        reports = [check(store, watched, AS_OF, kept) for kept in (None, tmp_path, tmp_path)]
    assert list(tmp_path.rglob(f"as_of={AS_OF}.parquet"))
    assert repr(reports[1]) == repr(reports[0]) == repr(reports[2])


def test_a_feed_that_stops_is_named_and_nothing_is_retrained_on_it(changed, watched):
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


def test_a_feed_that_thins_is_named(changed, watched):
    store = changed(
        "DELETE FROM payments WHERE known_at >= ? AND hash(payment_id) % 4 > 0", dt.date(2025, 7, 1)
    )
    report = check(store, watched, AS_OF)
    assert report.verdict == "look"
    assert [(one.table, one.trouble) for one in report.feeds] == [("payments", "thinned")]


def test_one_county_that_stops_reporting_is_named(changed, watched):
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


def test_banning_cash_calls_for_a_new_training(changed, watched):
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


def test_a_model_a_year_behind_is_old(county, watched):
    old = dataclasses.replace(watched, trained_at=dt.date(2024, 1, 1))
    with RecordStore(county.records, read_only=True) as store:
        report = check(store, old, AS_OF)
    assert "old_model" in report.reasons
    assert report.verdict == "retrain"
    assert report.since_training.events > 0


def test_nothing_told_later_changes_what_is_said(changed, county, watched):
    listed = [Listed(dt.date(2025, 1, 1), "PX", "C", "risk", None, 0.5)]
    watched = dataclasses.replace(watched, listed=listed)
    with RecordStore(county.records, read_only=True) as store:
        before = check(store, watched, AS_OF)
    for table in TABLES:
        store = changed(f"DELETE FROM {table} WHERE known_at >= ?", AS_OF)
    assert repr(check(store, watched, AS_OF)) == repr(before)


def test_lists_of_the_past_are_held_to_what_came(county, watched):
    as_of = dt.date(2024, 10, 1)
    with RecordStore(county.records, read_only=True) as store:
        cohort = feature_matrix(store, [as_of]).project_ids
        listed = [Listed(as_of, name, name, "risk", None, 0.99) for name in cohort]
        report = check(store, dataclasses.replace(watched, listed=listed), AS_OF)
    lists = report.lists
    assert lists.entries == len(cohort)
    assert 10 <= lists.events <= lists.labelled < lists.entries
    assert lists.at_least <= lists.precision.value <= lists.at_most
    assert "list_below_expectation" in report.reasons


def test_the_index_is_quiet_under_noise_and_loud_under_a_shift():
    random = np.random.default_rng(3)
    assert stability_index([10, 20, 30], [100, 200, 300]) < 0.02
    same = random.multinomial(400, [0.25] * 4), random.multinomial(400, [0.25] * 4)
    assert stability_index(*same) < 0.05
    assert stability_index([390, 10], [200, 200]) > 0.25


def test_a_feature_counts_as_moved_beyond_noise_and_season_only(county):
    months = [dt.date(2024, month, 1) for month in range(1, 13)]
    with RecordStore(county.records, read_only=True) as store:
        matrix = feature_matrix(store, months)
    place = matrix.columns.index("age_months")
    scores = np.zeros(len(matrix.project_ids))
    before = profile(matrix, scores, {})
    last = matrix.rows_at(months[-1])
    assert shifts(before, last, np.zeros(len(last.project_ids))) == []
    older = last.values.copy()
    older[:, place] += 60
    unknown = older.copy()
    unknown[:, place] = np.nan
    for values in (older, unknown):
        moved = shifts(
            before, dataclasses.replace(last, values=values), np.zeros(len(last.project_ids))
        )
        assert [one.feature for one in moved] == ["age_months"]


def test_the_outlook_is_what_the_probabilities_say():
    coming = outlook(np.array([0.5, 0.1, 0.3, 0.1]), 2)
    assert coming.events_expected == pytest.approx(1.0)
    assert coming.precision_expected == pytest.approx(0.4)
