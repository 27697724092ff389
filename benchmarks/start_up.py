"""Start-up: ``wagewatch --help`` against Python doing nothing; the service's first answers.

Usage: python -m benchmarks.start_up [--full] [--keep]

Help and the empty Python take turns; medians of 7 each. The service is started on a free port in a
workspace with one published list of 100 entries; an inspector asks for the list as soon as
``/healthz`` answers, and again and again over the same connection.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from benchmarks.harness import Figure, Size, run
from benchmarks.service import PAGES, SERVE, prepared, running

TURNS = 7
LATER = {"quick": 50, "full": 200}
LIST = PAGES["watchlist of 100 entries"]


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    empty_times, help_times = [], []
    for _ in range(TURNS):
        empty_times.append(_seconds([sys.executable, "-c", "pass"]))
        help_times.append(_seconds([sys.executable, "-c", SERVE, "--help"]))
    empty, helped = statistics.median(empty_times), statistics.median(help_times)
    until, first, later = _served(LATER[size])
    return [
        Figure("python -c pass: seconds", empty, "s"),
        Figure("wagewatch --help: seconds", helped, "s"),
        Figure("help against python -c pass", helped / empty, "ratio", "lower"),
        Figure("wagewatch serve: seconds until the first answer", until, "s"),
        Figure("first request", 1000 * first, "ms"),
        Figure("later requests, median", 1000 * later, "ms"),
        Figure("first request against later ones", first / later, "ratio", "lower"),
    ]


def _seconds(command: list[str]) -> float:
    return _timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def _timed(done: Callable[[], object]) -> float:
    start = time.perf_counter()
    done()
    return time.perf_counter() - start


def _served(later: int) -> tuple[float, float, float]:
    """Seconds until the first answer, of that request, and the median of ``later`` ones."""
    with tempfile.TemporaryDirectory() as directory:
        _, token = prepared(Path(directory))
        command = [sys.executable, "-c", SERVE, "-w", directory, "serve", "--port", "0"]
        start = time.perf_counter()
        with (
            running(command) as url,
            httpx.Client(
                base_url=url, trust_env=False, headers={"Authorization": f"Bearer {token}"}
            ) as client,
        ):
            times = []
            for _ in range(later + 1):
                times.append(_timed(lambda: client.get(LIST).raise_for_status()))
                if len(times) == 1:
                    until = time.perf_counter() - start
    return until, times[0], statistics.median(times[1:])


if __name__ == "__main__":
    run("start_up", figures)
