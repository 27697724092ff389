"""No connection fetches extensions from the network."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from risk.store.connection import connect
from risk.store.store import RecordStore

ROOT = Path(__file__).resolve().parents[3]
SETTING = "SELECT current_setting('autoinstall_known_extensions')"


def test_no_connection_installs_extensions(store, tmp_path):
    assert store.rows(SETTING) == [(False,)]
    assert store.cursor().execute(SETTING).fetchall() == [(False,)]
    RecordStore(tmp_path / "records.duckdb").close()
    with RecordStore(tmp_path / "records.duckdb", read_only=True) as opened:
        assert opened.rows(SETTING) == [(False,)]


def test_a_path_of_s3_is_refused_without_its_extension(tmp_path):
    with connect() as connection:
        connection.execute(f"SET extension_directory = '{tmp_path}'")
        with pytest.raises(duckdb.Error, match=r"httpfs"):
            connection.execute("SELECT * FROM 's3://records/projects.parquet'")
    assert not any(tmp_path.iterdir())


def test_connections_are_made_in_one_place():
    made = re.compile(r"duckdb\.(connect|sql|query|execute|read_\w+)\(")
    found = [
        path.relative_to(ROOT).as_posix()
        for package in ("risk", "features", "models", "training", "serving")
        for path in (ROOT / package).rglob("*.py")
        if made.search(path.read_text("utf-8"))
    ]
    assert found == ["risk/store/connection.py"]
