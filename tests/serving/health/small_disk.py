"""Runs ``wagewatch publish`` and ``wagewatch import`` on a disk that fills up in the middle.

Usage: unshare --mount python -m tests.serving.health.small_disk FOLDER OFFICE FILE

Mounts a small disk at FOLDER, copies the workspace OFFICE to it, and prints as JSON what each
command came to and what was left. FILE takes what a command says.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

# Commands are processes forked from this one, which has imported what they need.
import serving.publishing.pipeline  # noqa: F401
from risk.store.store import RecordStore
from serving.audit.verification import verify_audit
from serving.cli.main import main
from serving.db.database import Database

BOOK_ROWS = 3000
PUBLISH = ("publish", "--as-of", "2025-05-01", "--capacity", "8")


def resize(disk: Path, free: int | None) -> None:
    """Leave ``free`` pages, or as many as anybody could want."""
    page = os.sysconf("SC_PAGE_SIZE")
    size = "1g" if free is None else shutil.disk_usage(disk).used + free * page
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def forked(said: Path, action: Callable[[], int]) -> int:
    """The exit code of ``action`` in a process of its own; ``said`` holds what it printed."""
    child = os.fork()
    if not child:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(said, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), stream.fileno())
        code = action()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count(place: Path) -> int:
    """Print the numbers of lists and of rows of the book."""
    with Database(f"sqlite:///{place / 'service.sqlite'}") as database:
        assert not verify_audit(database.engine).problems
        with database.engine.connect() as connection:
            lists = connection.exec_driver_sql("SELECT count(*) FROM watchlists").scalar()
    with RecordStore(place / "records.duckdb", read_only=True) as store:
        [(rows,)] = store.rows("SELECT count(*) FROM payments WHERE payroll_id LIKE 'R%'")
    print(lists, rows)
    return 0


def play(disk: Path, office: Path, said: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", disk], check=True)
    place, book = disk / "w", disk / "payments_2.csv"
    shutil.copytree(office, place)
    rows = [f"2-{n},R{n},2014-12-01,100" for n in range(BOOK_ROWS)]
    book.write_text("\n".join(["payment_id,payroll_id,paid_on,amount", *rows]))
    bring_in, found = ("import", str(book)), []
    # With 8 pages the list finds no room, with 16 the book, with 64 what is stored after the book.
    for command, free in (
        *((PUBLISH, 8), (PUBLISH, None)),
        *((bring_in, 16), (bring_in, 64), (bring_in, None)),
    ):
        resize(disk, free)
        code = forked(said, partial(main, ["-w", str(place), "--lang", "en", *command]))
        resize(disk, None)
        line = said.read_text().splitlines()[-1]
        assert forked(said, partial(count, place)) == 0, said.read_text()
        found.append([code, line, *map(int, said.read_text().split())])
    print(json.dumps(found))


if __name__ == "__main__":
    play(*map(Path, sys.argv[1:]))
