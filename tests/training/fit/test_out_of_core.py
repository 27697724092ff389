"""Out-of-core training gives the model of the same rows in memory."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.arrears import Hyperparameters
from training.dataset.labels import EventLog
from training.dataset.parquet_dataset import FeatureFiles, NoFeatureFiles, feature_files
from training.dataset.training_set import TrainingSet, training_set_from_matrix
from training.fit.fit import fit
from training.fit.out_of_core import TooFewEvents, fit_out_of_core, training_set_on_disk

from ...conftest import COUNTY_TRAINED_AT, thorough

RECIPE = Hyperparameters(leaves=4, min_rows_in_leaf=50, l2=20.0, max_rounds=60, seeds=(0, 1))


@pytest.fixture(scope="module")
def both_ways(county_training_set, tmp_path_factory) -> tuple[EventLog, FeatureFiles, TrainingSet]:
    """Features as a folder partitioned by date, in two files a date, and in memory.

    They are the county's; those of the last date stand for a later one too, which is not mature.
    """
    folder = tmp_path_factory.mktemp("features")
    mature = county_training_set.matrix
    last = mature.where(mature.as_ofs == mature.as_ofs.max())
    later = np.full(len(last.as_ofs), np.datetime64(COUNTY_TRAINED_AT))
    matrix = dataclasses.replace(
        mature,
        as_ofs=np.concatenate([mature.as_ofs, later]),
        project_ids=(*mature.project_ids, *last.project_ids),
        values=np.asfortranarray(np.concatenate([mature.values, last.values])),
    )
    for day in np.unique(matrix.as_ofs):
        place = folder / f"as_of={day}"
        place.mkdir()
        rows = matrix.where(matrix.as_ofs == day)
        cells = {  # what is unknown is NULL, as features are written
            name: pa.array(column, from_pandas=True)
            for name, column in zip(rows.columns, rows.values.T, strict=True)
        }
        table = pa.table({"project_id": list(rows.project_ids), **cells})
        pq.write_table(table.slice(0, 100), place / "part-0.parquet")
        pq.write_table(table.slice(100), place / "part-1.parquet")
    log = county_training_set.log
    return log, feature_files(folder), training_set_from_matrix(log, matrix)


@thorough
def test_fit_out_of_core_equals_fit_in_memory(both_ways):
    log, files, held = both_ways
    training_set = training_set_on_disk(log, files)
    np.testing.assert_array_equal(training_set.target, held.target)
    on_disk, in_memory = fit_out_of_core(training_set, RECIPE), fit(held, RECIPE)
    assert on_disk.model == in_memory.model
    assert on_disk.metrics == in_memory.metrics
    assert on_disk.holdout.matrix.project_ids == in_memory.holdout.matrix.project_ids
    np.testing.assert_array_equal(on_disk.holdout.matrix.values, in_memory.holdout.matrix.values)
    np.testing.assert_array_equal(on_disk.holdout.probability, in_memory.holdout.probability)
    np.testing.assert_array_equal(on_disk.stages, in_memory.stages)
    without = {"model": None, "holdout": None, "stages": None}
    assert dataclasses.replace(on_disk, **without) == dataclasses.replace(in_memory, **without)


def test_training_set_on_disk_leaves_out_months_that_are_not_mature(both_ways):
    log, files, _ = both_ways
    training_set = training_set_on_disk(log, files)
    assert max(training_set.dates) <= log.last_mature()
    assert len(training_set.as_ofs) < files.rows()


def test_fit_out_of_core_raises_too_few_events(both_ways):
    log, files, _ = both_ways
    training_set = dataclasses.replace(training_set_on_disk(log, files), events=29)
    with pytest.raises(TooFewEvents):
        fit_out_of_core(training_set)


def test_training_set_on_disk_without_training_dates_raises_no_feature_files(both_ways):
    log, files, _ = both_ways
    with pytest.raises(NoFeatureFiles):
        training_set_on_disk(log, files.of_dates([dt.date(1999, 1, 1)]))
