"""Training from features on disk: the same trees as from memory, in a fraction of the memory."""

from __future__ import annotations

import datetime as dt
import tracemalloc

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.matrix import Matrix
from models.arrears import Hyperparameters, fit_booster
from models.base import FeaturesMissing
from serving.scores.feature_export import write_features
from training.dataset import lightgbm_dataset
from training.dataset.lightgbm_dataset import dataset_of
from training.dataset.parquet_dataset import (
    LabelsDoNotFit,
    NoFeatureFiles,
    RowsOnDisk,
    dataset_from,
    date_of,
    feature_files,
)

DAYS = [dt.date(2024, month, 1) for month in (1, 2, 3, 4)]
ROWS, COLUMNS = 12_000, 9
RECIPE = Hyperparameters(leaves=7, min_rows_in_leaf=40, l2=1.0, learning_rate=0.1)
DIRECTIONS = [1, *[0] * (COLUMNS - 1)]
SAMPLED = {"bin_construct_sample_cnt": 3_000}
"""Fewer rows than there are, so that it matters which ones the bins are found from."""


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    chance = np.random.default_rng(1)
    values = np.round(chance.gamma(2, 2, (ROWS, COLUMNS)), 2)
    values[chance.random(values.shape) < 0.25] = np.nan
    values[chance.random(values.shape) < 0.25] = 0.0
    values[:, 3] = np.arange(ROWS) < 25  # enough for LightGBM's usual leaf, too few for ours
    as_ofs = np.repeat(np.array(DAYS, dtype="datetime64[D]"), ROWS // len(DAYS))
    names = tuple(f"P{number % (ROWS // len(DAYS)):05}" for number in range(ROWS))
    columns = tuple(f"f{number}" for number in range(COLUMNS))
    return Matrix(as_ofs, names, columns, np.asfortranarray(values))


@pytest.fixture(scope="module")
def label(matrix) -> np.ndarray:
    chance = np.random.default_rng(2)
    risk = 1 / (1 + np.exp(4 - np.nan_to_num(matrix.values[:, 0])))
    return (chance.random(ROWS) < risk) * chance.choice([0.5, 1.0], ROWS)


def table_of(matrix: Matrix, label, *, keys=("as_of", "project_id")) -> pa.Table:
    told = {"as_of": matrix.as_ofs, "project_id": list(matrix.project_ids)}
    features = {
        name: pa.array(matrix.values[:, place], from_pandas=True)
        for place, name in enumerate(matrix.columns)
    }
    return pa.table({**{key: told[key] for key in keys}, **features, "label": label})


@pytest.fixture(params=["one file", "parted by date", "parted, dates in the path alone"])
def place(request, tmp_path, matrix, label):
    """The same rows in every form there is, row groups smaller and larger than a block."""
    if request.param == "one file":
        path = tmp_path / "features.parquet"
        pq.write_table(table_of(matrix, label), path, row_group_size=700)
        return path
    keys = ("project_id",) if "alone" in request.param else ("as_of", "project_id")
    for day in DAYS:
        rows = matrix.as_ofs == np.datetime64(day)
        folder = tmp_path / f"as_of={day}"
        folder.mkdir()
        whole = table_of(matrix.where(rows), label[rows], keys=keys)
        pq.write_table(whole.slice(0, 1_111), folder / "part-0.parquet")
        pq.write_table(whole.slice(1_111), folder / "part-1.parquet", row_group_size=313)
    return tmp_path


def trees(data: lgb.Dataset, params=None, seed: int = 3) -> str:
    data.params = {**RECIPE.parameters(DIRECTIONS, seed), **(params or {})}
    data.construct()
    return fit_booster(
        data, DIRECTIONS, hyperparameters=RECIPE, rounds=30, seed=seed
    ).model_to_string()


def test_the_trees_are_those_of_the_matrix_in_memory(place, matrix, label):
    files = feature_files(place, besides=["label"])
    plain = lgb.Dataset(matrix.values.copy("C"), label, feature_name=list(matrix.columns))
    assert files.columns == matrix.columns
    assert trees(dataset_from(files, label)) == trees(dataset_of(matrix, label)) == trees(plain)


def test_the_bins_come_from_the_same_sample_of_rows(place, matrix, label):
    files = feature_files(place, besides=["label"])
    held = trees(dataset_of(matrix, label), SAMPLED)
    assert trees(dataset_from(files, "label"), SAMPLED) == held
    assert held != trees(dataset_of(matrix, label)), "the sample does not matter here"


def test_values_and_keys_come_back_in_order(place, matrix):
    files = feature_files(place, besides=["label"])
    assert files.rows() == ROWS
    np.testing.assert_array_equal(np.concatenate(list(files.blocks(999))), matrix.values)
    days, names = zip(*files.keys_in_blocks(), strict=True)
    np.testing.assert_array_equal(np.concatenate(days), matrix.as_ofs)
    assert tuple(name for block in names for name in block) == matrix.project_ids


def test_rows_can_be_asked_for_in_any_order(place, matrix):
    rows = RowsOnDisk(feature_files(place, besides=["label"]), ROWS)
    chance = np.random.default_rng(5)
    for start in chance.integers(0, ROWS, 20):
        stop = min(start + int(chance.integers(1, 9_000)), ROWS)
        np.testing.assert_array_equal(rows[start:stop], matrix.values[start:stop])
        np.testing.assert_array_equal(rows[int(start)], matrix.values[start])
    np.testing.assert_array_equal(rows[[5, 3]], matrix.values[[5, 3]])


def test_dates_of_a_folder_are_picked_without_opening_files(tmp_path):
    for day in DAYS:
        (tmp_path / f"as_of={day}").mkdir()
        table = pa.table({"project_id": ["P1"], "f0": [1.0]})
        pq.write_table(table, tmp_path / f"as_of={day}" / "part-0.parquet")
    files = feature_files(tmp_path)
    (tmp_path / f"as_of={DAYS[0]}" / "part-0.parquet").write_bytes(b"no Parquet")
    picked = files.within(DAYS[1:3])
    assert [date_of(path) for path in picked.files] == DAYS[1:3]
    assert picked.rows() == 2


def test_what_a_run_cut_off_left_behind_is_passed_over(tmp_path):
    """The folders are those in which Spark, and this program, write what is not whole yet."""
    there = [
        "b/as_of=2024-01-01/part-1.parquet",
        "b/as_of=2024-01-01/part-2.parquet",
        "a/as_of=2024-02-01/part-0.parquet",
    ]
    left = [
        "_temporary/0/task_1/as_of=2024-01-01/part-1.parquet",
        ".spark-staging-7/as_of=2024-01-01/part-1.parquet",
        ".wagewatch-7/made/as_of=2024-03-01/part-0.parquet",
        "b/as_of=2024-01-01/.part-1.parquet",
    ]
    for name in reversed(there + left):
        path = tmp_path / "_all" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"project_id": ["P1"], "f0": [1.0]}), path)
    files = feature_files(tmp_path / "_all")
    assert files.files == tuple(tmp_path / "_all" / name for name in there)
    assert files.rows() == 3


@pytest.mark.parametrize("most_copied", [0, ROWS])
def test_some_rows_of_a_matrix_give_the_trees_of_a_copy_of_them(
    matrix, label, monkeypatch, most_copied
):
    monkeypatch.setattr(lightgbm_dataset, "COPIED_ROWS", most_copied)
    rows = np.random.default_rng(6).random(ROWS) < 0.6
    copied = lgb.Dataset(matrix.values[rows], label[rows], feature_name=list(matrix.columns))
    assert trees(dataset_of(matrix, label, rows)) == trees(copied)


def test_boosters_may_share_one_dataset(place, matrix, label):
    files = feature_files(place, besides=["label"])
    alone = [trees(dataset_of(matrix, label), seed=seed) for seed in (0, 1)]
    assert alone[0] != alone[1]
    for shared in (dataset_of(matrix, label), dataset_from(files, label)):
        assert [trees(shared, seed=seed) for seed in (0, 1)] == alone


def test_the_matrix_is_never_held(tmp_path):
    rows, columns = 60_000, 60
    chance = np.random.default_rng(3)
    drawn = {f"f{number}": np.round(chance.random(rows), 2) for number in range(columns)}
    path = tmp_path / "features.parquet"
    pq.write_table(pa.table({"as_of": [DAYS[0]] * rows, "project_id": ["P"] * rows, **drawn}), path)
    del drawn
    data = dataset_from(feature_files(path), np.zeros(rows))
    data.params = {**SAMPLED, "verbosity": -1}
    pool = pa.default_memory_pool().max_memory()
    tracemalloc.start()
    data.construct()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = rows * columns * 8
    assert peak < whole / 3
    assert pa.default_memory_pool().max_memory() - pool < whole / 3
    assert data.num_data() == rows


def test_a_label_for_every_row_is_asked_for(place, label):
    files = feature_files(place, besides=["label"])
    with pytest.raises(LabelsDoNotFit):
        dataset_from(files, label[1:])
    with pytest.raises(LabelsDoNotFit):
        dataset_from(files, np.where(np.arange(ROWS) == 5, np.nan, label))


def test_a_place_without_features_is_refused(tmp_path):
    with pytest.raises(NoFeatureFiles):
        feature_files(tmp_path)


def test_a_file_without_a_feature_of_the_first_is_refused(tmp_path):
    for number, name in enumerate(("f0", "f1")):
        table = pa.table({"as_of": [DAYS[0]], "project_id": ["P1"], name: [1.0]})
        pq.write_table(table, tmp_path / f"{number}.parquet")
    with pytest.raises(FeaturesMissing):
        list(feature_files(tmp_path).blocks())


def test_what_the_command_writes_can_be_read(world, tmp_path):
    world.project()
    world.project("P2")
    write_features(
        world.store, [dt.date(2024, 6, 1), dt.date(2024, 7, 1)], tmp_path / "f.parquet", quiet
    )
    files = feature_files(tmp_path / "f.parquet")
    assert len(files.columns) > 100
    (block,) = files.blocks()
    assert block.shape == (4, len(files.columns))
    assert np.isnan(block).any()


def quiet(_step: str, _share: float) -> None:
    return None
