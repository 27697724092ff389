"""What people wrote comes back from a backup; secrets of sources do not go in."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk.workspace import Workspace
from serving.backup.files import written_files
from serving.backup.service import back_up, restore
from serving.db.database import Database
from serving.settings import Settings, file_settings

SETTINGS = """
[law]
values_file = "law_values.toml"
[deposits]
rules_file = "deposit_rules.toml"
[map]
outlines_file = "outlines.geojson"
[sources.wages]
kind = "sql"
secret_file = "wages.toml"
[sources.other]
kind = "sql"
queries = "anfragen"
secret_file = "anfragen/secret.sql"
[sources.platform]
kind = "realname"
dialect = "dialects/province.toml"
[sources.outside]
kind = "sql"
queries = ".."
"""
WRITTEN = (
    "wagewatch.toml",
    "synonyms.toml",
    "law_values.toml",
    "deposit_rules.toml",
    "outlines.geojson",
    "shared_models.json",
    "rules/province.toml",
    "layouts/在建项目.toml",
    "import_forms/province.toml",
    "queries/payments.sql",
    "anfragen/projects.sql",
    "dialects/province.toml",
)
LEFT_OUT = (
    "other.geojson",
    "wages.toml",
    "anfragen/secret.sql",
    "queries/notes.txt",
    "sources/wages/spool/a.csv",
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "office"
    for name in (*WRITTEN, *LEFT_OUT, "../outside.sql"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (root / "wagewatch.toml").write_text(SETTINGS, encoding="utf-8")
    return Workspace(root)


def test_a_restored_workspace_has_what_people_wrote_and_no_secret(workspace, tmp_path):
    with Database(f"sqlite:///{workspace.service_database}") as database:
        back_up(workspace, database, tmp_path / "all.tar.gz")
    restored = Workspace(tmp_path / "restored")
    restore(tmp_path / "all.tar.gz", restored, None)
    files = [path for path in restored.root.rglob("*") if path.is_file()]
    names = {path.relative_to(restored.root).as_posix() for path in files}
    assert names == {*WRITTEN, "service.sqlite"}
    assert (restored.root / "layouts/在建项目.toml").read_text("utf-8") == "layouts/在建项目.toml"


def test_a_file_named_in_the_environment_is_in_the_backup(workspace, monkeypatch):
    monkeypatch.setenv("WAGEWATCH_MAP__OUTLINES_FILE", "other.geojson")
    names = {path.as_posix() for path in written_files(workspace)}
    assert "other.geojson" in names
    assert "outlines.geojson" not in names


def test_every_setting_of_a_file_is_marked_in_its_type():
    """``heads_file`` is written, not read, and may be anywhere; every other name of a file is."""
    named = {
        (section, key)
        for section, about in Settings.model_fields.items()
        for key in getattr(about.annotation, "model_fields", {})
        if key.endswith("_file")
    }
    assert set(file_settings()) == named - {("audit", "heads_file")}
    assert len(named) >= 4
