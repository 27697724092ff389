"""A disk that is really full, in the middle of an import and of a publication: nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ...conftest import thorough

ROOT = Path(__file__).resolve().parents[3]

# Runs in a mount namespace of its own, where the disk is as small as we like.
SCRIPT = """
import datetime as dt, json, os, shutil, subprocess, sys
from pathlib import Path

from sqlalchemy import func, select

from risk.intake.importer import import_paths
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.audit.verification import verify_audit
from serving.db.database import Database
from serving.db.failures import write_failure
from serving.db.tables import WATCHLISTS
from serving.publishing.repository import store_publication
from tests.serving.conftest import PUBLISHED_AT, make_extras, make_publication

disk, found = Path(sys.argv[1]), {}
BLOCK = os.sysconf("SC_PAGE_SIZE")

def resize(slack):
    size = "1g" if slack is None else shutil.disk_usage(disk).used + slack * BLOCK
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)

def failure(action):
    try:
        action()
    except Exception as error:
        return write_failure(error) or repr(error)

subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(disk)], check=True)
url = f"sqlite:///{disk / 'service.sqlite'}"

def publish(database, month):
    publication = make_publication(dt.date(2025, month, 1), cohort=60).seal()
    values = {"published_at": PUBLISHED_AT, "published_by": "x", "extras": make_extras()}
    store_publication(database, publication, **values)

def opened():
    with Database(url) as database:
        publish(database, 6)

with Database(url) as database:
    publish(database, 5)
for slack in (1, 12, 24):
    resize(slack)
    found[f"publish {slack}"] = failure(opened)
    resize(None)
    with Database(url) as database:
        with database.engine.connect() as connection:
            lists = connection.scalar(select(func.count()).select_from(WATCHLISTS))
        found[f"left {slack}"] = [lists, len(verify_audit(database.engine).problems)]
opened()

def rows():
    with RecordStore(workspace.records, read_only=True) as store:
        return store.connection.execute("SELECT count(*) FROM payments").fetchone()[0]

workspace = Workspace(disk / "w")
for number, many in ((1, 5), (2, 3000)):
    lines = [f"{number}-{n},R{n},2014-12-01,100" for n in range(many)]
    text = "\\n".join(["payment_id,payroll_id,paid_on,amount", *lines])
    (disk / f"payments_{number}.csv").write_text(text)
workspace.root.mkdir()
import_paths(workspace, [disk / "payments_1.csv"], today=dt.date(2025, 1, 1))

def bring_in():
    import_paths(workspace, [disk / "payments_2.csv"], today=dt.date(2025, 1, 1))

resize(30)
found["import"] = failure(bring_in)
resize(None)
found["left import"] = rows()
bring_in()
found["done"] = rows()
print(json.dumps(found))
"""


def on_small_disk(*arguments):
    """What Python prints in a mount namespace of its own, where disks can be mounted."""
    unshare = shutil.which("unshare") or "unshare"
    probe = [unshare, "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if not shutil.which(unshare) or subprocess.run(probe, check=False).returncode:
        pytest.skip("nobody may mount a small disk here")
    done = subprocess.run(
        [unshare, "--mount", sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@thorough
def test_full_disk_refuses_whole_imports_and_publications(tmp_path):
    found = on_small_disk("-c", SCRIPT, tmp_path)
    for slack in (1, 12, 24):
        assert found[f"publish {slack}"] == "disk_full"
        assert found[f"left {slack}"] == [1, 0]
    assert found["import"] == "disk_full"
    assert (found["left import"], found["done"]) == (5, 3005)


@thorough
def test_commands_on_a_full_disk_say_so_and_go_on_when_there_is_room(office, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = ("-m", "tests.serving.health.small_disk")
    found = on_small_disk(*script, disk, office.root, tmp_path / "said")
    refused = [line for code, line, *_ in found if code]
    assert [code for code, *_ in found] == [1, 0, 1, 1, 0]
    assert all("is full. Make room and run the command again" in line for line in refused)
    # Lists, and rows of the book: its own transaction was complete before the fourth failed.
    assert [one[2:] for one in found] == [[2, 0], [3, 0], [3, 0], [3, 3000], [3, 3000]]
