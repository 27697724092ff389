"""Distributed training: all machines end with the same trees, fitted on the rows of all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pyarrow.parquet as pq
import pytest

from features.matrix import compute_in_batches, matrix_table
from models.arrears import Hyperparameters, fit_booster
from risk.calendar.dates import add_months
from risk.store.store import RecordStore
from training.dataset.labels import event_log
from training.dataset.parquet_dataset import (
    FeatureFiles,
    feature_files,
    parquet_dataset,
    partition_date,
)
from training.dataset.training_set import training_labels
from training.fit.distributed import Cluster, TooFewFiles, files_of_rank, trees_of
from training.fit.out_of_core import training_set_on_disk
from training.fit.out_of_time import directions_of
from training.metrics import roc_auc

from ...conftest import SIMULATED_UNTIL, thorough

RECIPE = Hyperparameters(leaves=7, min_rows_in_leaf=20, l2=1.0, learning_rate=0.1, row_share=1.0)
ROUNDS = 40
SECONDS = 240

CLOSE = 0.07
"""Each machine finds its features' bins from its own rows, so trees differ a little from those of
one machine. So they do between seeds, with a standard deviation of ROC AUC of 0.016 here (few
events); 0.07 is four of them. What does not rank at all has 0.5."""

WORKER = """
import datetime as dt, json, sys
from pathlib import Path
from models.arrears import Hyperparameters
from training.dataset.parquet_dataset import feature_files
from training.fit.distributed import Cluster, fit_distributed, files_of_rank
request = json.loads(sys.argv[1])
cluster = Cluster(tuple(request["machines"]), request["rank"])
days = [dt.date.fromisoformat(day) for day in request["days"]]
every = feature_files(Path(request["folder"]), exclude=["label"]).of_dates(days)
files = files_of_rank(every, cluster)
recipe = Hyperparameters(**{**request["recipe"], "seeds": tuple(request["recipe"]["seeds"])})
text = fit_distributed(
    files, "label", hyperparameters=recipe, rounds=request["rounds"], seed=0, cluster=cluster
)
Path(request["out"]).write_text(text)
"""


@pytest.fixture(scope="module")
def folders(county, tmp_path_factory) -> tuple[FeatureFiles, FeatureFiles]:
    """Features and labels of a simulated county, partitioned by date: for training, for testing."""
    made = tmp_path_factory.mktemp("features")
    days = [add_months(dt.date(2023, 9, 1), number) for number in range(22)]
    with RecordStore(county.records, read_only=True) as store:
        log = event_log(store, SIMULATED_UNTIL)
        for engine in compute_in_batches(store, days):
            table = matrix_table(engine)
            as_ofs = table["as_of"].to_numpy().astype("datetime64[D]")
            labels = training_labels(log, table["project_id"].to_pylist(), as_ofs)
            table = table.append_column("label", [labels])
            for day in np.unique(as_ofs):
                folder = made / f"as_of={day}"
                folder.mkdir()
                pq.write_table(table.filter(as_ofs == day), folder / "part-0.parquet")
    every = feature_files(made, exclude=["label"])
    return every.of_dates(days[:15]), every.of_dates(days[18:])


@thorough
def test_fit_distributed_gives_both_machines_the_same_trees(folders, tmp_path):
    learnt, later = folders
    texts = fitted_by_two(learnt, tmp_path)
    assert trees_of(texts[0]) == trees_of(texts[1])
    in_root = {int(n) for n in re.findall(r"^internal_count=(\d+)", texts[0], re.MULTILINE)}
    assert in_root == {learnt.rows()}, "every tree begins with the rows of both"
    labels = later.column("label") == 1
    values = np.concatenate(list(later.blocks()))
    together = auc(texts[0], values, labels)
    alone = [auc(fitted_alone(learnt, seed), values, labels) for seed in range(6)]
    assert np.std(alone) * 4 < CLOSE
    assert together == pytest.approx(float(np.mean(alone)), abs=CLOSE)


def test_files_of_rank_assigns_files_round_robin(tmp_path):
    files = FeatureFiles(tuple(Path(f"{number}.parquet") for number in range(5)), ("f0",))
    machines = ("10.0.0.1:12400", "10.0.0.2:12400")
    parts = [files_of_rank(files, Cluster(machines, rank)).files for rank in (0, 1)]
    assert sorted(parts[0] + parts[1]) == list(files.files)
    assert parts[0] == files.files[::2]
    with pytest.raises(TooFewFiles):
        files_of_rank(dataclasses.replace(files, files=files.files[:1]), Cluster(machines, 1))


def test_training_set_on_disk_labels_the_files_of_a_rank(county, folders):
    learnt, _ = folders
    with RecordStore(county.records, read_only=True) as store:
        log = event_log(store, SIMULATED_UNTIL)
    machines = ("10.0.0.1:12400", "10.0.0.2:12400")
    for rank in (0, 1):
        mine = training_set_on_disk(log, files_of_rank(learnt, Cluster(machines, rank)))
        assert len(mine.dates) > 5
        np.testing.assert_array_equal(mine.target, mine.files.column("label"))


def fitted_alone(files: FeatureFiles, seed: int) -> str:
    data = parquet_dataset(files, "label")
    directions = directions_of(files.columns)
    booster = fit_booster(data, directions, hyperparameters=RECIPE, rounds=ROUNDS, seed=seed)
    return booster.model_to_string()


def fitted_by_two(files: FeatureFiles, tmp_path: Path) -> list[str]:
    machines = [f"127.0.0.1:{port}" for port in free_ports(2)]
    request = {
        "machines": machines,
        "folder": str(files.files[0].parent.parent),
        "days": [str(partition_date(path)) for path in files.files],
        "recipe": dataclasses.asdict(RECIPE),
        "rounds": ROUNDS,
    }
    outs = [tmp_path / f"{rank}.txt" for rank in (0, 1)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps({**request, "rank": rank, "out": str(out)})],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        for rank, out in enumerate(outs)
    ]
    try:
        codes = [worker.wait(SECONDS) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert codes == [0, 0]
    return [out.read_text() for out in outs]


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def auc(text: str, values: np.ndarray, labels: np.ndarray) -> float:
    scores = np.asarray(lgb.Booster(model_str=text).predict(values))
    return roc_auc(scores, labels.astype(np.float64))
