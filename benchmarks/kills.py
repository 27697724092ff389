"""Kills processes at random moments and checks what is left.

Usage: python -m benchmarks.kills --kills 200 [--out FILE.md] [--slower FACTOR]

Seven scenes: publishing lists, entering outcomes over the API, importing files, calling
subscribers, backing up, restoring, and upgrading the databases of an earlier release. After every
SIGKILL, everything acknowledged must be stored, nothing may be half done, and continuing must end
in the same state as an undisturbed run.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from sqlalchemy import ColumnElement, Connection, Table, func, select

from benchmarks.publications import publication
from benchmarks.tokens import add_token
from risk.calendar.dates import add_months
from risk.intake.importer import import_file, import_paths
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.audit.verification import verify_audit
from serving.auth.principal import OFFICE
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.backup.archive import unpack
from serving.backup.rows import load_tables
from serving.backup.service import back_up, restore
from serving.db.compression import unpacked
from serving.db.database import Database
from serving.db.engine import make_engine, writing
from serving.db.migrate import HEAD, migrate_to, revision
from serving.db.tables import (
    DELIVERIES,
    EVENTS,
    INBOX,
    OUTCOMES,
    PROJECT_RISKS,
    USERS,
    WATCHLIST_ENTRIES,
    WATCHLISTS,
)
from serving.events.outbox import Subscription, add_subscription
from serving.events.webhooks import deliver_due
from serving.http.caller import WebhookCaller
from serving.http.egress import EgressPolicy
from serving.ingest.importer import import_waiting
from serving.publishing.repository import store_publication
from serving.settings import default_toml

SCENES = ("publish", "outcomes", "imports", "webhooks", "backups", "restores", "upgrades")
FIRST = dt.date(2015, 1, 1)
LISTED, COHORT = 20, 120
FILES, ROWS = 40, 400
BACKED_UP, BACKUP = 4, "all.tar.gz"
"""Number of lists in the backup that is restored, and its file."""

OLD = "0007"
"""Migration of the earlier release."""

UPGRADED = 20
"""Databases of an earlier release that are upgraded one after another."""

RELEASE = Path(__file__).parents[1] / "tests/serving/backup/releases/0.1.0.tar.gz"

LONGEST = {
    **{"publish": 1.5, "outcomes": 0.8, "imports": 2.0, "webhooks": 0.6},
    **{"backups": 0.5, "restores": 3.0, "upgrades": 1.0},
}
"""Seconds after the first sign of life within which the kill falls."""


@dataclass
class Ran:
    """What was acknowledged before the kill, and the events subscribers received."""

    acknowledged: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    received: set[str] = field(default_factory=set)
    port: int = 0


def main() -> None:
    """Kill, check, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--scenes", nargs="+", default=SCENES, choices=SCENES)
    parser.add_argument("--slower", type=float, default=1.0, help="for a machine that is busy")
    parser.add_argument("--child", nargs=2)
    chosen = parser.parse_args()
    if chosen.child:
        _CHILDREN[chosen.child[0]](Path(chosen.child[1]))
        return
    lines = ["| scene | kills | acknowledged | problems |", "| --- | --- | --- | --- |"]
    for scene in chosen.scenes:
        lines.append(_scene(scene, chosen.kills // len(chosen.scenes), chosen.slower))
        sys.stderr.write(lines[-1] + "\n")
    if chosen.out:
        chosen.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _scene(scene: str, kills: int, slower: float) -> str:
    import tempfile

    acknowledged, problems = 0, []
    for number in range(kills):
        with tempfile.TemporaryDirectory() as directory:
            ran = run(scene, Path(directory), seed=number, slower=slower)
            acknowledged += len(ran.acknowledged)
            problems += judge(scene, Path(directory), ran)
    listed = "; ".join(problems) or "none"
    return f"| {scene} | {kills} | {acknowledged} | {listed} |"


def run(scene: str, folder: Path, seed: int, slower: float = 1.0) -> Ran:
    """Let ``scene`` play in ``folder`` and kill it at a moment chosen by ``seed``."""
    chance = random.Random(f"{scene}-{seed}")  # noqa: S311
    seconds = chance.uniform(0.0, LONGEST[scene] * slower)
    with _prepared(scene, folder) as ran:
        process = subprocess.Popen(
            _command(scene, folder, ran), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        killer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
        if scene == "outcomes":
            _enter_outcomes(folder, process, killer, ran)
        else:
            assert process.stdout is not None  # noqa: S101
            for number, line in enumerate(process.stdout):
                if number == 0:
                    killer.start()
                else:
                    ran.acknowledged.append(line.strip())
        process.wait()
        killer.cancel()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    if scene == "webhooks":
        ran.acknowledged = sorted(ran.received)
    return ran


def judge(scene: str, folder: Path, ran: Ran) -> list[str]:
    """What is wrong with what was left; empty if nothing is."""
    return list(_JUDGES[scene](folder, ran))


@contextlib.contextmanager
def _prepared(scene: str, folder: Path) -> Iterator[Ran]:
    ran = Ran()
    workspace = Workspace(folder)
    workspace.settings_file.write_text(default_toml(), encoding="utf-8")
    if scene in _PREPARED:
        _PREPARED[scene](folder)
        yield ran
        return
    with _database(folder) as database:
        if scene == "outcomes":
            _publish(database, FIRST)
            grant = NewAccount("case", Role.SYSTEM, "", "benchmark", dt.datetime.now(dt.UTC))
            (folder / "token").write_text(add_token(database.engine, grant))
            yield ran
            return
        with _subscriber(ran) as url:
            _subscribe(database, url)
            if scene == "webhooks":
                for month in range(3):
                    _publish(database, add_months(FIRST, month))
            yield ran


def _prepare_backups(folder: Path) -> None:
    with _database(folder) as database:
        for month in range(BACKED_UP):
            _publish(database, add_months(FIRST, month))


def _prepare_restores(folder: Path) -> None:
    _prepare_backups(folder)
    with _database(folder) as database:
        back_up(Workspace(folder), database, folder / BACKUP)


def _prepare_upgrades(folder: Path) -> None:
    """Write databases as the earlier release left them."""
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    unpack(RELEASE, unpacked, None)
    first, *others = (folder / f"old-{number:02d}.sqlite" for number in range(UPGRADED))
    engine = make_engine(f"sqlite:///{first}")
    with writing(engine).begin() as connection:
        migrate_to(connection, OLD)
        load_tables(connection, unpacked / "service", with_columns=False)
    engine.dispose()
    for path in others:
        shutil.copyfile(first, path)


def _prepare_imports(folder: Path) -> None:
    _write_files(folder / "files")


_PREPARED = {
    "imports": _prepare_imports,
    "backups": _prepare_backups,
    "restores": _prepare_restores,
    "upgrades": _prepare_upgrades,
}


def _command(scene: str, folder: Path, ran: Ran) -> list[str]:
    if scene == "outcomes":
        code = "from serving.cli.main import run; run()"
        return [sys.executable, "-c", code, "-w", str(folder), "serve", "--port", "0"]
    return [sys.executable, "-m", "benchmarks.kills", "--child", scene, str(folder)]


# --- what the killed processes do ---


def _child_publish(folder: Path) -> None:
    with _database(folder) as database:
        print("ready", flush=True)
        for month in range(500):
            print(_publish(database, add_months(FIRST, month)), flush=True)


def _child_imports(folder: Path) -> None:
    workspace = Workspace(folder)
    first, *rest = sorted((folder / "files").iterdir())
    # The first import also loads the engine; afterwards files follow one another quickly.
    import_paths(workspace, [first], today=FIRST)
    print("ready", flush=True)
    for path in rest:
        import_paths(workspace, [path], today=FIRST)
        print(path.name, flush=True)


def _child_webhooks(folder: Path) -> None:
    with _database(folder) as database:
        print("ready", flush=True)
        while deliver_due(database.engine, _CALLER, dt.datetime.now(dt.UTC)):
            pass


def _child_backups(folder: Path) -> None:
    (folder / "out").mkdir()
    with _database(folder) as database:
        print("ready", flush=True)
        for number in range(500):
            back_up(Workspace(folder), database, folder / "out" / f"{number:03d}.tar.gz")
            print(f"{number:03d}.tar.gz", flush=True)


def _child_restores(folder: Path) -> None:
    print("ready", flush=True)
    for number in range(500):
        restore(folder / BACKUP, Workspace(folder / "out" / str(number)), None)
        print(number, flush=True)


def _child_upgrades(folder: Path) -> None:
    print("ready", flush=True)
    for path in sorted(folder.glob("old-*.sqlite")):
        Database(f"sqlite:///{path}").close()
        print(path.name, flush=True)


_CALLER = WebhookCaller(EgressPolicy.parse(["127.0.0.0/8"], only_listed=True))

_CHILDREN = {
    "publish": _child_publish,
    "imports": _child_imports,
    "webhooks": _child_webhooks,
    "backups": _child_backups,
    "restores": _child_restores,
    "upgrades": _child_upgrades,
}


def _enter_outcomes(
    folder: Path, process: subprocess.Popen[str], killer: threading.Timer, ran: Ran
) -> None:
    assert process.stderr is not None  # noqa: S101
    url = next(word for word in process.stderr.readline().split() if "http://" in word)
    address = "http" + url.split("http")[1].split("（")[0]
    token = (folder / "token").read_text()
    with httpx.Client(base_url=address, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        _wait_until_ready(client)
        killer.start()
        with contextlib.suppress(httpx.HTTPError):
            for number in range(10_000):
                key = f"outcome-{number:06d}"
                ran.sent.append(key)
                ran.acknowledged.append(_enter(client, number, key))


def _wait_until_ready(client: httpx.Client) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            if client.get("/readyz").status_code == 200:
                return
        time.sleep(0.02)


def _enter(client: httpx.Client, number: int, key: str) -> str:
    found = {
        "project_id": f"P-{number % COHORT:05d}",
        "inspected_on": "2015-02-01",
        "arrears_found": number % 3 == 0,
        "workers_owed": number,
    }
    answer = client.post("/v1/outcomes", json=found, headers={"Idempotency-Key": key})
    answer.raise_for_status()
    return str(answer.json()["id"])


# --- what must be true afterwards ---


def _judge_publish(folder: Path, ran: Ran) -> Iterator[str]:
    with _database(folder) as database, database.engine.connect() as connection:
        lists = connection.execute(select(WATCHLISTS)).all()
        if missing := set(ran.acknowledged) - {row.digest for row in lists}:
            yield f"{len(missing)} acknowledged lists lost"
        for row in lists:
            if hashlib.sha256(unpacked(row.body, None)).hexdigest() != row.digest:
                yield f"{row.as_of}: torn"
            listed = EVENTS.c.project_id.is_(None) & (EVENTS.c.as_of == row.as_of)
            counts = [
                _count(connection, WATCHLIST_ENTRIES, WATCHLIST_ENTRIES.c.watchlist_id == row.id),
                _count(connection, PROJECT_RISKS, PROJECT_RISKS.c.watchlist_id == row.id),
                _count(connection, EVENTS, listed),
            ]
            if counts != [LISTED, COHORT, 1]:
                yield f"{row.as_of}: half published {counts}"
        if _count(connection, EVENTS) != _count(connection, DELIVERIES):
            yield "an event without its delivery"
    with _database(folder) as database:
        _publish(database, add_months(FIRST, 600))


def _judge_outcomes(folder: Path, ran: Ran) -> Iterator[str]:
    workspace = Workspace(folder)
    with _database(folder) as database:
        with database.engine.connect() as connection:
            stored = {row.outcome_id for row in connection.execute(select(OUTCOMES))}
            waiting = _count(connection, INBOX)
        if lost := set(ran.acknowledged) - stored:
            yield f"{len(lost)} acknowledged outcomes lost"
        if len(stored) != waiting:
            yield f"{len(stored)} outcomes but {waiting} records"
        if len(stored) > len(ran.sent):
            yield "an outcome twice"
        _take_in(workspace, database)
    with RecordStore(workspace.records) as store:
        [(rows,)] = store.rows("SELECT count(DISTINCT inspection_id) FROM inspections")
    if rows != len(stored):
        yield f"{len(stored)} outcomes but {rows} inspections in the record store"


def _judge_imports(folder: Path, ran: Ran) -> Iterator[str]:
    paths = sorted((folder / "files").iterdir())
    with RecordStore(Workspace(folder).records) as store:
        found = dict(
            store.rows("SELECT split_part(payment_id, '-', 1), count(*) FROM payments GROUP BY 1")
        )
        for path in paths:
            rows = found.get(path.stem.split("_")[1], 0)
            if rows not in (0, ROWS):
                yield f"{path.name}: {rows} of {ROWS} rows"
            if path.name in ran.acknowledged and rows != ROWS:
                yield f"{path.name}: acknowledged and lost"
        for path in paths:
            import_file(store, path, today=FIRST)
        [(total,)] = store.rows("SELECT count(*) FROM payments")
    if total != FILES * ROWS:
        yield f"{total} rows after importing again"


def _judge_webhooks(folder: Path, ran: Ran) -> Iterator[str]:
    with _database(folder) as database, _subscriber(ran, ran.port):
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        while deliver_due(database.engine, _CALLER, later):
            pass
        with database.engine.connect() as connection:
            events = {row.event_id for row in connection.execute(select(EVENTS))}
    if lost := events - ran.received:
        yield f"{len(lost)} of {len(events)} events lost"


def _judge_backups(folder: Path, ran: Ran) -> Iterator[str]:
    found = sorted((folder / "out").glob("*.tar.gz"))
    if lost := set(ran.acknowledged) - {path.name for path in found}:
        yield f"{len(lost)} acknowledged backups lost"
    # The newest may have been under way; each restore takes most of a second.
    for path in found[-2:]:
        place = Workspace(folder / "restored" / path.name)
        restore(path, place, None)
        yield from _judge_restored(place)


def _judge_restores(folder: Path, ran: Ran) -> Iterator[str]:
    (folder / "out").mkdir(exist_ok=True)
    found = {path.name for path in (folder / "out").iterdir() if not path.name.startswith(".")}
    if lost := set(ran.acknowledged) - found:
        yield f"{len(lost)} acknowledged restores lost"
    for name in found:
        yield from _judge_restored(Workspace(folder / "out" / name))
    # The next one was under way, and can be begun again.
    place = Workspace(folder / "out" / str(len(found)))
    restore(folder / BACKUP, place, None)
    yield from _judge_restored(place)


def _judge_restored(place: Workspace) -> Iterator[str]:
    if not place.settings_file.is_file():
        yield f"{place.root.name}: no settings"
    with _database(place.root) as database:
        with database.engine.connect() as connection:
            lists = _count(connection, WATCHLISTS)
        if lists != BACKED_UP:
            yield f"{place.root.name}: {lists} of {BACKED_UP} lists"
        if verify_audit(database.engine).problems:
            yield f"{place.root.name}: audit log altered"


def _judge_upgrades(folder: Path, ran: Ran) -> Iterator[str]:
    paths = sorted(folder.glob("old-*.sqlite"))
    for path in paths:
        engine = make_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            found = revision(connection)
        engine.dispose()
        if found not in (OLD, HEAD) or (path.name in ran.acknowledged and found != HEAD):
            yield f"{path.name}: at {found}"
        with Database(f"sqlite:///{path}") as database, database.engine.connect() as connection:
            counts = [_count(connection, table) for table in (WATCHLISTS, USERS)]
        if counts != [1, 1]:
            yield f"{path.name}: {counts} rows"


_JUDGES = {
    "publish": _judge_publish,
    "outcomes": _judge_outcomes,
    "imports": _judge_imports,
    "webhooks": _judge_webhooks,
    "backups": _judge_backups,
    "restores": _judge_restores,
    "upgrades": _judge_upgrades,
}


# --- tools ---


def _database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'service.sqlite'}")


def _publish(database: Database, as_of: dt.date) -> str:
    sealed = publication(as_of, listed=LISTED, cohort=COHORT).seal()
    moment = dt.datetime.now(dt.UTC)
    return store_publication(database, sealed, published_at=moment, published_by="benchmark").digest


def _subscribe(database: Database, url: str) -> None:
    now = dt.datetime.now(dt.UTC)
    types = ("watchlist.published", "project.tier_changed")
    one = Subscription("s", "case", url, "", types, "whsec_MDEyMzQ1Njc=", now, "benchmark", None)
    with writing(database.engine).begin() as connection:
        add_subscription(connection, one, OFFICE)


def _take_in(workspace: Workspace, database: Database) -> None:
    # A process the killed server had started may still hold the store for a moment.
    from risk.store.store import RecordStoreBusy

    for _ in range(200):
        try:
            import_waiting(workspace, database)
        except RecordStoreBusy:
            time.sleep(0.1)
        else:
            return


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(*conditions)
    return int(connection.execute(query).scalar_one())


def _write_files(folder: Path) -> None:
    folder.mkdir()
    header = ["payment_id", "payroll_id", "paid_on", "amount"]
    for number in range(FILES):
        with (folder / f"payments_{number:03d}.csv").open("w", newline="") as file:
            rows = [[f"{number:03d}-{n}", f"R{n}", "2014-12-01", "100"] for n in range(ROWS)]
            csv.writer(file).writerows([header, *rows])


@contextlib.contextmanager
def _subscriber(ran: Ran, port: int = 0) -> Iterator[str]:
    """A subscriber that records the events it receives."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            ran.received.add(json.loads(body)["id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    ran.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{ran.port}/hook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
