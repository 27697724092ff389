"""What people wrote comes back from a backup; secrets of sources do not go in."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk.workspace import Workspace
from serving.backup.service import back_up, restore
from serving.db.database import Database

SETTINGS = """
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
    "layouts/在建项目.toml",
    "import_forms/province.toml",
    "queries/payments.sql",
    "anfragen/projects.sql",
    "dialects/province.toml",
)
LEFT_OUT = ("wages.toml", "anfragen/secret.sql", "queries/notes.txt", "sources/wages/spool/a.csv")


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
