"""Pages under load: requests a second and processor time with one, two and four workers.

Usage: python -m benchmarks.load --url POSTGRESQL_URL [--workers 1 2 4] [--seconds 6] [--clients 8]
                                 [--listed 600] [--cohort 50000] [--out FILE.md] [--keep]

The database is made as by benchmarks.pages, or used as it is if it has the list. The service and
its clients share this machine, so requests a second are what both achieve together; the processor
time of the workers a request is what a core of the service is worth without them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import Figure, keep
from benchmarks.pages import prepared
from benchmarks.service import SERVE
from serving.settings import default_toml

PATHS = (
    *("/watchlist", "/watchlist?page=3&tier=red", "/projects?q=4321", "/ledger"),
    *("/projects/P-00007", "/v1/watchlists/latest/entries?region=9901&limit=50"),
)

_CLIENT = """
import http.client, itertools, json, sys, threading, time
host, token, seconds, clients, paths = json.loads(sys.argv[1])
times, failed = [], []
stop = time.perf_counter() + seconds
def ask(first):
    connection = http.client.HTTPConnection(host, timeout=120)
    headers = {"Authorization": "Bearer " + token, "Accept": "text/html", "Accept-Encoding": "gzip"}
    for path in itertools.islice(itertools.cycle(paths), first, None):
        start = time.perf_counter()
        if start >= stop:
            return
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - start)
        if answer.status != 200:
            failed.append(answer.status)
threads = [threading.Thread(target=ask, args=(n,)) for n in range(clients)]
for one in threads: one.start()
for one in threads: one.join()
print(json.dumps({"times": times, "failed": failed}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--listed", type=int, default=600)
    parser.add_argument("--cohort", type=int, default=50_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    chosen = parser.parse_args()
    token = prepared(chosen.url, chosen.listed, chosen.cohort)
    lines = [
        f"{chosen.listed} listed of {chosen.cohort:,} projects; {chosen.clients} clients,"
        f" {chosen.seconds:g} s each; {os.cpu_count()} cores shared with clients and database.",
        "",
        "| workers | requests/s | p50 ms | p95 ms | CPU ms of a request | refused |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    figures: list[Figure] = []
    for workers in chosen.workers:
        found = _loaded(chosen.url, token, workers, chosen.seconds, chosen.clients)
        lines.append(f"| {workers} | {' | '.join(f'{one.value:.1f}' for one in found)} |")
        figures += found
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    if chosen.out:
        chosen.out.write_text(table, encoding="utf-8")
    if chosen.keep:
        keep("load", "full", figures)


def _loaded(url: str, token: str, workers: int, seconds: float, clients: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder), url, workers) as served:
        host, process = served
        _ask(host, token, 2, clients)  # every worker imports and compiles what pages need
        before = _cpu_seconds(process.pid)
        answered = _ask(host, token, seconds, clients)
        spent = _cpu_seconds(process.pid) - before
    times = sorted(answered["times"])
    p95 = times[int(0.95 * (len(times) - 1))]
    name = f"{workers} workers" if workers > 1 else "1 worker"
    return [
        Figure(f"{name}: requests a second", len(times) / seconds, "1/s"),
        Figure(f"{name}: half of the requests within", 1000 * statistics.median(times), "ms"),
        Figure(f"{name}: 95 of 100 requests within", 1000 * p95, "ms"),
        Figure(f"{name}: processor time of a request", 1000 * spent / len(times), "CPU ms"),
        Figure(f"{name}: requests refused", len(answered["failed"]), ""),
    ]


def _ask(host: str, token: str, seconds: float, clients: int) -> dict[str, list[float]]:
    asked = json.dumps([host, token, seconds, clients, PATHS])
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, asked], capture_output=True, text=True, check=True
    )
    answered: dict[str, list[float]] = json.loads(done.stdout)
    return answered


@contextmanager
def _service(folder: Path, url: str, workers: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    settings = default_toml().replace("[limits]\n", "") + "[limits]\nper_minute = 0\n"
    (folder / "wagewatch.toml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-c", SERVE, "-w", str(folder), "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "WAGEWATCH_DATABASE__URL": url},
    )
    assert process.stderr is not None  # noqa: S101
    try:
        found = re.search(r"http://([\d.]+:\d+)", process.stderr.readline())
        assert found is not None  # noqa: S101
        time.sleep(3)
        yield found.group(1), process
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def _cpu_seconds(parent: int) -> float:
    """Processor seconds of a process and of all it has started."""
    every = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        every[int(stat.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    family = {parent}
    for _ in range(3):
        family |= {pid for pid, (above, _) in every.items() if above in family}
    ticks = sum(every[pid][1] for pid in family if pid in every)
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
