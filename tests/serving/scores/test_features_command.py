"""Where ``wagewatch features`` writes: a file whole or not at all, a folder date by date."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk.store.parquet_export import export_records
from risk.store.store import RecordStore
from serving.cli.main import main
from serving.terminal.output import atomic_write
from training.dataset.labels import event_log, training_dates
from training.dataset.parquet_dataset import feature_files, partition_date
from training.fit.out_of_core import training_set_on_disk

from ...conftest import thorough
from ..conftest import TRAINED

ROOT = Path(__file__).resolve().parents[3]
DAYS = ["2025-01-01", "2025-03-01", "2025-05-01"]
EARLIER = b"of an earlier run"
SMALL = 20_000
"""Bytes a file may grow to: less than the features of the office take."""


@pytest.fixture(scope="module")
def folder(office, tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("records") / "records"
    with RecordStore(office.records, read_only=True) as store:
        export_records(store, made)
    return made


@pytest.fixture
def written(folder, tmp_path):
    """Writes features of days to a place; of employers, who have half as many as projects."""

    def write(out: str, days=DAYS, kind="employer") -> int:
        line = ["--lang", "en", "features", "--as-of", *days, "--records", str(folder)]
        return main([*line, "--kind", kind, "--out", out])

    return write


def by_date(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


@thorough
def test_features_folder_equals_the_file_by_date(written, tmp_path):
    assert written(str(tmp_path / "whole.parquet")) == 0
    assert written(f"{tmp_path}/parted/") == 0
    files = by_date(tmp_path / "parted")
    assert [path.parent.name for path in files] == [f"as_of={day}" for day in DAYS]
    whole = pq.read_table(tmp_path / "whole.parquet")
    parts = [pq.ParquetFile(path).read() for path in files]
    assert pa.concat_tables(parts).equals(whole.drop_columns(["as_of"]))
    told = [partition_date(path) for path in files for _ in range(pq.read_metadata(path).num_rows)]
    assert told == [day.date() for day in whole["as_of"].to_pylist()]


def test_features_folder_replaces_only_requested_dates(written, tmp_path):
    out = tmp_path / "特征 of days"
    kept = out / "as_of=2020-01-01" / "part-0.parquet"
    stale = out / f"as_of={DAYS[0]}" / "part-00007-of-spark.parquet"
    empty = out / "as_of=1990-01-01" / "part-0.parquet"
    for path in (kept, stale, empty):
        path.parent.mkdir(parents=True)
        path.write_bytes(EARLIER)
    assert written(str(out), ["1990-01-01", DAYS[0]]) == 0
    assert kept.read_bytes() == EARLIER
    assert by_date(out) == [kept, stale.with_name("part-0.parquet")]


def test_features_folder_can_be_trained_on(office, written, tmp_path):
    with RecordStore(office.records, read_only=True) as store:
        log = event_log(store, TRAINED)
    days = training_dates(log)[-4:]
    assert written(f"{tmp_path}/features/", [day.isoformat() for day in days], "project") == 0
    files = feature_files(tmp_path / "features")
    training_set = training_set_on_disk(log, files)
    assert training_set.dates == tuple(days)
    assert len(training_set.target) == files.rows() == sum(len(block) for block in files.blocks())


@pytest.mark.parametrize("out", ["/proc/features.parquet", "/proc/features/", "/nowhere/f/"])
def test_features_reports_an_unwritable_output(written, capsys, out):
    assert written(out) == 1
    assert f"Cannot write {out.rstrip('/')}: No such file" in capsys.readouterr().err


def run_short_of_room(folder: Path, out: str) -> str:
    """The command where no file may grow beyond :data:`SMALL`; what it told."""
    code = "from serving.cli.main import run; run()"
    line = ["--lang", "en", "features", "--as-of", *DAYS, "--records", str(folder), "--out", out]
    done = subprocess.run(
        [sys.executable, "-c", code, *line],
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL)),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 1
    return done.stderr


@thorough
def test_features_on_a_full_disk_preserve_the_earlier_file(folder, tmp_path):
    out = tmp_path / "features.parquet"
    out.write_bytes(EARLIER)
    assert f"Cannot write {out}: File too large" in run_short_of_room(folder, str(out))
    assert out.read_bytes() == EARLIER
    assert list(tmp_path.iterdir()) == [out]


@thorough
def test_features_on_a_full_disk_preserve_the_earlier_dates(folder, tmp_path):
    out = tmp_path / f"as_of={DAYS[1]}" / "part-0.parquet"
    out.parent.mkdir()
    out.write_bytes(EARLIER)
    assert "File too large" in run_short_of_room(folder, str(tmp_path))
    assert by_date(tmp_path) == [out]
    assert out.read_bytes() == EARLIER


def test_features_interrupted_preserve_the_earlier_file(tmp_path):
    out = tmp_path / "features.parquet"
    out.write_bytes(EARLIER)
    with pytest.raises(KeyboardInterrupt):
        half_write(out)
    assert out.read_bytes() == EARLIER
    assert list(tmp_path.iterdir()) == [out]


def half_write(out: Path) -> None:
    with atomic_write(out) as beside:
        beside.write_bytes(b"half")
        raise KeyboardInterrupt
