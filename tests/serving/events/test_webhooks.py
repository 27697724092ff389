from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from sqlalchemy import select

from serving.db.tables import DELIVERIES
from serving.events.outbox import LEASE, RETRY_SECONDS, claim_deliveries
from serving.events.webhooks import deliver_due, signature

from ..conftest import answering

NOW = dt.datetime.now(dt.UTC)


class Subscriber(ThreadingHTTPServer):
    """Remembers what it was sent; answers with ``status``."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received, self.status = [], 204
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def subscriber():
    with answering(Subscriber()) as server:
        yield server


@pytest.fixture
def subscribe(client, token):
    headers = token("admin")

    def made(url, **options):
        sent = {"name": "case", "url": url, **options}
        return client.post("/v1/subscriptions", json=sent, headers=headers).json()

    return made


def _deliver(database, now=NOW):
    with httpx.Client(follow_redirects=False, trust_env=False) as caller:
        return deliver_due(database.engine, caller, now)


def _later(seconds):
    return NOW + dt.timedelta(seconds=seconds + 1)


def test_deliver_due_sends_signed_events(database, subscriber, subscribe, publish):
    secret = subscribe(subscriber.url)["secret"]
    publish()
    assert _deliver(database) == len(subscriber.received) == 4
    headers, body = subscriber.received[0]
    event = json.loads(body)
    assert event["specversion"] == "1.0"
    assert event["type"] == "cn.wagewatch.watchlist.published"
    assert event["data"]["as_of"] == "2025-06-01"
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == event["id"]
    signed = f"{event['id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    changes = [json.loads(one)["data"] for _, one in subscriber.received[1:]]
    assert {one["project_id"]: (one["from"], one["to"]) for one in changes} == {
        "P/000": (None, "red"),
        "P/001": (None, "orange"),
        "P/002": (None, "yellow"),
    }
    assert _deliver(database) == 0


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
            "v1,CuRGD4Ey2lur5ksqb4SKhOhCq4Jq1LJgpZZUiIxow78=",
        ),
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "v1,et8/oqA2BktkREQcS7m6iWi3lJ7jJ6bAgVyk/+c08vU=",
        ),
    ],
)
def test_signature_is_the_hmac_of_id_timestamp_and_body(secret, expected):
    """The expected values were worked out with ``hmac`` as docs/connect.md describes."""
    assert signature(secret, "e1", 1_700_000_000, '{"list":"名单"}'.encode()) == expected


def test_deliver_due_retries_in_order_and_gives_up(database, subscriber, subscribe, publish):
    subscribe(subscriber.url, types=["watchlist.published"])
    publish()
    subscriber.status = 500
    moment = 0
    for wait in (*RETRY_SECONDS, 0):
        assert _deliver(database, _later(moment)) == 1
        assert _deliver(database, _later(moment)) == 0
        moment += wait + 5
    assert len(subscriber.received) == len(RETRY_SECONDS) + 1
    assert len({headers["webhook-id"] for headers, _ in subscriber.received}) == 1
    assert _deliver(database, _later(moment + 10**6)) == 0
    with database.engine.connect() as connection:
        [row] = connection.execute(select(DELIVERIES)).all()
    assert row.given_up_at is not None
    assert row.last_answer == "500"


def test_deliver_due_follows_no_redirect(database, subscriber, subscribe, publish):
    subscribe(subscriber.url, types=["watchlist.published"])
    publish()
    subscriber.status = 307
    _deliver(database)
    subscriber.status = 200
    assert _deliver(database, _later(RETRY_SECONDS[0])) == 1


def test_deliver_due_retries_unreachable_subscribers(database, subscribe, publish):
    subscribe("http://127.0.0.1:9/x")
    publish()
    assert _deliver(database) == 4
    with database.engine.connect() as connection:
        rows = connection.execute(select(DELIVERIES)).all()
    assert {row.last_answer for row in rows} == {"ConnectError", ""}
    assert all(row.delivered_at is None for row in rows)


def test_claim_deliveries_again_after_the_lease(database, subscribe, publish):
    subscribe("http://127.0.0.1:9/x")
    publish()
    taken = claim_deliveries(database.engine, NOW)
    assert len(taken) == 4
    assert claim_deliveries(database.engine, NOW) == []
    again = claim_deliveries(database.engine, NOW + LEASE + dt.timedelta(seconds=1))
    assert [one.event.event_id for one in again] == [one.event.event_id for one in taken]
    assert {one.attempts for one in again} == {2}


def test_subscription_receives_events_of_its_region(database, subscriber, subscribe, publish):
    subscribe(subscriber.url, region="42")
    publish(region="990102")
    assert _deliver(database) == 0
    publish(dt.date(2025, 7, 1))
    assert _deliver(database) == 1


def test_end_subscription_stops_deliveries(client, database, subscriber, subscribe, publish, token):
    made = subscribe(subscriber.url)
    publish()
    admin = token("admin")
    assert [one["waiting"] for one in _listed(client, admin)] == [4]
    ended = client.delete(f"/v1/subscriptions/{made['id']}", headers=admin)
    assert (ended.status_code, ended.content) == (204, b"")
    assert _deliver(database) == 0
    assert _listed(client, admin) == []


def _listed(client, headers):
    return client.get("/v1/subscriptions", headers=headers).json()["items"]


def test_list_changes_continues_at_a_cursor(client, publish, token):
    headers = token("system")

    def since(cursor):
        query = f"?since={cursor}" if cursor else ""
        return client.get(f"/v1/watchlists/changes{query}", headers=headers).json()

    assert since(None) == {"items": [], "cursor": None}
    publish(dt.date(2025, 5, 1))
    first = since(None)
    assert [one["type"] for one in first["items"]].count("watchlist.published") == 1
    assert since(first["cursor"]) == {"items": [], "cursor": first["cursor"]}
    publish()
    [only] = since(first["cursor"])["items"]
    assert only["data"]["as_of"] == "2025-06-01"
