"""Pages and API lists of a province: CPU milliseconds of a request.

Usage: python -m benchmarks.pages [--listed 600] [--cohort 50000] [--url URL] [--requests 9]
                                  [--folder FOLDER] [--out FILE.md] [--keep]

Publishes a list with bodies of real size (13 kB of JSON a project) into a new service database, or
uses that in FOLDER where an earlier run made one, and asks the application in this process for
every page. ``first`` is the first request of a new application, whose caches are empty: matters are
opened before, as the service does in the background. The others are the median and the largest of
the following ones. Times are those of the process: they are the same on a busy
machine, but leave out what a PostgreSQL server works. ``--keep`` stores the medians
with their range.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.harness import Figure, keep
from benchmarks.publications import publication
from benchmarks.registers import snapshot
from benchmarks.tokens import add_token
from serving.app import create_app
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.db.database import Database
from serving.matters.rules import matter_rules
from serving.matters.sync import sync_from_lists
from serving.models.repository import StoredModel
from serving.publishing.repository import PublicationExtras, store_publication
from serving.settings import MatterSettings, Settings

AS_OF = dt.date(2025, 6, 1)
PAGES = {
    "watchlist, first page": "/watchlist",
    "watchlist, page 12": "/watchlist?page=12",
    "watchlist, one tier": "/watchlist?tier=red",
    "watchlist, with red flag": "/watchlist?flag=deposit_missing",
    "watchlist, by name": "/watchlist?sort=name",
    "watchlist, search": "/watchlist?q=工程31",
    "watchlist, not visited": "/watchlist?visited=no",
    "map": "/map",
    "projects": "/projects",
    "projects, search": "/projects?q=工程4321",
    "projects, one tier": "/projects?tier=orange",
    "a project": "/projects/P-00007",
    "ledger": "/ledger",
    "ledger, page 20": "/ledger?page=20",
    "deposits": "/deposits",
    "deposits, search": "/deposits?q=建设12",
    "composition": "/watchlist/composition",
    "trend": "/indicators/trend",
    "month": "/month",
    "briefings": "/briefings",
    "audit log": "/supervision/audit",
    "adoption": "/supervision/adoption",
    "watchlist as a workbook": "/watchlist.xlsx",
    "API: list": "/v1/watchlists/latest?region=9901",
    "API: entries": "/v1/watchlists/latest/entries?region=9901&limit=50",
    "API: ranking": "/v1/watchlists/latest/ranking?region=9901",
    "API: risk": "/v1/projects/P-00007/risk",
    "API: matters": "/v1/matters?limit=50",
    "API: deposits": "/v1/deposits",
}

PAGE_MS, BOUND = 30.0, ("watchlist, first page", "projects", "ledger", "deposits")
"""Aim for first pages."""


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds of a request, and the bytes of its answer."""

    first: float
    median: float
    largest: float
    size: int
    status: int
    smallest: float
    requests: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listed", type=int, default=600)
    parser.add_argument("--cohort", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=9)
    parser.add_argument("--url", help="of an empty PostgreSQL database, in place of SQLite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", action="store_true", help="store the figures of this release")
    chosen = parser.parse_args()
    with _folder(chosen.folder) as folder:
        url = chosen.url or f"sqlite:///{folder / 'service.db'}"
        found = measured(url, chosen.listed, chosen.cohort, chosen.requests)
    title = f"{chosen.listed} listed of {chosen.cohort:,} projects, {url.partition(':')[0]}"
    text = table(title, found)
    sys.stdout.write(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    if chosen.keep:
        name = "pages" if chosen.url is None else "pages_postgresql"
        keep(name, "full", figures(found))


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def measured(url: str, listed: int, cohort: int, requests: int) -> dict[str, Cost]:
    """The cost of every page."""
    token = prepared(url, listed, cohort)
    return {name: asyncio.run(costs(url, token, path, requests)) for name, path in PAGES.items()}


def table(title: str, found: Mapping[str, Cost]) -> str:
    """The costs as Markdown."""
    lines = [
        f"{title}, CPU ms of a request.",
        "",
        "| page | first | median | largest | bytes |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, cost in found.items():
        status = "" if cost.status == 200 else f" ({cost.status})"
        cells = f"{cost.first:.0f} | {cost.median:.1f} | {cost.largest:.0f} | {cost.size:,}"
        lines.append(f"| {name}{status} | {cells} |")
    return "\n".join(lines) + "\n"


def figures(found: Mapping[str, Cost]) -> Iterator[Figure]:
    """The figures of every page: the first request, and the median of later ones with its range.

    >>> list(figures({"map": Cost(9.0, 2.0, 3.0, 10, 200, smallest=1.0, requests=5)}))[1].high
    3.0
    """
    for name, cost in found.items():
        yield Figure(f"{name}: first request", cost.first, "CPU ms")
        bound = PAGE_MS if name in BOUND else None
        yield Figure(
            f"{name}: later requests",
            *(cost.median, "CPU ms", "lower", bound),
            low=cost.smallest,
            high=cost.largest,
            runs=cost.requests,
        )


def prepared(url: str, listed: int, cohort: int, lists: int = 1) -> str:
    """A database with published lists unless it has some, and the token of an administrator."""
    with Database(url) as database:
        for back in reversed(range(lists)):
            _publish(database, AS_OF - dt.timedelta(days=30 * back), listed, cohort)
        moment = dt.datetime.now(dt.UTC)
        # Else the first application opens them in the background while its first page is timed.
        sync_from_lists(database, matter_rules(MatterSettings()), moment)
        grant = NewAccount(f"pages-{time.time_ns()}", Role.ADMIN, "", "benchmark", moment)
        return add_token(database.engine, grant)


def _publish(database: Database, as_of: dt.date, listed: int, cohort: int) -> None:
    from serving.watchlists.repository import WatchlistRepository

    if any(one.as_of == as_of for one in WatchlistRepository(database).summaries()):
        return
    made = publication(as_of, listed=listed, cohort=cohort, region="9901")
    card = {"zh": "", "en": ""}
    model = StoredModel("1", "lightgbm", as_of, {}, card, card)
    extras = PublicationExtras([], model, snapshot(made))
    store_publication(
        database,
        made.seal(),
        published_at=dt.datetime.now(dt.UTC),
        published_by="benchmark",
        extras=extras,
    )


async def costs(url: str, token: str, path: str, requests: int) -> Cost:
    """The cost of ``path`` in a new application."""
    settings = Settings.model_validate({"limits": {"per_minute": 0}})
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    app = create_app(settings, Database(url))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as client,
    ):
        # Modules that all pages need are imported before the first is timed; its own are not.
        (await client.get("/projects?q=%20")).raise_for_status()
        times = []
        for _ in range(requests + 1):
            start = time.process_time()
            answer = await client.get(path)
            times.append(1000 * (time.process_time() - start))
    later = times[1:]
    size = len(answer.content)
    return Cost(
        *(times[0], statistics.median(later), max(later), size, answer.status_code),
        smallest=min(later),
        requests=requests,
    )


if __name__ == "__main__":
    main()
