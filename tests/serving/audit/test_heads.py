"""Heads of the audit log at their receivers: a file, a syslog server and a webhook."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from standardwebhooks import Webhook

from serving.audit.head_export import HeadExport, HeadWebhook
from serving.audit.repository import write_audit_entries
from serving.audit.verification import heads_after, parse_head
from serving.http.caller import WebhookCaller
from serving.http.egress import EgressPolicy

from .test_chain import NOON, entry

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODk="
HERE = EgressPolicy.parse(["127.0.0.1"], only_listed=False)


@pytest.fixture
def heads(database):
    """The heads of two days, as stored when a third began."""
    for day in range(3):
        write_audit_entries(database.engine, [entry(day, NOON + dt.timedelta(days=day))])
    with database.engine.connect() as connection:
        found = heads_after(connection, 0)
    assert [head.entry for head in found] == [1, 2]
    return found


@contextmanager
def receiver(statuses):
    """A webhook that answers with these statuses, and what it was sent."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((dict(self.headers), body))
            self.send_response(statuses.pop(0) if statuses else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heads", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_gets_every_head_signed_and_in_order_after_a_failure(database, heads, tmp_path):
    file = tmp_path / "heads.jsonl"
    with receiver([204, 503]) as (url, got):
        for _ in range(3):
            webhook = HeadWebhook(url, WebhookCaller(HERE), SECRET)
            HeadExport(database.engine, file, webhook=webhook).run()
    sent = [json.loads(body) for _, body in got]
    assert [event["id"] for event in sent] == ["audit-head-1", "audit-head-2", "audit-head-2"]
    assert [parse_head(event["data"]) for event in sent] == [heads[0], heads[1], heads[1]]
    for headers, body in got:
        lowered = {name.lower(): value for name, value in headers.items()}
        assert Webhook(SECRET).verify(body.decode(), lowered)["type"] == "cn.wagewatch.audit.head"
    assert len(file.read_text().splitlines()) == 2


def test_a_webhook_to_this_machine_must_be_listed_and_others_get_their_heads(
    database, heads, tmp_path, caplog
):
    file = tmp_path / "heads.jsonl"
    with receiver([]) as (url, got):
        refused = HeadWebhook(url, WebhookCaller(EgressPolicy()))
        HeadExport(database.engine, file, webhook=refused).run()
    assert got == []
    assert "wait for webhook" in caplog.text
    assert len(file.read_text().splitlines()) == 2


def test_a_syslog_server_gets_each_head_once_also_after_a_restart(database, heads, tmp_path):
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for _ in range(2):
            HeadExport(database.engine, tmp_path / "heads.jsonl", syslog=address).run()
        got = [server.recv(2000).decode() for _ in heads]
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(2000)
    for head, message in zip(heads, got, strict=True):
        assert f"wagewatch audit head {head.to_json()}" in message


def test_a_receiver_added_later_gets_the_heads_of_before(database, heads, tmp_path):
    HeadExport(database.engine, tmp_path / "heads.jsonl").run()
    with receiver([]) as (url, got):
        webhook = HeadWebhook(url, WebhookCaller(HERE))
        HeadExport(database.engine, tmp_path / "heads.jsonl", webhook=webhook).run()
    assert len(got) == len(heads)
    assert "webhook-signature" not in {name.lower() for name in got[0][0]}
