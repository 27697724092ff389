"""Packs files with a signed manifest; unpacks and checks them in a child with bounded memory.

An archive may come from anywhere: a few kilobytes of it can ask for gigabytes. The system ends the
child at its limit; the restoring process reads files only after the manifest has named them.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from risk.process_limits import limit_memory
from risk.sources.private_files import open_private
from serving.auth.secrets import signing_key
from serving.errors import CommandError

ABOUT, SIGNATURE = "about.json", "about.hmac"
FORMATS = ("wagewatch-backup-1", "wagewatch-backup-2")
MEMORY_BYTES = 448 * 2**20
MOST_FILES = 100_000
MOST_MANIFEST = 64 * 2**20
"""Bytes of the manifest, which names every file."""

_FORMER_KEY = "session.key"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DAMAGES = (
    *(tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, MemoryError),
)


class BackupUnreadable(CommandError):
    """The file is damaged, forged, or not a backup that this version can read."""

    code = "backup_unreadable"


class NoRoomForBackup(CommandError):
    """There is no room where the files of a backup lie while it is packed or unpacked."""

    code = "no_room_for_backup"


class BackupNotSigned(CommandError):
    """The backup is not signed with the key given."""

    code = "backup_not_signed"


def pack(folder: Path, out: Path, about: Mapping[str, Any], key: Path | None) -> dict[str, Any]:
    """Write the files in ``folder`` to ``out`` and return the manifest.

    ``out`` is there whole or not at all, also after a failure of power; only its owner may read it.

    Args:
        key: file with the key that signs the manifest; created if it does not exist.
    """
    listed = digests(folder)
    manifest = {**about, "files": listed}
    content = json.dumps(manifest, indent=1)
    partial = out.with_name(f".{out.name}.part")
    try:
        with open_private(partial, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                _add_text(archive, ABOUT, content)
                if key is not None:
                    _add_text(archive, SIGNATURE, sign(key, content.encode()))
                for name in listed:
                    archive.add(folder / name, arcname=name)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
    finally:
        # Of a disk that was full it would take the room.
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    _sync_folder(out.parent)
    return manifest


def _sync_folder(folder: Path) -> None:
    """Have the system write the names in a folder to disk; Windows opens no folders."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _add_text(archive: tarfile.TarFile, name: str, content: str) -> None:
    data = content.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def unpack(
    source: Path, folder: Path, key: Path | None, formats: Sequence[str] = FORMATS
) -> dict[str, Any]:
    """Unpack a backup, or another file of one of the ``formats``; return its manifest.

    Raises:
        BackupUnreadable: it is damaged, holds what it does not name, or needs too much memory.
        BackupNotSigned: it is not signed with ``key``.
        NoRoomForBackup: the disk of ``folder`` has no room for its files.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("WAGEWATCH_")
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    asked = {
        **{"source": str(source), "folder": str(folder), "key": str(key) if key else None},
        "formats": list(formats),
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-c", f"from {__name__} import main; main()"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        detail = f"more than {MEMORY_BYTES >> 20} MiB of memory"
        raise BackupUnreadable(path=str(source), detail=detail)
    answer: dict[str, Any] = json.loads(done.stdout)
    if answer["failure"] == "unsigned":
        raise BackupNotSigned(path=str(key))
    if answer["failure"] == "no_room":
        raise NoRoomForBackup(path=str(folder.parent))
    if answer["failure"] is not None:
        raise BackupUnreadable(path=str(source), detail=answer["failure"])
    about: dict[str, Any] = answer["about"]
    return about


def main() -> None:
    """Unpack what standard input asks for, and answer on standard output."""
    limit_memory(MEMORY_BYTES)
    asked = json.loads(sys.stdin.read())
    key = Path(asked["key"]) if asked["key"] else None
    about, failure = None, None
    try:
        about = _unpacked(Path(asked["source"]), Path(asked["folder"]), key, asked["formats"])
    except _Unsigned:
        failure = "unsigned"
    except _DAMAGES as error:
        is_full = isinstance(error, OSError) and error.errno in _FULL
        failure = "no_room" if is_full else f"{type(error).__name__}: {error}"[:500]
    json.dump({"about": about, "failure": failure}, sys.stdout)


def sign(key: Path, content: bytes) -> str:
    """Return the signature of a manifest with the key in a file, which is made if there is none."""
    return hmac.new(signing_key(key).encode(), content, hashlib.sha256).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file below ``folder``, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


class _Unsigned(Exception):
    """The manifest is not signed with the key."""


def _unpacked(
    source: Path, folder: Path, key: Path | None, formats: Sequence[str]
) -> Mapping[str, Any]:
    _extract(source, folder)
    with (folder / ABOUT).open("rb") as file:
        content = file.read(MOST_MANIFEST + 1)
    if len(content) > MOST_MANIFEST:
        raise ValueError(ABOUT)
    if key is not None:
        _check_signature(folder, content, key)
    (folder / SIGNATURE).unlink(missing_ok=True)
    (folder / ABOUT).unlink()
    about: dict[str, Any] = json.loads(content)
    if about["format"] not in formats:
        raise ValueError(about["format"])
    found = digests(folder)
    wrong = sorted(name for name, _ in set(found.items()) ^ set(about["files"].items()))
    if wrong:
        raise ValueError(wrong[0])
    # Backups of format 1 had it; a restored workspace makes a new one.
    (folder / _FORMER_KEY).unlink(missing_ok=True)
    return about


def _extract(source: Path, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    with tarfile.open(source, "r:gz") as archive:
        for number, member in enumerate(archive):
            free -= member.size
            if number >= MOST_FILES or not (member.isfile() or member.isdir()):
                raise ValueError(member.name)
            if free < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            _place(archive, member, folder)
            archive.members = []  # type: ignore[attr-defined]  # else the archive remembers all


def _place(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write a file or make a folder below ``folder``, readable by its owner only.

    ``TarFile.extract`` refuses what leads out of it from Python 3.11.4 on; Debian 12 has 3.11.2.

    Raises:
        ValueError: its name leads out of the folder.
    """
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or ":" in member.name:
        raise ValueError(member.name)
    target = folder / name
    (target if member.isdir() else target.parent).mkdir(mode=0o700, parents=True, exist_ok=True)
    if source := archive.extractfile(member):
        with source, open_private(target, "xb") as file:
            shutil.copyfileobj(source, file)


def _check_signature(folder: Path, content: bytes, key: Path) -> None:
    path = folder / SIGNATURE
    if not key.is_file():
        raise _Unsigned
    found = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not hmac.compare_digest(found.encode(), sign(key, content).encode()):
        raise _Unsigned


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
