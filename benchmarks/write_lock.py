"""How long a publication keeps other writers of a SQLite service database waiting.

Usage: python -m benchmarks.write_lock [--listed 200] [--cohort 2000] [--rounds 3]

A list with bodies of real size and its register are published, and their matters are opened, while
a second process writes a row every few milliseconds and times each write. The first figure
is how long the lock is held; on a busy machine the wait is longer than that.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, event

from benchmarks.publications import publication
from benchmarks.registers import snapshot
from serving.db.database import Database
from serving.matters.rules import matter_rules
from serving.matters.sync import sync_from_lists
from serving.models.repository import StoredModel
from serving.publishing.repository import PublicationExtras, store_publication
from serving.settings import MatterSettings

AS_OF = dt.date(2025, 6, 1)

_WRITER = """
import json, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
waits = []
print("ready", flush=True)
import select
while not select.select([sys.stdin], [], [], 0.005)[0]:
    start = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO probes (at) VALUES ('2025-06-01 00:00:00')")
    connection.execute("COMMIT")
    waits.append(time.perf_counter() - start)
print(json.dumps(sorted(waits)[-1]))
"""


@dataclass
class Held:
    """Seconds of work of this thread in each transaction that held the write lock."""

    works: list[float] = field(default_factory=list)
    began: float = 0.0

    def begin(self, connection: Connection) -> None:
        """A transaction begins."""
        if connection.get_execution_options().get("writing"):
            self.began = time.thread_time()

    def end(self, connection: Connection) -> None:
        """It ends."""
        if connection.get_execution_options().get("writing"):
            self.works.append(time.thread_time() - self.began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listed", type=int, default=200)
    parser.add_argument("--cohort", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    rows = [measured(chosen.listed, chosen.cohort) for _ in range(chosen.rounds)]
    lines = [
        f"{chosen.cohort:,} projects, medians (largest) of {chosen.rounds} rounds.",
        "",
        "| step | work under the lock, s | longest wait of another writer, s |",
        "| --- | --- | --- |",
    ]
    for step in rows[0]:
        work, wait = ([row[step][side] for row in rows] for side in (0, 1))
        lines.append(f"| {step} | {_cell(work)} | {_cell(wait)} |")
    sys.stdout.write("\n".join(lines) + "\n")


def measured(listed: int, cohort: int) -> dict[str, tuple[float, float]]:
    """Work and wait of publishing a list and of opening its matters."""
    made = publication(AS_OF, listed=listed, cohort=cohort, region="9901")
    sealed = made.seal()
    card = {"zh": "", "en": ""}
    model = StoredModel("1", "lightgbm", AS_OF, {}, card, card)
    extras = PublicationExtras([], model, snapshot(made, cohort))
    now = dt.datetime.now(dt.UTC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "service.db"
        with Database(f"sqlite:///{path}") as database:
            held = Held()
            event.listen(database.engine, "begin", held.begin)
            event.listen(database.engine, "commit", held.end)

            def publish() -> None:
                store_publication(
                    database, sealed, published_at=now, published_by="x", extras=extras
                )

            def open_matters() -> None:
                sync_from_lists(database, matter_rules(MatterSettings()), now)

            steps = {"publish": publish, "open matters": open_matters}
            return {name: _beside_a_writer(path, held, step) for name, step in steps.items()}


def _beside_a_writer(path: Path, held: Held, step: Callable[[], None]) -> tuple[float, float]:
    held.works.clear()
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None  # noqa: S101
    writer.stdout.readline()
    step()
    out, _ = writer.communicate("stop\n")
    return max(held.works, default=0.0), json.loads(out)


def _cell(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({max(values):.2f})"


if __name__ == "__main__":
    main()
