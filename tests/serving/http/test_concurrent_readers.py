"""Two hundred readers and twenty writers at once; fifty and ten outside of CI."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
from sqlalchemy import func, select

from serving.db.tables import AUDIT, OUTCOMES

from ...conftest import MUST_RUN_ALL, thorough
from ..conftest import key

READERS, READS = (200 if MUST_RUN_ALL else 50), 1
WRITERS, WRITES = (20 if MUST_RUN_ALL else 10), 2
PATHS = (
    "/v1/watchlists/latest",
    "/v1/watchlists/latest/entries?limit=2",
    "/v1/projects/P%2F001/risk",
    "/v1/projects/P%2F001/history",
)
CLEAN = {200, 201, 429, 503}


async def _crowd(url, reader, writer):
    limits = httpx.Limits(max_connections=READERS + WRITERS)
    async with httpx.AsyncClient(
        base_url=url, limits=limits, timeout=60, trust_env=False
    ) as client:

        async def read(number):
            path = PATHS[number % len(PATHS)]
            return [(await client.get(path, headers=reader)).status_code for _ in range(READS)]

        async def write(number):
            found = {"project_id": "P/001", "inspected_on": "2025-06-12", "arrears_found": True}
            sent = {**found, "workers_owed": number}
            answers = [
                await client.post("/v1/outcomes", json=sent, headers=writer | key())
                for _ in range(WRITES)
            ]
            return [(one.status_code, one.json().get("id")) for one in answers]

        reads = asyncio.gather(*(read(number) for number in range(READERS)))
        writes = asyncio.gather(*(write(number) for number in range(WRITERS)))
        return await reads, await writes


@thorough
def test_concurrent_readers_and_writers_lose_nothing(client, database, publish, token):
    publish()
    url = str(client.base_url)
    reads, writes = asyncio.run(_crowd(url, token("inspector", "99"), token("system")))
    seen = Counter(status for one in reads for status in one)
    assert set(seen) <= CLEAN
    assert seen[200] > 0
    acknowledged = {number for one in writes for status, number in one if status == 201}
    assert {status for one in writes for status, _ in one} <= CLEAN
    with database.engine.connect() as connection:
        kept = {row.outcome_id for row in connection.execute(select(OUTCOMES.c.outcome_id))}
        written = select(func.count()).where(AUDIT.c.action == "write_outcomes")
        audited = connection.execute(written.where(AUDIT.c.status == 201)).scalar_one()
    assert acknowledged == kept
    assert audited == len(kept)
    assert acknowledged
