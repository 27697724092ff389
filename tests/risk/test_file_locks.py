"""A lock on a file is held by one open file at a time, and ends with it."""

from __future__ import annotations

import subprocess
import sys

from risk.file_locks import try_lock


def test_only_one_open_file_holds_the_lock(tmp_path):
    path = tmp_path / "lock"
    with path.open("a") as first:
        assert try_lock(first)
        with path.open("a") as second:
            assert not try_lock(second)
    with path.open("a") as third:
        assert try_lock(third)


def test_another_process_is_refused(tmp_path):
    path = tmp_path / "lock"
    asks = f"from risk.file_locks import try_lock; print(try_lock(open({str(path)!r}, 'a')))"
    command = [sys.executable, "-c", asks]
    with path.open("a") as held:
        assert try_lock(held)
        refused = subprocess.run(command, capture_output=True, check=True, text=True)
    allowed = subprocess.run(command, capture_output=True, check=True, text=True)
    assert (refused.stdout, allowed.stdout) == ("False\n", "True\n")


def test_what_is_in_the_file_stays_and_can_be_read_under_the_lock(tmp_path):
    path = tmp_path / "marks"
    path.write_text("{}")
    with path.open("a+") as file:
        assert try_lock(file)
        file.seek(0)
        assert file.read() == "{}"
        assert path.read_text() == "{}"
