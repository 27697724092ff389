"""Entries of reads while the database cannot take them."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import create_engine, func, select

from serving.audit.head_export import HeadExport, HeadWebhook
from serving.audit.queue import AuditFull, AuditQueue
from serving.auth.roles import Permission
from serving.db.tables import AUDIT
from serving.http.caller import WebhookCaller
from serving.http.egress import EgressPolicy

SCOPE = {"method": "GET", "path": "/v1/watchlists/latest", "state": {"request_id": "r1"}}
SECONDS = 10


@pytest.fixture
def crowded(database):
    """An engine with one connection, for which nobody waits long."""
    engine = create_engine(database.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    yield engine
    engine.dispose()


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def refuses(queue):
    try:
        queue.require_room()
    except AuditFull:
        return True
    return False


def test_entries_wait_while_no_connection_is_free(database, crowded):
    queue = AuditQueue(crowded, HeadExport(crowded, None))
    with crowded.connect():
        queue.start()
        queue.add_request(SCOPE, Permission.READ_LISTS, None, 200)
        until(lambda: refuses(queue))
    until(lambda: not refuses(queue))
    queue.close()
    with database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(AUDIT)).scalar_one() == 1


def test_heads_wait_while_no_connection_is_free(crowded):
    caller = WebhookCaller(EgressPolicy())
    export = HeadExport(crowded, None, webhook=HeadWebhook("http://127.0.0.1:9/x", caller))
    with crowded.connect():
        export.run()
