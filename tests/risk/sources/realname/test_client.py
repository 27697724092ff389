"""Faults of a platform over HTTP: a retry, a clear line, or all rows; never some of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from risk.sources.errors import SourceUnavailable
from risk.sources.meter import BoundReached, Bounds, Meter
from risk.sources.politeness import ATTEMPTS, Pacer
from risk.sources.realname import client as client_module
from risk.sources.realname.client import Account, Client
from risk.sources.realname.dialect import load_dialect
from risk.sources.realname.errors import (
    AnswerIncomplete,
    AnswerUnreadable,
    ClockSkewed,
    MethodRefused,
    SecretRefused,
)
from risk.sources.realname.query import all_rows
from risk.sources.realname.values import text
from risk.sources.secrets import Secret

from .county import County, Role
from .platform import APPID, SECRET, ZONE, Platform
from .server import Fault, Server, serving

PROJECT = "510822202503050001"
ROLES = 33
"""Participants of the project; with pages of ten a query has four."""


@pytest.fixture(scope="module")
def crowded() -> Iterator[Server]:
    """Platform with one project that has many participants."""
    county = County()
    for number in range(ROLES):
        corp = f"91510822MA000000{number:02}"
        county.names[corp] = f"某某劳务{number}公司"
        county.roles.append(Role(PROJECT, corp, "subcontractor", "2025-03-05", ""))
    with serving(Platform(county)) as server:
        yield server


@pytest.fixture
def server(crowded: Server) -> Iterator[Server]:
    yield crowded
    crowded.faults.clear()
    crowded.platform.now = lambda: dt.datetime.now(ZONE)
    crowded.platform.from_one, crowded.platform.largest_page = False, 50


@contextmanager
def opened(server: Server, *, secret: str = SECRET, bounds: Bounds | None = None, **call: object):
    dialect = load_dialect()
    dialect.call.update(call)  # type: ignore[attr-defined]
    meter = Meter(bounds or Bounds())
    account = Account("platform", server.url, APPID, Secret(secret))
    with httpx.Client(timeout=5) as http:
        pacer = Pacer("platform", 1000, meter, first_wait=0.001)
        yield Client(account, dialect, http, pacer, meter), meter


def roles(client: Client, page_size: int = 10) -> list[str]:
    method = client.dialect.methods["subcontractors"]
    asked = {"projectCode": PROJECT}
    found = all_rows(client, method, asked, lambda row: text(row["corp"]), page_size=page_size)
    assert len(set(found)) == len(found)
    return found


def changed(**data: object):
    """Change of the data of an answer."""
    return lambda answer: {**answer, "data": {**answer["data"], **data}}


def refused(code: str, message: str):
    return Fault(change=lambda _: {"code": code, "message": message, "data": None})


def first_page(server: Server) -> Fault:
    """The first page in place of the one asked for."""
    return Fault(change=changed(rows=server.platform._roles[PROJECT][:10]))


CUT = {"status": 503, "headers": (("Retry-After", "0"),)}


@pytest.mark.parametrize(
    ("faults", "retries"),
    [
        ([Fault(cut=0)], 1),
        ([None, Fault(cut=40)], 1),
        ([None, None, Fault(**CUT), Fault(status=429, headers=(("Retry-After", "0"),))], 2),
        ([Fault(status=500)] * (ATTEMPTS - 1), ATTEMPTS - 1),
        ([refused("-1", "请求过于频繁，请稍后再试")], 1),
        ([Fault(headers=(("Date", "yesterday"),))], 0),
    ],
)
def test_what_passes_is_tried_again(server, faults, retries):
    with opened(server) as (client, meter):
        server.faults.extend(faults)
        assert len(roles(client)) == ROLES
        assert (meter.retries, meter.requests) == (retries, 4 + retries)


def test_a_server_that_stays_away_is_one_error(server):
    with opened(server) as (client, _):
        server.faults.extend([Fault(status=502)] * ATTEMPTS)
        with pytest.raises(SourceUnavailable, match="http_502"):
            roles(client)


@pytest.mark.parametrize(
    "faults",
    [
        [None, Fault(change=changed(totalCount=ROLES + 1))],
        [None, None, None, Fault(change=changed(rows=[]))] + [Fault(change=changed(rows=[]))] * 2,
        [Fault(change=changed(totalCount=ROLES + 2))],
        [None, None, Fault(change=lambda answer: {**answer, "data": None})],
    ],
    ids=["total changes", "last page empty", "total too large", "no data"],
)
def test_rows_that_change_while_they_are_read_are_read_again(server, faults):
    with opened(server) as (client, _):
        server.faults.extend(faults)
        assert len(roles(client)) == ROLES


def test_a_page_that_comes_twice_counts_once(server):
    with opened(server) as (client, _):
        server.faults.extend([None, first_page(server)])
        assert len(roles(client)) == ROLES


def test_a_server_that_ignores_the_page_is_an_error(server):
    server.faults.extend([first_page(server)] * 20)
    with opened(server) as (client, _), pytest.raises(AnswerIncomplete) as failed:
        roles(client)
    assert (failed.value.fields["stated"], failed.value.fields["got"]) == (ROLES, 10)


@pytest.mark.parametrize("start", [0, 1])
def test_a_server_that_counts_pages_from_one_gives_all_rows(server, start):
    server.platform.from_one = True
    with opened(server, page_start=start) as (client, meter):
        assert len(roles(client)) == ROLES
        assert meter.requests == 5 - start


def test_a_server_with_smaller_pages_than_asked_for_gives_all_rows(server):
    server.platform.largest_page = 15
    with opened(server) as (client, meter):
        assert len(roles(client, page_size=50)) == ROLES
        assert meter.requests == 3


def test_a_query_without_a_total_ends_at_a_short_page(server):
    with opened(server) as (client, meter):
        server.faults.extend([Fault(change=changed(totalCount=None))] * 4)
        assert len(roles(client)) == ROLES
        assert meter.requests == 4


def test_rows_that_never_settle_are_an_error_with_both_numbers(server):
    with opened(server) as (client, _):
        server.faults.extend([Fault(change=changed(totalCount=40))] * 30)
        with pytest.raises(AnswerIncomplete) as failed:
            roles(client)
    assert (failed.value.fields["stated"], failed.value.fields["got"]) == (40, ROLES)
    assert "40" in failed.value.message("zh")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(body=b"<html>"), "JSON"),
        (Fault(change=lambda _: {"message": "?"}), "code"),
        (Fault(change=changed(rows="none")), "rows"),
        (Fault(status=404), "404"),
        (Fault(status=302, headers=(("Location", "http://127.0.0.1:9/"),)), "302"),
        (refused("3", "项目 510822 不归本账号管理"), "不归本账号管理"),
    ],
)
def test_an_answer_that_cannot_be_used_refuses_the_unit_with_its_reason(server, fault, words):
    with opened(server) as (client, meter):
        server.faults.append(fault)
        with pytest.raises((MethodRefused, AnswerUnreadable)) as failed:
            roles(client)
        assert words in failed.value.message("en")
        assert "ProjectSubContractor.Query" in failed.value.message("zh")
        assert meter.requests == 1


def test_an_answer_is_read_up_to_a_bound(server, monkeypatch):
    monkeypatch.setattr(client_module, "MOST_BYTES", 1000)
    with opened(server) as (client, _), pytest.raises(AnswerUnreadable, match="larger"):
        roles(client)


def test_a_wrong_secret_is_one_clear_error_without_the_secret(server):
    with (
        opened(server, secret="Wrong-SECRET") as (client, _),
        pytest.raises(SecretRefused) as failed,
    ):
        roles(client)
    message = failed.value.message("zh") + str(failed.value.fields)
    assert "签名错误" in message
    assert "wrong-secret" not in message.lower()


def test_a_server_that_repeats_the_signed_text_shows_no_secret(server):
    fault = Fault(change=lambda _: {"code": "2", "message": f"sign: appsecret={SECRET.lower()}"})
    server.faults.append(fault)
    with opened(server) as (client, _), pytest.raises(SecretRefused) as failed:
        roles(client)
    assert "sign: appsecret=***" in failed.value.message("zh")


def test_a_wrong_clock_is_one_line_with_the_difference(server):
    server.platform.now = lambda: dt.datetime.now(ZONE) + dt.timedelta(minutes=20)
    with opened(server) as (client, _), pytest.raises(ClockSkewed) as failed:
        roles(client)
    seconds = -failed.value.fields["seconds"]
    assert 1195 <= seconds <= 1205
    assert f"慢 {round(seconds)} 秒" in failed.value.message("zh")


def test_a_refused_time_without_the_servers_clock_is_said(server):
    server.faults.append(Fault(headers=(("Date", ""),), change=lambda _: STALE))
    with opened(server) as (client, _), pytest.raises(ClockSkewed) as failed:
        roles(client)
    assert "未返回其时间" in failed.value.message("zh")


STALE = {"code": "9", "message": "时间戳已过期", "data": None}


def test_a_refused_time_where_the_clocks_agree_is_put_down_to_the_time_zone(server):
    server.faults.append(Fault(change=lambda _: STALE))
    with opened(server) as (client, _), pytest.raises(ClockSkewed, match="utc_offset_hours"):
        roles(client)


def test_words_about_the_secret_in_later_refusals_concern_one_unit(server):
    with opened(server) as (client, _):
        assert len(roles(client)) == ROLES
        server.faults.append(refused("5", "该 appid 无权查询此项目"))
        with pytest.raises(MethodRefused):
            roles(client)


def test_refusals_show_no_person(server):
    message = "工人：吴某甲 身份证 11010519491231002X 手机13912345678 密文 " + "q0Xc9wAA" * 5 + "="
    server.faults.append(refused("7", message))
    with opened(server) as (client, _), pytest.raises(MethodRefused) as failed:
        roles(client)
    shown = failed.value.message("zh")
    for part in ("吴某甲", "11010519491231002X", "13912345678", "q0Xc9wAA"):
        assert part not in shown


@pytest.mark.parametrize("bounds", [Bounds(requests=3), Bounds(bytes=500)])
def test_the_bounds_of_a_pull_hold(server, bounds):
    with opened(server, bounds=bounds) as (client, _), pytest.raises(BoundReached):
        roles(client)
