from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from sqlalchemy import select, update

from serving.app import create_app
from serving.db.tables import DELIVERIES, SUBSCRIPTIONS
from serving.events.outbox import LEASE, RETRY_SECONDS, claim_deliveries
from serving.events.webhooks import deliver_due, signature
from serving.http.caller import WebhookCaller
from serving.http.egress import EgressPolicy, WebhookRefused
from serving.settings import Settings

from ..conftest import NO_TLS, answering, served

NOW = dt.datetime.now(dt.UTC)


class Subscriber(ThreadingHTTPServer):
    """Remembers what it was sent; answers with ``status``."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received, self.status, self.refused = [], 204, set()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((dict(self.headers), body))
        kind = json.loads(body)["type"]
        self.send_response(400 if kind in self.server.refused else self.server.status)
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


LOOPBACK = EgressPolicy.parse(["127.0.0.0/8"], only_listed=False)


def _deliver(database, now=NOW, policy=LOOPBACK, seconds=10.0):
    return deliver_due(database.engine, WebhookCaller(policy, seconds), now)


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
    """The expected values were worked out with ``hmac`` as docs/tutorials/connect.md describes."""
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


def test_event_that_a_subscriber_refuses_keeps_no_other_back(
    database, subscriber, subscribe, publish
):
    subscribe(subscriber.url)
    publish()
    subscriber.refused = {"cn.wagewatch.watchlist.published"}
    assert _deliver(database) == 4
    assert len(subscriber.received) == 4
    assert _deliver(database, _later(RETRY_SECONDS[0])) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_rest_waits_for_a_subscriber_that_can_take_none(
    database, subscriber, subscribe, publish, status
):
    subscribe(subscriber.url)
    publish()
    subscriber.status = status
    _deliver(database)
    assert len(subscriber.received) == 1
    subscriber.status = 204
    assert _deliver(database, _later(RETRY_SECONDS[0])) == 4


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


def test_a_cursor_ahead_of_all_events_is_refused(client, publish, token):
    """As after a restore from an earlier backup: events up to it would never be sent."""
    headers = {**token("system"), "Accept-Language": "en"}

    def answer(since):
        found = client.get(f"/v1/watchlists/changes?since={since}", headers=headers)
        return found.status_code, found.json()

    assert answer(0) == (200, {"items": [], "cursor": "0"})
    status, problem = answer(1)
    assert (status, problem["code"]) == (422, "cursor_ahead")
    publish()
    newest = int(client.get("/v1/watchlists/changes", headers=headers).json()["cursor"])
    elsewhere = token("system", "42")
    assert answer(newest) == (200, {"items": [], "cursor": str(newest)})
    status, problem = answer(newest + 1)
    assert (status, problem["code"]) == (422, "cursor_ahead")
    assert f"the newest event ({newest})" in problem["detail"]
    behind = client.get(f"/v1/watchlists/changes?since={newest - 1}", headers=elsewhere)
    assert (behind.status_code, behind.json()["items"]) == (200, [])


def _answers(database):
    """What each subscriber's deliveries came to, by the name of the subscription."""
    with database.engine.connect() as connection:
        query = select(SUBSCRIPTIONS.c.name, DELIVERIES.c.last_answer).join(
            DELIVERIES, DELIVERIES.c.subscription == SUBSCRIPTIONS.c.id
        )
        return {(name, answer) for name, answer in connection.execute(query) if answer}


def test_one_bad_address_does_not_stop_deliveries_to_others(
    database, subscriber, subscribe, publish
):
    subscribe("http://127.0.0.1:9/x", name="bad")
    subscribe(subscriber.url, name="good")
    with database.engine.begin() as connection:
        url = f"http://{'a' * 70}.example/x"
        connection.execute(
            update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.name == "bad").values(url=url)
        )
    publish()
    assert _deliver(database) == 8
    assert len(subscriber.received) == 4
    assert ("good", "2xx") in _answers(database)


def test_slow_header_ends_with_the_time_of_the_whole_request(
    database, subscriber, subscribe, publish
):
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def drip():
            connection, _ = slow.accept()
            with connection, suppress(OSError):
                for byte in b"HTTP/1.1 200 OK" + b"x" * 100:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        subscribe(f"http://127.0.0.1:{slow.getsockname()[1]}/x", name="slow")
        subscribe(subscriber.url, name="good")
        publish()
        began = time.monotonic()
        _deliver(database, seconds=0.3)
        assert time.monotonic() - began < 2
        thread.join()
    assert _answers(database) == {("slow", "ReadTimeout"), ("good", "2xx")}


def test_backlog_of_one_subscriber_leaves_room_for_others(database, subscribe, publish):
    subscribe("http://127.0.0.1:9/x", name="first")
    for month in range(1, 7):
        publish(dt.date(2025, month, 1))
    subscribe("http://127.0.0.1:9/y", name="second")
    publish(dt.date(2025, 7, 1))
    taken = claim_deliveries(database.engine, NOW)
    names = [one.subscription.name for one in taken]
    assert (names.count("first"), names.count("second")) == (5, 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://[::1]:80/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/x",
        "http://localhost/x",
        "http://2130706433/x",
        "http://0x7f000001/x",
        "http://a]b:80/",
        "http://[::1/",
        "http://case.example:99999/",
        "http://case.example:0/",
        f"http://{'a' * 70}.example/x",
        f"http://{'a.' * 130}example/x",
    ],
)
def test_addresses_of_the_machine_are_refused_unless_listed(database, token, url):
    with served(create_app(Settings(), database)) as address:
        answer = httpx.post(
            f"{address}/v1/subscriptions",
            json={"name": "s", "url": url},
            headers=token("admin"),
            verify=NO_TLS,
        )
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_refused")


def test_name_is_checked_by_the_address_it_resolves_to(monkeypatch):
    answers = {"rebound.example": "127.0.0.1", "good.example": "10.0.0.5"}
    monkeypatch.setattr(
        "serving.http.egress.socket.getaddrinfo",
        lambda host, port, type: [(0, 0, 0, "", (answers[host], port))],
    )
    policy = EgressPolicy.parse([], only_listed=False)
    assert policy.resolve("good.example", 80) == ["10.0.0.5"]
    with pytest.raises(WebhookRefused):
        policy.resolve("rebound.example", 80)
    only = EgressPolicy.parse(["10.1.0.0/16", "case.example"], only_listed=True)
    with pytest.raises(WebhookRefused):
        only.resolve("good.example", 80)
    listed = EgressPolicy.parse(["good.example"], only_listed=True)
    assert listed.resolve("good.example", 80) == ["10.0.0.5"]
    assert EgressPolicy.parse(["rebound.example"], only_listed=True).networks == ()
    with pytest.raises(WebhookRefused):
        EgressPolicy.parse(["rebound.example"], only_listed=True).resolve("rebound.example", 80)
