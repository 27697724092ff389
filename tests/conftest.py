"""Fixtures every floor shares: sample worlds, a simulated county, small hand-made stores."""

from __future__ import annotations

import datetime as dt
import fcntl
import functools
import gc
import importlib.util
import os
import pickle
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

# One thread a process: tests run side by side, and LightGBM's threads wait by spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# As the readers do: the books that tests write must not depend on what else is installed.
os.environ.setdefault("OPENPYXL_LXML", "False")

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from risk.store.store import RecordStore
    from risk.workspace import Workspace
    from training.dataset.training_set import TrainingSet
    from training.fit.fit import Trained

# Nearly all that tests make is freed without the garbage collector: it looks for the rest seldom.
gc.set_threshold(5_000, 10, 10)

# Fixtures import what they need: the process that only hands out tests starts before the others.

MUST_RUN_ALL = os.environ.get("WAGEWATCH_TEST_ALL") == "1"
COUNTY_TRAINED_AT = dt.date(2025, 7, 1)
SIMULATED_UNTIL = dt.date(2026, 1, 1)
SHORT_LIVED_JVM = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
"""Options of a JVM that ends before its optimizing compiler and parallel collectors pay off.

A fifth of its start is the verification of Spark's bytecode.
"""
SHARED = Path(__file__).resolve().parents[2] / "shared"
MEMORY_DISK = Path("/dev/shm")
GB = 2**30


def _has_room(disk: Path) -> bool:
    """Whether temporary files of all tests fit into ``disk``, a disk in memory."""
    if not disk.is_dir() or not os.access(disk, os.W_OK):
        return False
    found = os.statvfs(disk)
    may_execute = not found.f_flag & os.ST_NOEXEC
    memory = Path("/proc/meminfo").read_text(encoding="ascii")
    free = 1024 * int(memory.split("MemAvailable:")[1].split()[0])
    return may_execute and min(found.f_bavail * found.f_frsize, free / 2) > 4 * GB


# SQLite and DuckDB wait for the disk at every commit, some milliseconds each.
if _has_room(MEMORY_DISK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))


LONG_FIRST = (
    *("tests/features/engines/", "tests/benchmarks/", "tests/features/", "tests/training/"),
    *("tests/serving/web/", "tests/serving/scores/", "tests/packaging/"),
)
"""Files that take long; started last, one of them would leave the other processes idle."""
ON_ONE_SPARK = ("tests/features/engines/", "tests/serving/publishing/test_dossiers_agree.py")
"""Files whose tests share a process, and a session of Spark that each process would start again."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What collection makes stays to the end: the garbage collector need not look at it again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """Let the interpreter free what collection made, or libraries report it as leaked."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests of :data:`LONG_FIRST` to the front, in that order."""
    places = (*LONG_FIRST, "")

    def place(item: pytest.Item) -> int:
        return next(n for n, folder in enumerate(places) if item.nodeid.startswith(folder))

    items.sort(key=place)
    _require_one_spark(items)


def _require_one_spark(items: list[pytest.Item]) -> None:
    """Fail where a file asks Spark that another process would run."""
    asking = {item.nodeid.split("::")[0] for item in items if "spark" in _fixtures_of(item)}
    others = sorted(file for file in asking if not file.startswith(ON_ONE_SPARK))
    if others:
        raise pytest.UsageError(f"add to ON_ONE_SPARK, whose tests share a session: {others}")


def _fixtures_of(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests as :mod:`tests.file_scheduler` says."""
    from .file_scheduler import FileScheduling

    return FileScheduling(config, log)


# How long an example takes says how busy the machine is, not whether the program is right.
settings.register_profile("wagewatch", deadline=None, max_examples=60 if MUST_RUN_ALL else 15)
settings.load_profile("wagewatch")

thorough = pytest.mark.skipif(
    not MUST_RUN_ALL, reason="a slower proof of what others test; runs with WAGEWATCH_TEST_ALL=1"
)


def require_program(name: str, *places: Path) -> Path:
    """Where the program ``name`` is; skips without it, or fails where nothing may be skipped."""
    found = [place / name for place in places if (place / name).exists()]
    found += [Path(where)] if (where := shutil.which(name)) else []
    if found:
        return found[0]
    if MUST_RUN_ALL:
        pytest.fail(f"{name} is not installed and WAGEWATCH_TEST_ALL=1 allows no skip")
    pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own on loopback, as an ordinary user: its address, no database.

    Databases made on it are dropped with it; nothing is kept safe on disk, and its files are in
    memory where there is room: on a disk a new database takes seven times as long.
    """
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = require_program("initdb", *versions)
    owner: dict[str, object] = {}
    disk = os.environ.get("PYTEST_DEBUG_TEMPROOT")
    folder = Path(tempfile.mkdtemp(prefix="wagewatch-pg-", dir=disk))
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data, port = folder / "data", _free_port()
    run = functools.partial(subprocess.run, check=True, cwd=folder, capture_output=True, **owner)
    run([initdb, "-D", data, "-U", "wagewatch", "-A", "trust", "-E", "UTF8", "-N", "--locale=C"])
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=300"
    control = [initdb.with_name("pg_ctl"), "-D", data, "-w"]
    run([*control, "-o", options, "-l", folder / "log", "start"])
    yield f"postgresql+psycopg://wagewatch@127.0.0.1:{port}"
    run([*control, "-m", "immediate", "stop"])
    shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample worlds beside the project; skips where it is not there."""
    return _beside("samples", "the sample worlds are")


@pytest.fixture(scope="session")
def public_data() -> Path:
    """Real public data beside the project; skips where it is not there."""
    return _beside("data", "the public data sets are")


def _beside(name: str, what: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{what} not on this machine")
    return folder


class World:
    """Puts rows into a record store by field name; what is not named is unknown."""

    def __init__(self, store: RecordStore) -> None:
        self.store = store
        self._arrival = 0

    def add(self, table: str, **values: object) -> None:
        """One version of a row; money in fen, dates as ISO text."""
        self._arrival += 1
        names = ", ".join([*values, "arrival"])
        marks = ", ".join(["?"] * (len(values) + 1))
        self.store.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", [*values.values(), self._arrival]
        )

    def project(self, project_id: str = "P1", **values: object) -> None:
        """A running project known since the start of 2024."""
        row = {
            "project_id": project_id,
            "project_name": f"工程{project_id}",
            "region_code": "420300101",
            "started_on": "2024-01-01",
            "known_at": "2024-01-02",
        }
        self.add("projects", **{**row, **values})

    def payroll(self, payroll_id: str, due_on: str, **values: object) -> None:
        """A payroll of project P1, known on its due day, 10,000 yuan for 5 workers."""
        row = {
            "payroll_id": payroll_id,
            "project_id": "P1",
            "period": f"{due_on[:7]}-01",
            "workers": 5,
            "amount_due": 1_000_000,
            "due_on": due_on,
            "known_at": due_on,
        }
        self.add("payrolls", **{**row, **values})

    def payment(self, payroll_id: str, paid_on: str, amount: int, **values: object) -> None:
        """A payment known on the day it was made."""
        row = {
            "payment_id": f"{payroll_id}-{paid_on}",
            "payroll_id": payroll_id,
            "paid_on": paid_on,
            "amount": amount,
            "channel": "bank",
            "known_at": paid_on,
        }
        self.add("payments", **{**row, **values})


@pytest.fixture
def world(store: RecordStore) -> World:
    """Hand-made records in an empty store."""
    return World(store)


@pytest.fixture
def store() -> Iterator[RecordStore]:
    """An empty record store in memory."""
    from .empty_store import empty_store

    with empty_store() as opened:
        yield opened


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """A folder that ``build`` fills once for all processes that test side by side."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".built").exists():
            build(folder)
            (folder / ".built").touch()
    return folder


@pytest.fixture(scope="session", autouse=True)
def tracking_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New tracking databases of MLflow are copies of one: its migrations take two seconds."""
    from models import registry

    def build(folder: Path) -> None:
        from mlflow import MlflowClient

        uri = f"sqlite:///{folder / 'mlflow.sqlite'}"
        MlflowClient(tracking_uri=uri, registry_uri=uri).search_registered_models()

    def client(workspace: Workspace, name: str) -> Any:
        if workspace.root.is_dir() and not workspace.tracking.exists():
            built = built_once(tmp_path_factory, "tracking", build)
            shutil.copyfile(built / "mlflow.sqlite", workspace.tracking)
        return original(workspace, name)

    original = registry._client
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_client", client)
        yield


@pytest.fixture(scope="module", autouse=True)
def process_state() -> Iterator[None]:
    """Fail the last test of a file that leaves the process another than it found it."""
    from .process_state import ProcessState

    before = ProcessState.now()
    yield
    left = before.differences(ProcessState.now())
    if left:
        pytest.fail(f"the tests of this file changed the process and left it so: {left}")


MIGRATES = "tests/serving/db/"
"""Tests of the migrations themselves run them."""


@pytest.fixture(scope="session", autouse=True)
def service_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New service databases are copies of one: their migrations take half a second."""
    from serving.db import database
    from serving.db.engine import make_engine

    def build(folder: Path) -> None:
        engine = make_engine(f"sqlite:///{folder / 'service.sqlite'}")
        original(engine)
        engine.dispose()

    def migrate(engine: Any) -> None:
        path = Path(engine.url.database or "")
        is_new = engine.dialect.name == "sqlite" and path.is_absolute() and not path.exists()
        if is_new and path.parent.is_dir() and not _current_test().startswith(MIGRATES):
            template = built_once(tmp_path_factory, "service", build) / "service.sqlite"
            copied = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
            shutil.copyfile(template, copied)
            with suppress(FileExistsError):  # another thread was first
                os.link(copied, path)
            copied.unlink()
        original(engine)

    original = database.migrate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "migrate", migrate)
        yield


def _current_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "")


IN_MANY_THREADS = ("tests/laws/", "tests/journeys/", "tests/risk/store/", "tests/features/")
"""Whose answers must not depend on the order in which threads end."""


@pytest.fixture(scope="session", autouse=True)
def records_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New record stores are copies of an empty one: to create one takes 80 ms more.

    Each runs its queries in one thread: with a process per core and few rows, further threads take
    longer to wake than they save. Those of :data:`IN_MANY_THREADS` take all with
    WAGEWATCH_TEST_ALL=1.
    """

    from risk.store.store import RecordStore

    def build(folder: Path) -> None:
        store = RecordStore.__new__(RecordStore)
        original(store, folder / "records.duckdb")
        store.close()

    def opened(
        store: RecordStore, path: Path | str, *, read_only: bool = False, **rest: Any
    ) -> None:
        is_new = str(path) != ":memory:" and not Path(path).exists()
        if is_new and not read_only and Path(path).parent.is_dir():
            template = built_once(tmp_path_factory, "records", build)
            shutil.copyfile(template / "records.duckdb", path)
        original(store, path, read_only=read_only, **rest)
        if not (MUST_RUN_ALL and _current_test().startswith(IN_MANY_THREADS)):
            store.connection.execute("SET threads = 1")

    original = RecordStore.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordStore, "__init__", opened)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_model_pictures() -> Iterator[None]:
    """Train without drawing, as without the extra analysis: shap takes seconds to import."""
    from training import effect_pictures

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effect_pictures, "can_draw", lambda: False)
        yield


@pytest.fixture
def models_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the pictures of models as ``wagewatch train`` does."""
    from training import effect_pictures

    monkeypatch.setattr(effect_pictures, "can_draw", lambda: True)


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the records of a simulated county; read it, do not write to it."""
    from risk.intake.importer import import_paths
    from risk.simulator import simulate
    from risk.workspace import Workspace

    def build(folder: Path) -> None:
        simulate(folder / "records", projects=450, months=42, seed=2)
        import_paths(Workspace(folder / "workspace"), [folder / "records"], today=SIMULATED_UNTIL)

    return Workspace(built_once(tmp_path_factory, "county", build) / "workspace")


@pytest.fixture(scope="session")
def county_training_set(county: Workspace, tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    """The training set of that county as of :data:`COUNTY_TRAINED_AT`; do not change it."""
    from risk.store.store import RecordStore
    from training.dataset.training_set import build_training_set

    def build(folder: Path) -> None:
        with RecordStore(county.records, read_only=True) as store:
            training_set = build_training_set(store, COUNTY_TRAINED_AT)
        (folder / "training_set.pickle").write_bytes(pickle.dumps(training_set))

    folder = built_once(tmp_path_factory, "county-training-set", build)
    found: TrainingSet = pickle.loads((folder / "training_set.pickle").read_bytes())
    return found


@pytest.fixture(scope="session")
def county_trained(
    county_training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """The model of that county as of :data:`COUNTY_TRAINED_AT`."""
    from training.fit.fit import fit

    def build(folder: Path) -> None:
        (folder / "trained.pickle").write_bytes(pickle.dumps(fit(county_training_set)))

    folder = built_once(tmp_path_factory, "county-trained", build)
    found: Trained = pickle.loads((folder / "trained.pickle").read_bytes())
    return found


@pytest.fixture(scope="session")
def county_office(county: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """That county with the first model it trained, as of :data:`COUNTY_TRAINED_AT`; read only.

    Its cache of features is there too: a copy trains again in half the time.
    """
    from risk.workspace import Workspace
    from training.pipeline import run_training

    def build(folder: Path) -> None:
        made = Workspace(folder / "workspace")
        shutil.copytree(county.root, made.root)
        run_training(made, COUNTY_TRAINED_AT, principal="test", capacity=20)

    return Workspace(built_once(tmp_path_factory, "county-office", build) / "workspace")


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session of our own, small, in a time zone that is neither ours nor UTC.

    It plans some hundred queries a minute, so only WAGEWATCH_TEST_ALL=1 asks it.
    """
    if not MUST_RUN_ALL:
        pytest.skip("asked of DuckDB here; of Spark too with WAGEWATCH_TEST_ALL=1")
    require_program("java")
    if importlib.util.find_spec("pyspark") is None:
        if MUST_RUN_ALL:
            pytest.fail("pyspark is not installed and WAGEWATCH_TEST_ALL=1 allows no skip")
        pytest.skip("pyspark is not installed")
    from features.engines.spark_session import open_session

    interrupt = signal.getsignal(signal.SIGINT)
    session = open_session(
        {
            "spark.master": "local[2]",
            "spark.driver.memory": "1g",
            "spark.driver.extraJavaOptions": f"{SHORT_LIVED_JVM} -Duser.timezone=America/New_York",
            "spark.sql.shuffle.partitions": "1",
            # Compiling each of some hundred small plans would take longer than running them.
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            # There is nothing to adapt with one partition, and each query would be several jobs.
            "spark.sql.adaptive.enabled": "false",
        }
    )
    signal.signal(signal.SIGINT, interrupt)  # PySpark takes it, and never gives it back
    yield session
    session.stop()
