"""Addresses of artifacts are corrected where there is a tracking database, and nothing else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from models.artifact_paths import correct_addresses
from risk.workspace import Workspace

TABLES = """
CREATE TABLE experiments (name TEXT, artifact_location TEXT);
CREATE TABLE runs (artifact_uri TEXT);
CREATE TABLE model_versions (source TEXT, storage_location TEXT);
INSERT INTO experiments VALUES ('Default', 'file:///before/mlruns/0');
INSERT INTO experiments VALUES ('arrears', 'file:///before/models');
INSERT INTO runs VALUES ('file:///before/models/r1/artifacts');
INSERT INTO runs VALUES ('file:///before/models-of-others/r2/artifacts');
INSERT INTO model_versions VALUES ('file:///before/models/r1/artifacts/model', NULL);
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def test_only_addresses_below_the_former_place_are_moved(workspace):
    with closing(sqlite3.connect(workspace.tracking)) as database:
        database.executescript(TABLES)
    correct_addresses(workspace)
    here = workspace.models.resolve().as_uri()
    with closing(sqlite3.connect(workspace.tracking)) as database:
        places = dict(database.execute("SELECT name, artifact_location FROM experiments"))
        runs = [uri for (uri,) in database.execute("SELECT artifact_uri FROM runs ORDER BY rowid")]
        versions = database.execute("SELECT source, storage_location FROM model_versions")
        assert versions.fetchall() == [(f"{here}/r1/artifacts/model", None)]
    assert places == {"Default": "file:///before/mlruns/0", "arrears": here}
    assert runs == [f"{here}/r1/artifacts", "file:///before/models-of-others/r2/artifacts"]


def test_addresses_are_moved_once_to_a_place_below_the_former_one(workspace):
    here = workspace.models.resolve().as_uri()
    before = here.rpartition("/")[0]
    with closing(sqlite3.connect(workspace.tracking)) as database:
        database.executescript(TABLES.replace("file:///before/models'", f"{before}'"))
        database.execute("INSERT INTO experiments VALUES ('linkage', ?)", [before])
        database.execute("UPDATE runs SET artifact_uri = ? WHERE rowid = 1", [f"{before}/r1"])
        database.commit()
    correct_addresses(workspace)
    with closing(sqlite3.connect(workspace.tracking)) as database:
        places = dict(database.execute("SELECT name, artifact_location FROM experiments"))
        runs = [uri for (uri,) in database.execute("SELECT artifact_uri FROM runs ORDER BY rowid")]
    assert (places["arrears"], places["linkage"], runs[0]) == (here, here, f"{here}/r1")


@pytest.mark.parametrize("body", [b"", b"no database at all" * 100], ids=["empty", "text"])
def test_what_is_no_tracking_database_is_left_alone(workspace, body):
    workspace.tracking.write_bytes(body)
    correct_addresses(workspace)
    assert workspace.tracking.read_bytes() == body


def test_without_a_tracking_database_none_is_made(workspace):
    correct_addresses(workspace)
    assert not workspace.tracking.exists()
