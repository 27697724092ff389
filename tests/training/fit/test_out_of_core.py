"""A model of features on disk is the model their rows give in memory."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.matrix import compute_in_batches, feature_matrix, matrix_table
from models.arrears import Hyperparameters
from risk.store.store import RecordStore
from training.dataset.labels import EventLog, event_log, training_dates
from training.dataset.parquet_dataset import FeatureFiles, NoFeatureFiles, feature_files
from training.dataset.training_set import Lessons, lessons_from
from training.fit.fit import fit
from training.fit.out_of_core import TooFewEvents, fit_on_disk, lessons_on_disk

from ...conftest import COUNTY_TRAINED_AT

RECIPE = Hyperparameters(leaves=4, min_rows_in_leaf=50, l2=20.0, max_rounds=60, seeds=(0, 1))


@pytest.fixture(scope="module")
def both_ways(county, tmp_path_factory) -> tuple[EventLog, FeatureFiles, Lessons]:
    """The same features as a folder parted by date, in two files a date, and in memory."""
    folder = tmp_path_factory.mktemp("features")
    with RecordStore(county.records, read_only=True) as store:
        log = event_log(store, COUNTY_TRAINED_AT)
        dates = [*training_dates(log), COUNTY_TRAINED_AT]  # the last is not mature
        for engine in compute_in_batches(store, dates):
            table = matrix_table(engine)
            as_ofs = table["as_of"].to_numpy().astype("datetime64[D]")
            for day in np.unique(as_ofs):
                place = folder / f"as_of={day}"
                place.mkdir()
                rows = table.filter(as_ofs == day)
                pq.write_table(rows.slice(0, 100), place / "part-0.parquet")
                pq.write_table(rows.slice(100), place / "part-1.parquet")
        matrix = feature_matrix(store, dates)
    return log, feature_files(folder), lessons_from(log, matrix)


def test_it_is_the_model_of_the_rows_in_memory(both_ways):
    log, files, held = both_ways
    lessons = lessons_on_disk(log, files)
    np.testing.assert_array_equal(lessons.soft, held.soft)
    on_disk, in_memory = fit_on_disk(lessons, RECIPE), fit(held, RECIPE)
    assert on_disk.model == in_memory.model
    assert on_disk.metrics == in_memory.metrics
    assert on_disk.later.matrix.project_ids == in_memory.later.matrix.project_ids
    np.testing.assert_array_equal(on_disk.later.matrix.values, in_memory.later.matrix.values)
    np.testing.assert_array_equal(on_disk.later.probability, in_memory.later.probability)
    without = {"model": None, "later": None}
    assert dataclasses.replace(on_disk, **without) == dataclasses.replace(in_memory, **without)


def test_months_too_young_are_left_out(both_ways):
    log, files, _ = both_ways
    lessons = lessons_on_disk(log, files)
    assert max(lessons.dates) <= log.last_mature()
    assert len(lessons.as_ofs) < files.rows()


def test_too_few_events_are_refused(both_ways):
    log, files, _ = both_ways
    lessons = dataclasses.replace(lessons_on_disk(log, files), events=29)
    with pytest.raises(TooFewEvents):
        fit_on_disk(lessons)


def test_a_folder_without_a_date_to_learn_from_is_refused(both_ways):
    log, files, _ = both_ways
    with pytest.raises(NoFeatureFiles):
        lessons_on_disk(log, files.within([dt.date(1999, 1, 1)]))
