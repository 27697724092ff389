"""Training from a few small files: the model of the same rows in memory, and its rows by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.matrix import Matrix
from risk.calendar.dates import add_months
from training.dataset.labels import EventLog
from training.dataset.parquet_dataset import FeatureFiles, NoFeatureFiles, feature_files
from training.dataset.training_set import training_set_from_matrix
from training.fit.distributed import Cluster, TooFewFiles, files_of_rank, trees_of
from training.fit.fit import fit
from training.fit.out_of_core import (
    TooFewEvents,
    _score_out_of_time,
    fit_out_of_core,
    training_set_on_disk,
)

from .test_pinned_fit import SMALL, days

DATES = [add_months(dt.date(2024, 2, 1), number) for number in range(20)]
"""From 90 days before the first event to the last horizon that ended 30 days before the day."""

PROJECTS = 30
NAMES = tuple(f"P{number:02}" for number in range(PROJECTS))


def event_log(first=0):
    """Ten events of each of ten projects, two months apart, from 1 April 2024."""
    on = [add_months(dt.date(2024, 4, 1), 2 * number).isoformat() for number in range(10)]
    return EventLog(dt.date(2026, 1, 1), {name: days(*on) for name in NAMES[first:][:10]}, 30)


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    """Values as files, two of each date and one of the month after, and in memory."""
    folder = tmp_path_factory.mktemp("features")
    values = np.random.default_rng(5).uniform(0, 1, (20 * PROJECTS, 1))
    values[:, 0] += np.tile(np.arange(PROJECTS) < 10, 20) * 0.5
    for number, day in enumerate([*DATES, add_months(DATES[-1], 1)]):
        place = folder / f"as_of={day}"
        place.mkdir()
        rows = values[number * PROJECTS :][:PROJECTS] if day in DATES else values[:PROJECTS]
        table = pa.table({"project_id": list(NAMES), "oldest_unpaid_days": rows[:, 0]})
        pq.write_table(table.slice(0, 7), place / "part-0.parquet")
        pq.write_table(table.slice(7), place / "part-1.parquet")
    as_ofs = np.repeat(np.array(DATES, dtype="datetime64[D]"), PROJECTS)
    matrix = Matrix(as_ofs, NAMES * 20, ("oldest_unpaid_days",), np.asfortranarray(values))
    log = event_log()
    files = feature_files(folder)
    return training_set_on_disk(log, files), training_set_from_matrix(log, matrix)


def test_the_training_set_on_disk_is_of_the_mature_dates(both_ways):
    on_disk, in_memory = both_ways
    assert on_disk.dates == in_memory.dates == tuple(DATES)
    assert (len(on_disk.as_ofs), on_disk.events) == (600, 100)
    assert on_disk.target.tolist() == in_memory.target.tolist()
    assert on_disk.rows_of(DATES[1:3]).nonzero()[0].tolist() == list(range(30, 90))
    # Every row of the ten projects is positive. From a start on the next is 90 days later: not on
    # 1 May 2025, 89 days after 1 February.
    months = on_disk.starts.reshape(20, PROJECTS)
    assert not months[:, 10:].any()
    for starts in months.T[:10]:
        assert starts.nonzero()[0].tolist() == [0, 3, 6, 9, 12, 16, 19]


def test_files_of_other_dates_are_named(tmp_path):
    place = tmp_path / "as_of=2025-12-01"
    place.mkdir()
    table = pa.table({"project_id": ["P00"], "oldest_unpaid_days": [1.0]})
    pq.write_table(table, place / "part-0.parquet")
    with pytest.raises(NoFeatureFiles) as refused:
        training_set_on_disk(event_log(), feature_files(tmp_path))
    assert refused.value.fields["path"] == str(place)


def test_the_model_of_files_is_that_of_the_rows_in_memory(both_ways):
    on_disk, in_memory = both_ways
    progress = []
    found = fit_out_of_core(on_disk, SMALL, lambda name, share: progress.append(share))
    expected = fit(in_memory, SMALL)
    assert found.model == expected.model
    assert progress == [1 / 3, 2 / 3, 1]
    for name in ("scores", "labels", "expected", "probability"):
        pairs = [getattr(one.holdout, name) for one in (found, expected)]
        np.testing.assert_array_equal(*pairs)
    np.testing.assert_array_equal(found.holdout.matrix.values, expected.holdout.matrix.values)
    assert found.holdout.matrix.project_ids == expected.holdout.matrix.project_ids
    np.testing.assert_array_equal(found.stages, expected.stages)
    plain = {"model": None, "holdout": None, "stages": None}
    assert replace(found, **plain) == replace(expected, **plain)
    assert (found.first_snapshot, found.last_snapshot) == (DATES[0], DATES[-1])


def test_files_need_eighty_events_and_positives(both_ways, monkeypatch):
    on_disk, _ = both_ways
    for fewer in (
        replace(on_disk, events=79),
        replace(on_disk, target=np.repeat([1.0, 0.0], [79, 521])),
    ):
        with pytest.raises(TooFewEvents):
            fit_out_of_core(fewer, SMALL)
    few = replace(SMALL, max_rounds=20, seeds=(0,))
    assert fit_out_of_core(replace(on_disk, events=80), few).events == 80


@pytest.mark.parametrize(
    ("events", "months"),
    # The folds hold three, three and four months. With 12 events a month the last two hold 80; with
    # 10 the holdout is eight months, for which the first is needed too.
    [(12, 7), (10, 8)],
)
def test_the_last_folds_are_scored_until_they_hold_enough(both_ways, events, months):
    on_disk, _ = both_ways
    starts = np.tile(np.arange(PROJECTS) < events, 20)
    few = replace(SMALL, max_rounds=20, seeds=(0,))
    rows, scores = _score_out_of_time(replace(on_disk, starts=starts), few)
    assert rows.nonzero()[0].tolist() == list(range((20 - months) * PROJECTS, 600))
    assert scores.shape == (months * PROJECTS, 1)


def test_a_machine_listens_at_its_own_port():
    cluster = Cluster(("10.0.0.1:12400", "10.0.0.2:12401"), 1)
    found = cluster.parameters()
    assert (found["local_listen_port"], found["num_machines"]) == (12401, 2)
    assert found["machines"] == "10.0.0.1:12400,10.0.0.2:12401"
    assert (found["tree_learner"], found["pre_partition"], found["time_out"]) == ("data", True, 5)


def test_machines_take_files_in_turn_and_none_goes_without():
    three = FeatureFiles((Path("a"), Path("b"), Path("c")), ())
    taken = [files_of_rank(three, Cluster(("one:1", "two:2"), rank)).files for rank in (0, 1)]
    assert taken == [(Path("a"), Path("c")), (Path("b"),)]
    many = Cluster(("one:1", "two:2", "three:3"), 2)
    assert files_of_rank(three, many).files == (Path("c"),)
    with pytest.raises(TooFewFiles):
        files_of_rank(replace(three, files=three.files[:2]), many)


def test_trees_end_before_the_settings():
    assert trees_of("Tree=0\nend of trees\nport=1") == "Tree=0\n"
