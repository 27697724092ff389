"""Content of uploaded files in the workspace: bounded, under random names, for some days.

The names people give are never paths: they are stored in the database and given back to the files
only in a temporary folder, while a job reads them.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from risk.intake.archives import is_archive
from risk.intake.readers import DATA_SUFFIXES
from risk.intake.readers.formats import ALLOWED_SUFFIXES
from risk.workspace import Workspace
from serving.data_entry.errors import FileNotAccepted, UploadsFull

MAX_FILE = 50_000_000
"""Most bytes of one file."""

MAX_FILES = 100
"""Most files of one upload."""

MAX_UPLOAD = 300_000_000
"""Most bytes of the files of one upload."""

MAX_FOLDER = 2_000_000_000
"""Most bytes of all uploads that wait."""

KEPT = dt.timedelta(days=7)
"""Files that nobody imported are deleted after this time; imported ones at once."""

_MAX_NAME = 80  # characters; at most 240 bytes, what file systems allow
_UNWRITABLE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class StoredFile:
    """File of an upload: its name in the folder, the name people know, and its size."""

    stored_name: str
    name: str
    bytes: int


def plain_name(sent: str) -> str:
    """Last part of the name a browser sent, fit to be the name of a file.

    >>> plain_name("C:\\\\books\\\\2025年9月 工资.xlsx"), plain_name("../../etc/projects.csv")
    ('2025年9月 工资.xlsx', 'projects.csv')

    Raises:
        FileNotAccepted: the suffix is not that of a record file.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    clean = _UNWRITABLE.sub("", last).strip(" .")
    path = Path(clean or "-")
    known = path.suffix.lower() in DATA_SUFFIXES or is_archive(path)
    if not known or not path.stem or clean.startswith("~$"):
        raise FileNotAccepted(found=clean[:_MAX_NAME] or "-", allowed=ALLOWED_SUFFIXES)
    return path.stem[: _MAX_NAME - len(path.suffix)] + path.suffix


def free_name(name: str, taken: Iterable[str]) -> str:
    """``name``, with a number if ``taken`` has it.

    >>> free_name("a.xlsx", ["a.xlsx"])
    'a-2.xlsx'
    """
    used, path, number = set(taken), Path(name), 1
    while name in used:
        number += 1
        name = f"{path.stem}-{number}{path.suffix}"
    return name


class UploadFolder:
    """Folder of the uploads of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = workspace.root / "uploads"

    def new_file(self, upload_id: str) -> Path:
        """Path of a new file of an upload; its folder is made, for the office's user only.

        Raises:
            UploadsFull: the uploads that wait are as large as they may be.
        """
        self._root.mkdir(mode=0o700, exist_ok=True)
        if self.bytes() >= MAX_FOLDER:
            raise UploadsFull(most=MAX_FOLDER // 1_000_000)
        folder = self._root / upload_id
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / secrets.token_hex(16)

    def bytes(self) -> int:
        """Bytes of all uploads."""
        return sum(path.stat().st_size for path in self._root.glob("*/*"))

    def delete(self, upload_id: str) -> None:
        """Delete the files of an upload."""
        shutil.rmtree(self._root / upload_id, ignore_errors=True)

    @contextmanager
    def named(self, upload_id: str, files: Sequence[StoredFile]) -> Iterator[Path]:
        """Yield a temporary folder in which the files of an upload have their own names."""
        with tempfile.TemporaryDirectory(prefix="wagewatch-upload-") as folder:
            for file in files:
                source = self._root / upload_id / file.stored_name
                _place(source.resolve(), Path(folder) / file.name)
            yield Path(folder)


def _place(source: Path, target: Path) -> None:
    try:
        os.symlink(source, target)
    except OSError:  # Windows lets administrators alone make links
        shutil.copyfile(source, target)
