"""The service against a bare application that sends the same bytes.

Usage: python -m benchmarks.service [--seconds 8] [--rounds 3] [--out FILE.md]

Both run under uvicorn with the same settings, one process each, and are loaded by wrk over the same
number of connections, in turns. The service authenticates, narrows to the region, hides the draws,
limits the rate and records every read in the audit log; the bare application does nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import func, select

from benchmarks.publications import publication
from benchmarks.tokens import add_token
from risk.workspace import Workspace
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.db.database import Database
from serving.db.tables import AUDIT
from serving.publishing.repository import store_publication
from serving.settings import default_toml

AS_OF = dt.date(2025, 6, 1)
CONNECTIONS = 32
PAGES = {
    "watchlist of 100 entries": "/v1/watchlists/2025-06-01?region=9901",
    "latest watchlist": "/v1/watchlists/latest?region=9901",
    "risk of a project": "/v1/projects/P-00007/risk",
}
SERVE = "from serving.cli.main import run; run()"


@dataclass(frozen=True)
class Load:
    """Requests a second, the 99th percentile in milliseconds, and all requests answered."""

    per_second: float
    p99: float
    total: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--bare", type=Path)
    chosen = parser.parse_args()
    if chosen.bare:
        serve_bare(chosen.bare)
        return
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed")
    table = measured(chosen.seconds, chosen.rounds)
    sys.stdout.write(table)
    if chosen.out:
        chosen.out.write_text(table, encoding="utf-8")


def measured(seconds: int, rounds: int) -> str:
    """The table as Markdown."""
    lines = [
        f"{CONNECTIONS} connections, {rounds} rounds of {seconds} s in turns, medians;"
        f" {os.cpu_count()} cores shared with the load generator.",
        "",
        "| page | bytes | bare: requests/s | p99 ms | service: requests/s | p99 ms |"
        " throughput | p99 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as directory:
        workspace, token = prepared(Path(directory))
        with running([sys.executable, "-c", SERVE, "-w", directory, "serve", "--port", "0"]) as url:
            for name, path in PAGES.items():
                body = _get(url, path, token)
                body_file = Path(directory) / "body.json"
                body_file.write_bytes(body)
                bare = [sys.executable, "-m", "benchmarks.service", "--bare", str(body_file)]
                with running(bare) as bare_url:
                    both = [
                        (load(bare_url, path, token, seconds), load(url, path, token, seconds))
                        for _ in range(rounds)
                    ]
                lines.append(_row(name, len(body), both))
        lines += ["", audited(workspace)]
    return "\n".join(lines) + "\n"


def prepared(folder: Path) -> tuple[Workspace, str]:
    """A workspace with a list of 100 entries, and an inspector's token for all of its region."""
    workspace = Workspace(folder)
    limits = "[limits]\nper_minute = 0\n"
    settings = default_toml().replace("[limits]\n", "") + limits
    workspace.settings_file.write_text(settings, encoding="utf-8")
    with Database(f"sqlite:///{workspace.service_database}") as database:
        sealed = publication(AS_OF, listed=100, cohort=400, region="9901").seal()
        now = dt.datetime.now(dt.UTC)
        store_publication(database, sealed, published_at=now, published_by="benchmark")
        grant = NewAccount("inspector", Role.INSPECTOR, "9901", "benchmark", now)
        token = add_token(database.engine, grant)
    return workspace, token


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """The address of a server that ``command`` starts and names on standard error."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None  # noqa: S101
    try:
        found = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
        assert found is not None  # noqa: S101
        _wait(found.group())
        yield found.group()
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def serve_bare(body: Path) -> None:
    """Send the same bytes for every address, and nothing else."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from serving.server import GRACE_SECONDS, listen

    content = body.read_bytes()

    async def send(_: Request) -> Response:
        return Response(content, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", send)])
    with listen("127.0.0.1", 0) as socket:
        sys.stderr.write(f"http://127.0.0.1:{socket.getsockname()[1]}\n")
        sys.stderr.flush()
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
        )
        uvicorn.Server(config).run(sockets=[socket])


def load(url: str, path: str, token: str, seconds: int) -> Load:
    """Run wrk and parse its report."""
    wrk = [str(shutil.which("wrk")), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    command = [*wrk, "-H", f"Authorization: Bearer {token}", url + path]
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        sys.exit(done)
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1))  # type: ignore[union-attr]
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done).groups()  # type: ignore[union-attr]
    total = int(re.search(r"(\d+) requests in", done).group(1))  # type: ignore[union-attr]
    return Load(per_second, float(p99) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit], total)


def audited(workspace: Workspace) -> str:
    """How many reads the audit log holds one second after the last."""
    time.sleep(1)
    with (
        Database(f"sqlite:///{workspace.service_database}") as database,
        database.engine.connect() as connection,
    ):
        rows = connection.execute(select(func.count()).select_from(AUDIT)).scalar_one()
    return f"Audit entries written: {rows:,}."


def _row(name: str, size: int, both: list[tuple[Load, Load]]) -> str:
    bare, ours = ([pair[side] for pair in both] for side in (0, 1))
    throughput = statistics.median(b.per_second / a.per_second for a, b in both)
    p99 = statistics.median(b.p99 / a.p99 for a, b in both)
    figures = [
        f"{statistics.median(one.per_second for one in bare):,.0f}",
        f"{statistics.median(one.p99 for one in bare):.1f}",
        f"{statistics.median(one.per_second for one in ours):,.0f}",
        f"{statistics.median(one.p99 for one in ours):.1f}",
        f"{throughput:.2f}",
        f"{p99:.2f}",
    ]
    return f"| {name} | {size:,} | {' | '.join(figures)} |"


def _get(url: str, path: str, token: str) -> bytes:
    answer = httpx.get(
        url + path,
        headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
        trust_env=False,
    )
    return answer.raise_for_status().content


def _wait(url: str) -> None:
    for _ in range(500):
        try:
            httpx.get(f"{url}/healthz", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.02)
        else:
            return


if __name__ == "__main__":
    main()
