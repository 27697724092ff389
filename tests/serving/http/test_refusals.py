"""What a refusal says of a request, and values that would be misread."""

from __future__ import annotations

import json

import pytest

from serving.http.charset_check import _is_other

from ..conftest import key

VISIT = {"project_id": "P/000", "inspected_on": "2025-06-12", "arrears_found": False}


@pytest.fixture
def system(client, publish, token):
    publish()
    client.headers.update({**token("system"), **key()})
    return client


def refused(answer, field):
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter"), answer.text
    return next(one for one in answer.json()["errors"] if one["field"] == field)


@pytest.mark.parametrize("day", [1749686400, 1749686400000, 0, True, "1749686400", "2025-6-12"])
def test_date_is_a_text_in_one_form(system, day):
    answer = system.post("/v1/outcomes", json={**VISIT, "inspected_on": day})
    assert refused(answer, "inspected_on")["found"] == (
        day if isinstance(day, str) else json.dumps(day)
    )


def test_json_in_another_encoding_is_refused_and_not_misread(system):
    body = json.dumps({**VISIT, "findings": "欠薪"}, ensure_ascii=False)
    sent = {"Content-Type": "application/json; charset=GB18030"}
    # These bytes are UTF-8 too, of other characters.
    answer = system.post("/v1/outcomes", content=body.encode("gb18030"), headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    sent = {"Content-Type": 'application/json; charset="utf-8"'}
    answer = system.post("/v1/outcomes", content=body.encode(), headers=sent)
    assert answer.json()["findings"] == "欠薪"


@pytest.mark.parametrize(
    ("content_type", "other"),
    [
        ("application/json", False),
        ("application/json;charset=UTF8", False),
        ("application/cloudevents+json; charset=gbk", True),
        ("application/json; profile=x; CHARSET = gbk", True),
        ("text/html; charset=gbk", False),
        ("multipart/form-data; boundary=charset", False),
    ],
)
def test_charset_is_checked_of_json_only(content_type, other):
    assert _is_other({"headers": [(b"content-type", content_type.encode())]}) is other


def test_body_that_is_not_sent_as_json_is_named_and_not_repeated(client):
    body = '{"name": "a", "password": "hush-hush"}'
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/v1/session", content=body, headers=sent)
    problem = refused(answer, "body")
    assert problem["found"] == "Content-Type: application/x-www-form-urlencoded"
    assert "Content-Type: application/json" in problem["allowed"]
    assert "hush" not in answer.text


def test_objects_in_a_list_are_counted_and_not_repeated(client):
    answer = client.post("/v1/session", json=[{"name": "a", "password": "hush-hush"}])
    assert refused(answer, "body")["found"] == "[1]"
    assert "hush" not in answer.text


@pytest.mark.parametrize(
    ("language", "allowed"),
    [("zh", "red、orange、yellow、blue 之一"), ("en", "one of red, orange, yellow, blue")],
)
def test_allowed_names_are_joined_as_in_the_language(system, language, allowed):
    address = "/v1/watchlists/latest/entries?tier=purple"
    answer = system.get(address, headers={"Accept-Language": language})
    assert refused(answer, "tier.0")["allowed"] == allowed


def test_what_is_missing_is_null_as_in_json(client, token):
    answer = client.post("/v1/outcomes", json=VISIT, headers=token("system"))
    assert refused(answer, "Idempotency-Key")["found"] == "null"
