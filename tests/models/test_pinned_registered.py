"""MLflow's tables by hand: versions that are left, and those of this model alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from models.registered import RegisteredModel, RegisteredVersion, read_registered

TABLES = """
CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT, current_stage TEXT);
CREATE TABLE model_version_tags (name TEXT, version INTEGER, key TEXT, value TEXT);
CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER);
CREATE TABLE registered_model_tags (name TEXT, key TEXT, value TEXT);
INSERT INTO model_versions VALUES
  ('arrears', 1, 'r1', NULL), ('arrears', 2, 'r2', 'Production'),
  ('arrears', 3, 'r3', 'Deleted_Internal'),
  ('other', 4, 'r4', NULL), ('other', 5, 'r5', 'Production');
INSERT INTO model_version_tags VALUES
  ('arrears', 1, 'digest', 'd1'), ('arrears', 1, 'a', 'b'), ('other', 2, 'digest', 'd5');
INSERT INTO registered_model_aliases VALUES ('arrears', 'champion', 2), ('other', 'challenger', 4);
INSERT INTO registered_model_tags VALUES ('arrears', 'origin', 'o'), ('other', 'more', 'o');
"""


def test_versions_aliases_and_tags_are_those_of_the_name(tmp_path):
    path = tmp_path / "mlflow.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        assert read_registered(path, "arrears") == RegisteredModel()
        database.executescript(TABLES)
    assert read_registered(path, "arrears") == RegisteredModel(
        {
            1: RegisteredVersion(1, "r1", {"digest": "d1", "a": "b"}),
            2: RegisteredVersion(2, "r2", {}),
        },
        {"champion": 2},
        {"origin": "o"},
    )
    assert read_registered(path, "none") == RegisteredModel()
    assert read_registered(tmp_path / "none.sqlite", "arrears") == RegisteredModel()
