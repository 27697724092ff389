from __future__ import annotations

import asyncio
import datetime as dt
import io
import shutil
import ssl
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import create_engine, text

from risk.intake.importer import import_paths
from risk.simulator import simulate
from risk.workspace import Workspace
from serving.app import create_app
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.cli.main import main
from serving.db import change_stamp
from serving.db.database import Database
from serving.indicators.repository import CountyRates
from serving.model_changes.repository import RegistryVersion
from serving.models.repository import StoredModel
from serving.publishing.repository import PublicationExtras, store_publication
from serving.server import listen
from serving.settings import LimitSettings, Settings, WebhookSettings, default_toml
from serving.watchlists.document import (
    Assessment,
    Entry,
    EntryChange,
    EvidenceRef,
    Header,
    Listing,
    LocalizedText,
    ModelInfo,
    ProjectRisk,
    Publication,
    SealedFlag,
    SealedReason,
    TimelineItem,
)

from ..conftest import MUST_RUN_ALL, built_once
from .people import add_token

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: reading certificates takes longer than most requests."""
TO_LOOPBACK = WebhookSettings(allow=("127.0.0.0/8",))
AS_OF = dt.date(2025, 6, 1)
SPEAK_OF_DAYS = frozenset(
    ("audit_log", "briefings", "data_entry", "jobs", "matters", "notices", "outcomes", "sources")
)
"""Folders whose tests run with the machine in another zone in CI; the office stays in Beijing."""
ON_POSTGRESQL = frozenset({"test_database.py", "test_page_rows.py"})
NAMES = ("模拟花园一期", '=HYPERLINK("http://x")', "\x1b[31m模拟大桥", "模拟,“学校”\n扩建")
PUBLISHED_AT = dt.datetime(2025, 6, 1, 8, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module", autouse=True)
def machine_in_alaska(request):
    if not MUST_RUN_ALL or request.path.parent.name not in SPEAK_OF_DAYS:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/Anchorage")
        time.tzset()
        yield
    time.tzset()


def _assessment(number: int) -> Assessment:
    evidence = (EvidenceRef("payrolls", f"PR-{number}", dt.date(2025, 5, 3)),)
    text = LocalizedText(
        "工资发放推高风险：未发份额 40%（一般 2%）", "payments raise the risk: 40 % unpaid"
    )
    return Assessment(
        project_id=f"P/{number:03d}",
        project_name=NAMES[number % len(NAMES)],
        contractor_name=None if number == 1 else f"模拟建设{number}公司",
        region_code="990102",
        tier=("red", "orange", "yellow", "blue")[min(number, 3)],
        probability=0.6 - number * 0.01,
        workers=None if number == 2 else 40 + number,
        amount_at_stake=None if number == 2 else 123_456_78 + number,
        reasons=(
            SealedReason("payments", 1.25, "unpaid_share", 0.4, 0.02, "31", text, evidence),
            SealedReason(
                "stage", -0.5, "months", 3.0, None, None, LocalizedText("新开工", "young"), ()
            ),
        ),
        red_flags=()
        if number % 2
        else (
            SealedFlag(
                "no_account",
                "26",
                LocalizedText("第二十六条", "Art. 26"),
                LocalizedText("未开立工资专用账户", "no wage account"),
                LocalizedText("开工 90 天仍无账户", "none 90 days after start"),
                LocalizedText("查开户协议", "ask for the account agreement"),
                evidence,
                grade="money",
            ),
        ),
    )


def make_publication(
    as_of: dt.date = AS_OF,
    region: str = "",
    *,
    listed: int = 4,
    cohort: int = 6,
    version: str = "1",
) -> Publication:
    head = Header(
        as_of=as_of,
        region=region,
        capacity=listed,
        model=ModelInfo("arrears", version, "scorecard", LocalizedText("专家评分卡", "scorecard")),
        cohort=cohort,
        missing_feeds=("operations",),
        records_digest="0" * 64,
        code_version="0.1.0+test",
        previous=None,
        rules={
            "tiers": {"red": 0.5, "orange": 0.3, "yellow": 0.15},
            "policy": {
                "random_share": 0.1,
                "rest_days": 90,
                "order": "probability",
                "must_visit": [],
                "seed": "1",
            },
        },
    )
    listings = [
        Listing(n + 1, "random" if n == 3 else "risk", 0.25 if n == 3 else None)
        for n in range(listed)
    ]
    changes = [EntryChange("new"), EntryChange("up", 5, "payments"), EntryChange("same", 3)]
    entries = tuple(Entry(listings[n], _assessment(n), changes[n % 3]) for n in range(listed))
    happened = TimelineItem(
        dt.date(2025, 5, 1),
        "wages_short",
        LocalizedText("工资到期未足额发放", "wages short"),
        EvidenceRef("payrolls", "PR-1", dt.date(2025, 5, 3)),
    )
    risks = tuple(
        ProjectRisk(_assessment(n), listings[n] if n < listed else None, (happened,))
        for n in range(cohort)
    )
    return Publication(head, entries, (), risks)


def make_extras() -> PublicationExtras:
    """What is published beside a list: one county's rates, a model with its card."""
    card = {"zh": "卡", "en": "card"}
    model = StoredModel("1", "scorecard", AS_OF, {}, card, card)
    rates = {"deposit": {"kept": 1, "due": 2}}
    return PublicationExtras([CountyRates(AS_OF, "990102", dt.date(2025, 5, 1), rates)], model)


def unlinked_register():
    """A register with one complaint that names no project, and three who may be meant."""
    candidate = {
        "kind": "project",
        "name": "模拟·石桥湾中心小学",
        "firm": "模拟·青川建设集团有限公司",
        "site_words": ["石桥湾"],
        "firm_words": ["青川"],
        "under_way": True,
    }
    one = {
        "complaint_id": "T-1",
        "received_on": "2025-05-12",
        "project_text": "石桥湾小学工地",
        "employer_text": "青川公司",
        "text": "干了活没拿到工钱",
        "workers": 12,
        "amount": 345_600_00,
        "decided": None,
        "candidates": [
            {**candidate, "id": "P/000", "region_code": "990102", "probability": 0.93},
            {**candidate, "id": "P/001", "region_code": "990102", "probability": 0.04},
            {
                **candidate,
                "kind": "organisation",
                "name": "",
                "id": "ORG-1",
                "region_code": "990102",
                "probability": 0.6,
            },
        ],
    }
    empty = {"as_of": AS_OF.isoformat(), "projects": [], "matters": [], "closed": []}
    return {**empty, "unlinked": [one]}


@pytest.fixture
def publication():
    """Makes publications by hand: ``publication(as_of, region, listed=, cohort=, version=)``."""
    return make_publication


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "office")
    made.root.mkdir()
    made.settings_file.write_text(default_toml(), encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file; copying it is quicker than migrating anew."""
    path = tmp_path_factory.mktemp("template") / "service.sqlite"
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def on_postgresql(postgresql: str):
    """Runs a statement on the server. A connection for each would take 30 ms of a test."""
    engine = create_engine(f"{postgresql}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda statement: connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str, on_postgresql) -> str:
    """A migrated PostgreSQL database, as a statement names it that copies it."""
    on_postgresql("CREATE DATABASE template_service")
    with Database(f"{postgresql}/template_service") as made:
        version = made.engine.dialect.server_version_info
    # Older servers copy files as well; newer ones would write each page to their log.
    return "template_service" + (" STRATEGY FILE_COPY" if version >= (15,) else "")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """The address of an empty service database, of each kind there is; commands use it too.

    Without WAGEWATCH_TEST_ALL=1 only the tests of storing ask PostgreSQL as well.
    """
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, workspace.service_database)
        yield f"sqlite:///{workspace.service_database}"
        return
    if not (MUST_RUN_ALL or request.node.path.name in ON_POSTGRESQL):
        pytest.skip("asked of SQLite here; of PostgreSQL too with WAGEWATCH_TEST_ALL=1")
    server, name = request.getfixturevalue("postgresql"), f"test_{uuid.uuid4().hex}"
    on_postgresql = request.getfixturevalue("on_postgresql")
    template = request.getfixturevalue("postgresql_template")
    on_postgresql(f"CREATE DATABASE {name} TEMPLATE {template}")
    monkeypatch.setenv("WAGEWATCH_DATABASE__URL", f"{server}/{name}")
    yield f"{server}/{name}"
    on_postgresql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_database(postgresql: str, on_postgresql):
    """The address of a PostgreSQL database with nothing in it."""
    name = f"test_{uuid.uuid4().hex}"
    on_postgresql(f"CREATE DATABASE {name}")
    yield f"{postgresql}/{name}"
    on_postgresql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str):
    with Database(database_url) as opened:
        yield opened


class _NoSignals:
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


class _Server(uvicorn.Server):
    """Stops at once: uvicorn looks every 0.1 s whether to stop, and waits as long again."""

    capture_signals = _NoSignals  # signals belong to the test run

    def __init__(self, config):
        super().__init__(config)
        self.stoppable = threading.Event()

    async def main_loop(self):
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self.stoppable.set()
        await self._stopping.wait()

    def stop(self):
        self._loop.call_soon_threadsafe(self._stopping.set)

    async def shutdown(self, sockets=None):
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0.001)  # closed connections are removed by the loop
        await self._wait_tasks_to_complete()
        await self.lifespan.shutdown()


@contextmanager
def served(app):
    """The address of ``app`` behind the real server on a free port."""
    with listen("127.0.0.1", 0) as socket:
        server = _Server(uvicorn.Config(app, log_config=None, timeout_keep_alive=60))
        thread = threading.Thread(target=server.run, args=([socket],))
        thread.start()
        assert server.stoppable.wait(60)
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.stop()
            thread.join()


@contextmanager
def answering(server):
    """A small server of a test's own, answering in the background."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def client(database):
    """An HTTP client of the real server; nobody has signed in."""
    with (
        served(create_app(Settings(webhooks=TO_LOOPBACK), database)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as opened,
    ):
        yield opened


@pytest.fixture
def limited(database):
    """A client that may ask five times a minute."""
    settings = Settings(limits=LimitSettings(per_minute=5))
    with (
        served(create_app(settings, database)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as opened,
    ):
        yield opened


@pytest.fixture
def token(database):
    """Makes a token and gives the headers to use it: ``token(role, region)``."""

    def made(role, region="", **options):
        grant = NewAccount(
            f"{role}-{uuid.uuid4().hex[:8]}", Role(role), region, "test", PUBLISHED_AT
        )
        return {"Authorization": f"Bearer {add_token(database.engine, grant, **options)}"}

    return made


@pytest.fixture(scope="session", autouse=True)
def seen_soon():
    """Over PostgreSQL what another wrote is seen within a tenth of a second, not within half."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(change_stamp, "SECONDS", 0.1)
        yield


def until_seen(database):
    """Over PostgreSQL what another wrote is seen a little later; wait that long."""
    if database.engine.dialect.name == "postgresql":
        time.sleep(1.5 * change_stamp.SECONDS)


def key():
    """Headers with a new idempotency key."""
    return {"Idempotency-Key": uuid.uuid4().hex}


def registry_version(version="1", unit="project", aliases=("champion",), changes=(), **about):
    """The copy of a registered model."""
    card = {"zh": f"<p>第 {version} 版</p>", "en": f"<p>version {version}</p>"}
    return RegistryVersion(
        *(version, unit, "lightgbm", dt.date(2025, 6, 1), list(aliases)),
        {"events": 120, **about},
        [dict(one) for one in changes],
        *(card, card, PUBLISHED_AT),
    )


@pytest.fixture
def publish(database: Database, publication):
    """Seals a hand-made publication into ``database``."""

    def sealed(*args, **options):
        return store_publication(
            database,
            publication(*args, **options).seal(),
            published_at=PUBLISHED_AT,
            published_by="李",
        )

    return sealed


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    returncode: int
    stdout: str | bytes
    stderr: str


TRAINED = dt.date(2025, 3, 1)
LISTS = (dt.date(2025, 3, 1), dt.date(2025, 4, 1))


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small county with a model and two lists, made by the commands; not to be written to."""

    def build(folder: Path) -> None:
        made = Workspace(folder / "office")
        made.root.mkdir()
        made.settings_file.write_text(default_toml(), encoding="utf-8")
        simulate(folder / "records", projects=60, months=24, seed=38, end=dt.date(2025, 6, 1))
        import_paths(made, [folder / "records"], today=dt.date(2025, 6, 1))
        for command in (
            ["train", "--as-of", str(TRAINED)],
            *(["publish", "--as-of", str(as_of), "--capacity", "8"] for as_of in LISTS),
        ):
            assert main(["-w", str(made.root), *command]) == 0

    return Workspace(built_once(tmp_path_factory, "office", build) / "office")


@pytest.fixture(scope="session")
def office_with_employers(office: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The office with a list of employers beside its newest list; not to be written to."""

    def build(folder: Path) -> None:
        made = Workspace(folder / "office")
        shutil.copytree(office.root, made.root)
        publish = ["publish", "--as-of", str(LISTS[1]), "--kind", "employer", "--capacity", "4"]
        assert main(["-w", str(made.root), *publish]) == 0

    built = built_once(tmp_path_factory, "office-with-employers", build)
    return Workspace(built / "office")


@pytest.fixture
def copy(office: Workspace, tmp_path: Path) -> Workspace:
    """The office, to be written to."""
    made = Workspace(tmp_path / "copy")
    shutil.copytree(office.root, made.root)
    return made


@pytest.fixture
def wagewatch(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    """Runs the command line within this process, which is quicker than starting one."""

    def run(*arguments: str, binary: bool = False, input: str = "", **environment: str):
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
        with monkeypatch.context() as changed:
            changed.setenv("WAGEWATCH_WORKSPACE", str(workspace.root))
            for name, value in environment.items():
                changed.setenv(name, value)
            for name, stream in (("stdout", out), ("stderr", err), ("stdin", io.StringIO(input))):
                changed.setattr(sys, name, stream)
            code = main(arguments)
        for stream in (out, err):
            stream.flush()
        said, noted = (stream.buffer.getvalue() for stream in (out, err))
        return Ran(code, said if binary else said.decode(), noted.decode())

    return run
