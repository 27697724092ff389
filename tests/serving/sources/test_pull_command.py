"""``wagewatch pull``: the account of an import, the exit codes, the list and the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from serving.cli.main import main

SETTINGS = """
[sources.wages]
kind = "sql"
url = "sqlite:///{database}"
every = "1d"
"""
PROJECTS = """
SELECT code AS project_id, title AS project_name, '990101' AS region_code, 'building' AS sector,
  'government' AS funding, begun AS started_on, foreman FROM sites
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A workspace with a source of one project."""
    database = tmp_path / "sites.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE sites (code, title, begun, foreman)")
        connection.execute("INSERT INTO sites VALUES ('P1', '滨河安置房', '2025-01-06', '李四光')")
    folder = tmp_path / "office"
    (folder / "queries").mkdir(parents=True)
    (folder / "wagewatch.toml").write_text(SETTINGS.format(database=database), encoding="utf-8")
    (folder / "queries" / "projects.sql").write_text(PROJECTS, encoding="utf-8")
    return folder


@pytest.fixture
def run(office: Path, capsys) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["-w", str(office), "--lang", "en", *arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_a_pull_prints_the_account_of_an_import_and_the_list_its_last_success(run, office):
    code, out, _ = run("pull", "wages", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["tables"]["projects"]["accepted"] == 1
    assert report["pull"]["state"] == "complete"
    assert report["pull"]["unread_columns"] == {"projects": ["foreman"]}
    code, out, _ = run("pull", "wages")
    assert code == 0
    assert "wages/projects.csv → projects: 1 rows read, 0 accepted, 1 repeated" in out
    [state] = json.loads(run("pull", "--json")[1])
    assert (state["source"], state["every"], state["last_state"]) == ("wages", "1d", "complete")
    log = json.loads(run("pull", "wages", "--log", "--json")[1])
    assert [entry["counts"]["rows"] for entry in log] == [{"projects": 1}] * 2
    # Nothing of the column that nobody reads is anywhere in the workspace.
    files = [path.read_bytes() for path in office.rglob("*") if path.is_file()]
    assert not any("李四光".encode() in content for content in files)


def test_a_trial_stores_nothing(run, office):
    code, out, _ = run("pull", "wages", "--try")
    assert code == 0
    assert "projects: 1 rows read, 1 accepted" in out
    assert not (office / "records.duckdb").exists()


def test_a_failure_is_one_clear_line(run, office):
    (office / "queries" / "projects.sql").write_text("DROP TABLE sites", encoding="utf-8")
    code, out, err = run("pull", "wages")
    assert code == 1
    assert "failed midway" in out
    assert err.strip().endswith("name its columns after the record fields with AS.")
    assert run("pull", "nothing")[2].startswith("No source named nothing. Sources in")


def test_a_refused_query_needs_an_answer(run, office):
    (office / "queries" / "payrolls.sql").write_text("SELECT * FROM none", encoding="utf-8")
    code, out, _ = run("pull", "wages")
    assert code == 3
    assert "Not pulled: payrolls" in out


def test_all_problems_of_the_settings_are_named(run, office):
    with (office / "wagewatch.toml").open("a", encoding="utf-8") as file:
        file.write('[sources.other]\nkind = "sql"\nevery = "1s"\nsecret = "Geheim"\nlimit = 3\n')
    code, _, err = run("pull")
    assert code == 1
    for setting in ("every", "secret", "limit", "url"):
        assert f"sources.other.{setting}" in err
    assert "Geheim" not in err
