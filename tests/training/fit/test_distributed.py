"""Machines that grow one booster together: all end with the same trees, which learnt from all."""

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
from training.dataset.parquet_dataset import FeatureFiles, dataset_from, date_of, feature_files
from training.dataset.training_set import labels_of
from training.evaluation.metrics import roc_auc
from training.fit.distributed import Meeting, TooFewFiles, share_of, trees_of
from training.fit.out_of_core import lessons_on_disk
from training.fit.out_of_time import directions_of

from ...conftest import SIMULATED_UNTIL, thorough

RECIPE = Hyperparameters(leaves=7, min_rows_in_leaf=20, l2=1.0, learning_rate=0.1, row_share=1.0)
ROUNDS = 40
SECONDS = 240

CLOSE = 0.06
"""Each machine finds its features' bins from its own rows, so trees differ a little from those of
one machine. So they do between seeds, with a standard deviation of ROC AUC of 0.014 here (few
events); 0.06 is four of them. What does not rank at all has 0.5."""

WORKER = """
import datetime as dt, json, sys
from pathlib import Path
from models.arrears import Hyperparameters
from training.dataset.parquet_dataset import feature_files
from training.fit.distributed import Meeting, grow_together, share_of
asked = json.loads(sys.argv[1])
meeting = Meeting(tuple(asked["machines"]), asked["place"])
days = [dt.date.fromisoformat(day) for day in asked["days"]]
every = feature_files(Path(asked["folder"]), besides=["label"]).within(days)
files = share_of(every, meeting)
recipe = Hyperparameters(**{**asked["recipe"], "seeds": tuple(asked["recipe"]["seeds"])})
text = grow_together(
    files, "label", recipe=recipe, rounds=asked["rounds"], seed=0, meeting=meeting
)
Path(asked["out"]).write_text(text)
"""


@pytest.fixture(scope="module")
def folders(county, tmp_path_factory) -> tuple[FeatureFiles, FeatureFiles]:
    """Features of a simulated county parted by date, with labels: to learn from, to judge by."""
    made = tmp_path_factory.mktemp("features")
    days = [add_months(dt.date(2023, 9, 1), number) for number in range(22)]
    with RecordStore(county.records, read_only=True) as store:
        log = event_log(store, SIMULATED_UNTIL)
        for engine in compute_in_batches(store, days):
            table = matrix_table(engine)
            as_ofs = table["as_of"].to_numpy().astype("datetime64[D]")
            _, soft = labels_of(log, table["project_id"].to_pylist(), as_ofs)
            table = table.append_column("label", [soft])
            for day in np.unique(as_ofs):
                folder = made / f"as_of={day}"
                folder.mkdir()
                pq.write_table(table.filter(as_ofs == day), folder / "part-0.parquet")
    every = feature_files(made, besides=["label"])
    return every.within(days[:15]), every.within(days[18:])


@thorough
def test_two_machines_end_with_the_same_trees_which_learnt_from_both(folders, tmp_path):
    learnt, later = folders
    texts = grown_by_two(learnt, tmp_path)
    assert trees_of(texts[0]) == trees_of(texts[1])
    in_root = {int(n) for n in re.findall(r"^internal_count=(\d+)", texts[0], re.MULTILINE)}
    assert in_root == {learnt.rows()}, "every tree begins with the rows of both"
    happened = later.column("label") == 1
    values = np.concatenate(list(later.blocks()))
    together = auc(texts[0], values, happened)
    alone = [auc(grown_alone(learnt, seed), values, happened) for seed in range(10)]
    assert np.std(alone) * 4 < CLOSE
    assert together == pytest.approx(float(np.mean(alone)), abs=CLOSE)


def test_files_are_dealt_in_turn(tmp_path):
    files = FeatureFiles(tuple(Path(f"{number}.parquet") for number in range(5)), ("f0",))
    machines = ("10.0.0.1:12400", "10.0.0.2:12400")
    parts = [share_of(files, Meeting(machines, place)).files for place in (0, 1)]
    assert sorted(parts[0] + parts[1]) == list(files.files)
    assert parts[0] == files.files[::2]
    with pytest.raises(TooFewFiles):
        share_of(dataclasses.replace(files, files=files.files[:1]), Meeting(machines, 1))


def test_each_machine_tells_the_labels_of_its_own_files(county, folders):
    learnt, _ = folders
    with RecordStore(county.records, read_only=True) as store:
        log = event_log(store, SIMULATED_UNTIL)
    machines = ("10.0.0.1:12400", "10.0.0.2:12400")
    for place in (0, 1):
        mine = lessons_on_disk(log, share_of(learnt, Meeting(machines, place)))
        assert len(mine.dates) > 5
        np.testing.assert_array_equal(mine.soft, mine.files.column("label"))


def grown_alone(files: FeatureFiles, seed: int) -> str:
    data = dataset_from(files, "label")
    directions = directions_of(files.columns)
    grown = fit_booster(data, directions, hyperparameters=RECIPE, rounds=ROUNDS, seed=seed)
    return grown.model_to_string()


def grown_by_two(files: FeatureFiles, tmp_path: Path) -> list[str]:
    machines = [f"127.0.0.1:{port}" for port in free_ports(2)]
    asked = {
        "machines": machines,
        "folder": str(files.files[0].parent.parent),
        "days": [str(date_of(path)) for path in files.files],
        "recipe": dataclasses.asdict(RECIPE),
        "rounds": ROUNDS,
    }
    outs = [tmp_path / f"{place}.txt" for place in (0, 1)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps({**asked, "place": place, "out": str(out)})],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        for place, out in enumerate(outs)
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


def auc(text: str, values: np.ndarray, happened: np.ndarray) -> float:
    scores = np.asarray(lgb.Booster(model_str=text).predict(values))
    return roc_auc(scores, happened.astype(np.float64))
