"""Each open store has a temporary directory of its own, which is removed when it closes."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from risk.store import temp_directory
from risk.store.store import RecordStore

OPEN = """
import sys
from risk.store.store import RecordStore
with RecordStore(sys.argv[1], read_only=sys.argv[1] != ":memory:", memory_gb=0.03) as store:
    store.rows("SET threads = 1")
    store.rows("SET enable_progress_bar = false")  # "python -c" counts as interactive
    store.rows("CREATE TEMP TABLE large AS SELECT range AS n, md5(range::VARCHAR) AS m"
               " FROM range(700000)")
    print(store.rows("SELECT current_setting('temp_directory')")[0][0], flush=True)
    sys.stdin.readline()
    print(store.rows("SELECT count(DISTINCT m), sum(n) FROM large")[0], flush=True)
"""
SAME_NUMBER = ["unshare", "--pid", "--fork", "--mount-proc"]
READ_ONLY = ["unshare", "--mount", "sh", "-c"]
READ_ONLY += ['mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"']


def temp_directory_of(store: RecordStore) -> Path:
    return Path(store.rows("SELECT current_setting('temp_directory')")[0][0])


def opened(path, before=()):
    """Process that opens ``path`` and spills to disk, and its temporary directory."""
    running = subprocess.Popen(
        [*before, sys.executable, "-c", OPEN, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = running.stdout.readline().strip()
    assert line, running.communicate()[1]
    return running, Path(line)


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "office's" / "records.duckdb"
    RecordStore(made).close()
    return made


def can_start(*command: str) -> bool:
    try:
        return subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


needs_namespaces = pytest.mark.skipif(
    not can_start(*SAME_NUMBER) or not can_start("unshare", "--mount"),
    reason="needs the right to start namespaces",
)


@needs_namespaces
def test_processes_with_the_same_id_use_different_directories(path):
    one, place = opened(path, SAME_NUMBER)
    other, elsewhere = opened(path, SAME_NUMBER)
    assert place != elsewhere
    assert place.parent == elsewhere.parent == path.parent
    for running in (other, one):
        assert running.communicate("\n")[0] == "(700000, 244999650000)\n"
    assert list(path.parent.iterdir()) == [path]


def test_stores_in_memory_use_different_directories():
    with RecordStore(":memory:") as one, RecordStore(":memory:") as other:
        places = [temp_directory_of(one), temp_directory_of(other)]
        assert places[0] != places[1]
        assert all(stat.S_IMODE(place.stat().st_mode) == 0o700 for place in places)
    assert not any(place.exists() for place in places)


def test_connections_of_one_process_share_a_directory(path):
    with RecordStore(path, read_only=True) as one:
        other = RecordStore(path, read_only=True)
        place = temp_directory_of(other)
        assert temp_directory_of(one) == place
        other.close()
        other.close()
        assert place.exists()
    assert not place.exists()


def test_a_directory_that_is_gone_is_no_error(path):
    with RecordStore(path) as store:
        shutil.rmtree(temp_directory_of(store))


def swept_first(monkeypatch, times):
    """Let another process seem to sweep the next folders before they are locked; returns them."""
    swept, lock = [], temp_directory._lock

    def sweep_or_lock(folder, *, wait):
        if len(swept) >= times:
            return lock(folder, wait=wait)
        swept.append(folder)
        folder.rmdir()
        return None

    monkeypatch.setattr(temp_directory, "_lock", sweep_or_lock)
    return swept


def test_a_directory_swept_before_it_is_locked_is_made_again(path, monkeypatch):
    swept = swept_first(monkeypatch, 1)
    with RecordStore(path) as store:
        place = temp_directory_of(store)
        assert place.parent == swept[0].parent == path.parent
        assert place != swept[0]


def test_after_ten_tries_a_directory_is_made_elsewhere(path, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    swept = swept_first(monkeypatch, 10)
    with RecordStore(path) as store:
        assert temp_directory_of(store).parent == tmp_path
    assert {place.parent for place in swept} == {path.parent}


def test_a_leftover_that_another_process_removes_first_is_no_error(path, monkeypatch):
    path.with_name(f"{path.name}.tmp-left").mkdir()
    remove = shutil.rmtree

    def removed_before(folder, **options):
        folder.rmdir()
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", removed_before)
    with RecordStore(path) as store:
        assert temp_directory_of(store).parent == path.parent
    assert list(path.parent.iterdir()) == [path]


def test_leftovers_of_a_killed_process_are_removed(path):
    running, left = opened(path)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert any(left.iterdir())
    with RecordStore(path, read_only=True) as store:
        assert [one for one in path.parent.iterdir() if one != path] == [temp_directory_of(store)]
    assert list(path.parent.iterdir()) == [path]


@needs_namespaces
def test_directory_of_a_read_only_store_is_elsewhere(path, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    running, place = opened(path, [*READ_ONLY, str(path.parent)])
    assert place.parent == tmp_path
    assert running.communicate("\n")[0] == "(700000, 244999650000)\n"
    assert not place.exists()
