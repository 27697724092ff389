"""A backup that is damaged, forged or of another release: restored whole, or refused whole."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from risk.workspace import Workspace
from serving.audit.repository import write_audit_entries
from serving.audit.verification import AuditBroken, verify_audit
from serving.backup.archive import (
    BackupNotSigned,
    BackupUnreadable,
    NoRoomForBackup,
    _extract,
    unpack,
)
from serving.backup.service import RestoreWouldMix, back_up, restore
from serving.db.database import Database
from serving.db.engine import DatabaseUnreachable, make_engine
from serving.db.migrate import HEAD, revision
from serving.watchlists.repository import WatchlistRepository

from ...conftest import thorough
from ..audit.test_chain import entry
from ..conftest import AS_OF

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.tar.gz"))


@pytest.fixture
def backup(workspace, database, publish, tmp_path):
    """A backup with a list and three audit entries, signed."""
    publish()
    write_audit_entries(database.engine, [entry(number) for number in range(3)])
    path = tmp_path / "all.tar.gz"
    back_up(workspace, database, path, tmp_path / "backup.key")
    return path


def forged(source: Path, change) -> Path:
    """The backup with files changed by ``change``, and the digests of the manifest."""

    out = source.with_name("forged.tar.gz")
    with tarfile.open(source) as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
    about = json.loads(files.pop("about.json"))
    change(files, about)
    if isinstance(about.get("files"), dict):
        about["files"] = {
            name: hashlib.sha256(files[name]).hexdigest()
            for name in about["files"]
            if name in files
        }
    with tarfile.open(out, "w:gz") as archive:
        for name, content in {"about.json": json.dumps(about).encode(), **files}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out


def test_only_the_owner_may_read_a_backup_and_the_key(backup, tmp_path):
    assert backup.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "backup.key").stat().st_mode & 0o777 == 0o600
    with tarfile.open(backup) as archive:
        names = archive.getnames()
    assert "session.key" not in names
    assert "service/sessions.jsonl" not in names


def test_signed_backup_is_restored_with_its_key_only(backup, tmp_path):
    restore(backup, Workspace(tmp_path / "a"), None, tmp_path / "backup.key")
    (tmp_path / "other.key").write_text("x" * 64, encoding="ascii")
    unsigned = forged(backup, lambda files, about: files.pop("about.hmac"))
    for source, key in (
        (backup, "other.key"),
        (backup, "none.key"),
        (unsigned, "backup.key"),
        (forged(backup, lambda files, about: about.update(version="9")), "backup.key"),
    ):
        with pytest.raises(BackupNotSigned):
            restore(source, Workspace(tmp_path / "b"), None, tmp_path / key)
    assert not (tmp_path / "b").exists()


def test_restore_over_an_empty_mount_point_copies_the_settings_last(backup, tmp_path, monkeypatch):
    """A folder that cannot be renamed is filled file by file, and is no workspace until the end."""
    monkeypatch.setattr(Path, "replace", _busy)
    before_settings, copy2 = [], shutil.copy2

    def noted(source, target):
        before_settings.append((Path(source).name, [path.name for path in target.iterdir()]))
        return copy2(source, target)

    monkeypatch.setattr(shutil, "copy2", noted)
    place = Workspace(tmp_path / "mounted")
    place.root.mkdir()
    restore(backup, place, None)
    assert before_settings == [("wagewatch.toml", ["service.sqlite"])]
    assert place.settings_file.is_file()
    assert not (tmp_path / ".mounted.part").exists()


def _busy(*_):
    raise OSError(errno.EBUSY, "busy")


def _alter_audit(files, _):
    files["service/audit.jsonl"] = files["service/audit.jsonl"].replace(b"supervisor", b"admin")


def _shorten_audit(files, _):
    lines = files["service/audit.jsonl"].splitlines(keepends=True)
    files["service/audit.jsonl"] = b"".join(lines[:-1])


@pytest.mark.parametrize("change", [_alter_audit, _shorten_audit])
def test_restore_refuses_an_altered_or_shortened_audit_log(backup, tmp_path, change):
    with pytest.raises(AuditBroken):
        restore(forged(backup, change), Workspace(tmp_path / "b"), None)
    assert not (tmp_path / "b").exists()


DAMAGES = [
    lambda files, about: about.pop("files"),
    lambda files, about: about.pop("migration"),
    lambda files, about: about.update(migration="9999"),
    lambda files, about: about.update(format="wagewatch-backup-9"),
    lambda files, about: about.update(files=[]),
    lambda files, about: about.update(audit_head={"entry": "x"}),
    lambda files, about: files.pop("service/users.jsonl"),
    lambda files, about: files.update({"service/users.jsonl": b'["id"]\n[1]\n'}),
    lambda files, about: files.update({"service/users.jsonl": b"{"}),
    lambda files, about: files.update({"service/users.jsonl": b""}),
    lambda files, about: files.update({"unlisted.txt": b"x"}),
]


@pytest.mark.parametrize("change", DAMAGES)
def test_restore_refuses_damaged_backups_and_leaves_nothing(backup, tmp_path, change):
    with pytest.raises(BackupUnreadable):
        restore(forged(backup, change), Workspace(tmp_path / "b"), None)
    assert not (tmp_path / "b").exists()


def test_restore_refuses_lines_and_manifests_nested_too_deep(backup, tmp_path):
    deep = b"[" * 100_000
    for change in (
        lambda files, about: files.update({"service/users.jsonl": deep}),
        lambda files, about: about.update(files={}, deep="x"),
    ):
        with pytest.raises(BackupUnreadable):
            restore(forged(backup, change), Workspace(tmp_path / "b"), None)
    with tarfile.open(tmp_path / "deep.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("about.json")
        info.size = len(deep)
        archive.addfile(info, io.BytesIO(deep))
    with pytest.raises(BackupUnreadable, match="RecursionError"):
        restore(tmp_path / "deep.tar.gz", Workspace(tmp_path / "b"), None)
    assert not (tmp_path / "b").exists()


def test_restore_refuses_rows_longer_than_any_real_one(backup, tmp_path, monkeypatch):
    monkeypatch.setattr("serving.backup.rows.MOST_LINE", 300)
    with pytest.raises(BackupUnreadable, match="Mi characters"):
        restore(backup, Workspace(tmp_path / "b"), None)


@thorough
def test_restore_ends_an_archive_whose_header_asks_for_all_memory(tmp_path):
    """A header of the archive itself, which tarfile reads whole: 2 MB packed, 464 MiB unpacked."""
    bomb = tmp_path / "bomb.tar.gz"
    size = 464 * 2**20
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, size
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(size // 2**24):
            file.write(bytes(2**24))
    assert bomb.stat().st_size < 8 * 2**20
    with pytest.raises(BackupUnreadable, match=r"MemoryError|MiB of memory"):
        restore(bomb, Workspace(tmp_path / "b"), None)
    assert not (tmp_path / "b").exists()


def test_failed_restore_leaves_the_database_empty(backup, tmp_path, postgresql_database):
    with pytest.raises(AuditBroken):
        restore(forged(backup, _alter_audit), Workspace(tmp_path / "b"), postgresql_database)
    engine = make_engine(postgresql_database)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_restore_without_room_names_the_folder_and_not_the_backup(backup, tmp_path, monkeypatch):
    small = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr("serving.backup.archive.shutil.disk_usage", lambda _: small)
    with pytest.raises(OSError, match="No space left"):
        _extract(backup, tmp_path / "place")


def test_child_without_room_is_not_a_damaged_backup(backup, tmp_path, monkeypatch):
    said = subprocess.CompletedProcess([], 0, '{"about": null, "failure": "no_room"}')
    monkeypatch.setattr("serving.backup.archive.subprocess.run", lambda *_, **__: said)
    with pytest.raises(NoRoomForBackup) as raised:
        unpack(backup, tmp_path / "place", None)
    assert raised.value.fields == {"path": str(tmp_path)}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), NoRoomForBackup),
        (OSError(errno.EIO, "x"), BackupUnreadable),
    ],
)
def test_disk_that_fills_up_while_rows_are_loaded(backup, tmp_path, monkeypatch, error, expected):
    def fails(*_):
        raise error

    monkeypatch.setattr("serving.backup.service._load", fails)
    with pytest.raises(expected):
        restore(backup, Workspace(tmp_path / "b"), None)


def test_backup_that_finds_no_room_leaves_no_part_of_it(workspace, database, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("serving.backup.archive._add_text", full)
    with pytest.raises(OSError, match="No space left"):
        back_up(workspace, database, tmp_path / "all.tar.gz")
    assert not list(tmp_path.glob(".all*")) + list(tmp_path.glob("all*"))


def test_backup_names_the_folder_of_temporary_files_that_is_full(
    workspace, database, tmp_path, monkeypatch
):
    def full(*_):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("serving.backup.service._copy_stores", full)
    with pytest.raises(NoRoomForBackup):
        back_up(workspace, database, tmp_path / "all.tar.gz")


def test_restore_into_a_database_that_is_not_there_does_not_blame_the_backup(backup, tmp_path):
    url = "postgresql+psycopg://office:hush@127.0.0.1:9/office"
    with pytest.raises(DatabaseUnreachable) as raised:
        restore(backup, Workspace(tmp_path / "b"), url)
    said = raised.value.message("en")
    assert "127.0.0.1:9" in said
    assert "\n" not in said
    assert "hush" not in said
    assert not (tmp_path / "b").exists()


def test_restore_refuses_links(backup, tmp_path):
    out = tmp_path / "links.tar.gz"
    with tarfile.open(out, "w:gz") as archive:
        link = tarfile.TarInfo("about.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BackupUnreadable):
        restore(out, Workspace(tmp_path / "b"), None)


@pytest.mark.parametrize(
    "name", ["../escaped", "/tmp/escaped", "a/../../escaped", "c:escaped", "a\\b"]
)
def test_restore_refuses_names_that_lead_out_of_the_folder(tmp_path, name):
    out = tmp_path / "out.tar.gz"
    with tarfile.open(out, "w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    folder = tmp_path / "unpacked"
    folder.mkdir()
    with pytest.raises(BackupUnreadable, match=r"escaped|a.+b"):
        unpack(out, folder, None)
    assert list(folder.rglob("*")) == []
    assert {path.name for path in tmp_path.iterdir()} == {"out.tar.gz", "unpacked"}


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_backups_of_earlier_releases_are_loaded_and_upgraded(release, kind, tmp_path, request):
    url = request.getfixturevalue("postgresql_database") if kind == "postgresql" else None
    place = Workspace(tmp_path / "b")
    restore(release, place, url)
    with Database(url or f"sqlite:///{place.service_database}") as database:
        with database.engine.connect() as connection:
            assert revision(connection) == HEAD
            names = connection.execute(text("SELECT name FROM users")).scalars().all()
        assert names == ["王主管"]
        entries = WatchlistRepository(database).watchlist(AS_OF).document()["entries"]
        assert [one["project_id"] for one in entries] == ["P/000", "P/001", "P/002", "P/003"]
        assert verify_audit(database.engine).problems == ()
        with pytest.raises(RestoreWouldMix):
            restore(
                release,
                Workspace(tmp_path / "c"),
                str(database.engine.url.render_as_string(hide_password=False)),
            )


def test_there_is_a_backup_of_each_release():
    changelog = (Path(__file__).parents[3] / "CHANGELOG.md").read_text(encoding="utf-8")
    released = [
        line[4 : line.index("]")]
        for line in changelog.splitlines()
        if line.startswith("## [") and "Unreleased" not in line
    ]
    assert [path.name.removesuffix(".tar.gz") for path in RELEASES] == sorted(released)


def test_three_processes_may_migrate_an_empty_database_at_once(postgresql_database):
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(Database, [postgresql_database] * 3))
    with opened[0].engine.connect() as connection:
        assert revision(connection) == HEAD
    for database in opened:
        database.close()
