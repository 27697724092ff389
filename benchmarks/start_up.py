"""Start-up: ``wagewatch --help`` against Python doing nothing; the service's first answers.

Usage: python -m benchmarks.start_up [--full] [--keep]

Help and the empty Python take turns; medians. The service is started on an empty workspace on a
free port and asked for its health until it answers; then the first full page (``/sign-in``) is
timed, and later ones over the same connection.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from benchmarks.measuring import Figure, Size, run

TURNS = 7
LATER = {"quick": 50, "full": 200}
COMMAND = [sys.executable, "-c", "from serving.cli.main import run; run()"]
PAGE = "/sign-in"


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    nothing, asked = [], []
    for _ in range(TURNS):
        nothing.append(_seconds([sys.executable, "-c", "pass"]))
        asked.append(_seconds([*COMMAND, "--help"]))
    empty, told = statistics.median(nothing), statistics.median(asked)
    until, first, later = _served(LATER[size])
    return [
        Figure("python -c pass: seconds", empty, "s"),
        Figure("wagewatch --help: seconds", told, "s"),
        Figure("help against python -c pass", told / empty, "ratio", "lower"),
        Figure("wagewatch serve: seconds until the first answer", until, "s"),
        Figure("first page", 1000 * first, "ms"),
        Figure("later pages, median", 1000 * later, "ms"),
        Figure("first page against later ones", first / later, "ratio", "lower"),
    ]


def _seconds(command: list[str]) -> float:
    return _timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def _timed(done: Callable[[], object]) -> float:
    start = time.perf_counter()
    done()
    return time.perf_counter() - start


def _served(later: int) -> tuple[float, float, float]:
    """Seconds until the first answer, of the first page, and the median of ``later`` ones."""
    with tempfile.TemporaryDirectory() as place:
        command = [*COMMAND, "-w", str(Path(place)), "--lang", "en"]
        subprocess.run([*command, "init"], check=True, stdout=subprocess.DEVNULL)
        start = time.perf_counter()
        service = subprocess.Popen(
            [*command, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            with httpx.Client(base_url=_url(service), trust_env=False) as client:
                client.get("/v1/health").raise_for_status()
                until = time.perf_counter() - start
                times = [
                    _timed(lambda: client.get(PAGE).raise_for_status()) for _ in range(later + 1)
                ]
        finally:
            service.terminate()
            service.wait(30)
    return until, times[0], statistics.median(times[1:])


def _url(service: subprocess.Popen[str]) -> str:
    """The address the service says it listens on."""
    assert service.stdout is not None
    for line in service.stdout:
        for word in line.split():
            if word.startswith("http://"):
                threading.Thread(target=service.stdout.read, daemon=True).start()
                return word.rstrip("/.,")
    raise SystemExit("the service did not start")


if __name__ == "__main__":
    run("start_up", figures)
