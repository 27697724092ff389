"""Datasets over feature files: the same trees as from memory, in a fraction of the memory."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from pathlib import Path

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
from training.dataset.lightgbm_dataset import matrix_dataset
from training.dataset.parquet_dataset import (
    LabelsDoNotFit,
    NoFeatureFiles,
    ParquetSequence,
    feature_files,
    parquet_dataset,
    partition_date,
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
    values = {"as_of": matrix.as_ofs, "project_id": list(matrix.project_ids)}
    features = {
        name: pa.array(matrix.values[:, place], from_pandas=True)
        for place, name in enumerate(matrix.columns)
    }
    return pa.table({**{key: values[key] for key in keys}, **features, "label": label})


@pytest.fixture(params=["one file", "partitioned by date", "partitioned, dates in the path alone"])
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


def test_parquet_dataset_gives_the_trees_of_the_matrix_in_memory(place, matrix, label):
    files = feature_files(place, exclude=["label"])
    plain = lgb.Dataset(matrix.values.copy("C"), label, feature_name=list(matrix.columns))
    assert files.columns == matrix.columns
    assert (
        trees(parquet_dataset(files, label)) == trees(matrix_dataset(matrix, label)) == trees(plain)
    )


def test_parquet_dataset_finds_bins_from_the_same_sample_of_rows(place, matrix, label):
    files = feature_files(place, exclude=["label"])
    held = trees(matrix_dataset(matrix, label), SAMPLED)
    assert trees(parquet_dataset(files, "label"), SAMPLED) == held
    assert held != trees(matrix_dataset(matrix, label)), "the sample does not matter here"


def test_feature_files_yield_values_and_keys_in_order(place, matrix):
    files = feature_files(place, exclude=["label"])
    assert files.rows() == ROWS
    np.testing.assert_array_equal(np.concatenate(list(files.blocks(999))), matrix.values)
    days, names = zip(*files.key_blocks(), strict=True)
    np.testing.assert_array_equal(np.concatenate(days), matrix.as_ofs)
    assert tuple(name for block in names for name in block) == matrix.project_ids


def test_parquet_sequence_returns_rows_in_any_order(place, matrix):
    rows = ParquetSequence(feature_files(place, exclude=["label"]), ROWS)
    chance = np.random.default_rng(5)
    for start in chance.integers(0, ROWS, 20):
        stop = min(start + int(chance.integers(1, 9_000)), ROWS)
        np.testing.assert_array_equal(rows[start:stop], matrix.values[start:stop])
        np.testing.assert_array_equal(rows[int(start)], matrix.values[start])
    np.testing.assert_array_equal(rows[[5, 3, 0, 0]], matrix.values[[5, 3, 0, 0]])


def test_feature_files_of_dates_opens_no_file(tmp_path):
    for day in DAYS:
        (tmp_path / f"as_of={day}").mkdir()
        table = pa.table({"project_id": ["P1"], "f0": [1.0]})
        pq.write_table(table, tmp_path / f"as_of={day}" / "part-0.parquet")
    files = feature_files(tmp_path)
    (tmp_path / f"as_of={DAYS[0]}" / "part-0.parquet").write_bytes(b"no Parquet")
    picked = files.of_dates(DAYS[1:3])
    assert [partition_date(path) for path in picked.files] == DAYS[1:3]
    inner = Path("as_of=2023-01-01/as_of=2024-02-01/more/part-0.parquet")
    assert partition_date(inner) == dt.date(2024, 2, 1)
    assert picked.rows() == 2


def test_feature_files_skip_unfinished_output(tmp_path):
    """The skipped folders are those Spark and this program write unfinished output to."""
    there = [
        "c.parquet",  # of no date
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
    assert files.rows() == 4


@pytest.mark.parametrize("max_copied", [0, ROWS])
def test_matrix_dataset_of_some_rows_gives_the_trees_of_their_copy(
    matrix, label, monkeypatch, max_copied
):
    monkeypatch.setattr(lightgbm_dataset, "MAX_COPIED_ROWS", max_copied)
    rows = np.random.default_rng(6).random(ROWS) < 0.6
    copied = lgb.Dataset(matrix.values[rows], label[rows], feature_name=list(matrix.columns))
    assert trees(matrix_dataset(matrix, label, rows)) == trees(copied)


def test_matrix_and_parquet_datasets_can_be_shared_by_boosters(place, matrix, label):
    files = feature_files(place, exclude=["label"])
    alone = [trees(matrix_dataset(matrix, label), seed=seed) for seed in (0, 1)]
    assert alone[0] != alone[1]
    for shared in (matrix_dataset(matrix, label), parquet_dataset(files, label)):
        assert [trees(shared, seed=seed) for seed in (0, 1)] == alone


def test_parquet_dataset_never_holds_the_matrix(tmp_path):
    rows, columns = 60_000, 60
    chance = np.random.default_rng(3)
    drawn = {f"f{number}": np.round(chance.random(rows), 2) for number in range(columns)}
    path = tmp_path / "features.parquet"
    pq.write_table(pa.table({"as_of": [DAYS[0]] * rows, "project_id": ["P"] * rows, **drawn}), path)
    del drawn
    data = parquet_dataset(feature_files(path), np.zeros(rows))
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


def test_parquet_dataset_requires_a_label_for_every_row(place, label):
    files = feature_files(place, exclude=["label"])
    with pytest.raises(LabelsDoNotFit):
        parquet_dataset(files, label[1:])
    with pytest.raises(LabelsDoNotFit):
        parquet_dataset(files, np.where(np.arange(ROWS) == 5, np.nan, label))


def test_a_column_has_unknown_values_and_may_have_no_rows(tmp_path):
    for name, labels in (("some", [1.0, None]), ("none", [])):
        table = pa.table({"label": pa.array(labels, pa.float64())})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    some, none = (feature_files(tmp_path / f"{name}.parquet") for name in ("some", "none"))
    np.testing.assert_array_equal(some.column("label"), [1, np.nan])
    assert none.column("label").tolist() == []


def test_feature_files_of_an_empty_folder_raise_no_feature_files(tmp_path):
    with pytest.raises(NoFeatureFiles):
        feature_files(tmp_path)


def test_feature_files_with_a_missing_column_raise_features_missing(tmp_path):
    for number, name in enumerate(("f0", "f1")):
        table = pa.table({"as_of": [DAYS[0]], "project_id": ["P1"], name: [1.0]})
        pq.write_table(table, tmp_path / f"{number}.parquet")
    with pytest.raises(FeaturesMissing):
        list(feature_files(tmp_path).blocks())


def test_feature_files_read_what_the_command_writes(world, tmp_path):
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
