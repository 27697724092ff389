"""Text that no database stores is refused everywhere, and no refusal repeats a secret."""

from __future__ import annotations

import json
import re
from itertools import chain

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serving.app import ROUTERS
from serving.http.schemas import RequestSchema
from serving.site import ROUTERS as PAGES

from ..conftest import key

HOSTILE = ["a\x00b", "\ud800", "\x00"]


def test_bodies_of_all_endpoints_refuse_text_that_cannot_be_stored():
    bodies = [
        (route.path, field.field_info.annotation)
        for router in (*ROUTERS, *PAGES)
        for route in router.routes
        for field in route.dependant.body_params
    ]
    assert len(bodies) >= 20
    for path, schema in bodies:
        assert issubclass(schema, RequestSchema), path


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_that_cannot_be_stored_is_refused_in_bodies(client, publish, token, hostile):
    publish()
    headers = {**token("admin"), **key(), "Content-Type": "application/json"}
    deep = json.loads("[" * 40 + json.dumps(hostile) + "]" * 40)
    requests = [
        ("/v1/projects/P%2F000/notes", {"text": hostile}),
        ("/v1/matters", {"name": hostile, "region_code": "990102", "text": "x"}),
        ("/v1/records/projects", {"rows": [{"project_id": "P/1", "project_name": hostile}]}),
        ("/v1/records/projects", {"rows": [{"project_id": "P/1", hostile: "x"}]}),
        ("/v1/scores/what-if", {"project_id": "P", "as_of": "2025-06-01", "records": deep}),
        ("/v1/session", {"name": hostile, "password": "x"}),
    ]
    for path, body in requests:
        answer = client.post(path, content=json.dumps(body), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter"), path


@pytest.mark.parametrize(
    "path", ["/v1/projects/a%00b/risk", "/v1/watchlists?cursor=%00", "/%00", "/sign-in?next=/%00"]
)
def test_text_that_cannot_be_stored_is_refused_in_addresses(client, token, path):
    for headers in ({}, token("admin")):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "text_invalid")


@pytest.mark.parametrize("form", ["name=a%00b&password=x", "&".join(["a=1"] * 501), "a%00=1"])
def test_forms_that_cannot_be_read_are_refused(client, form):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    assert client.post("/sign-in", content=form, headers=headers).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_days_beyond_the_calendar_are_refused(client, publish, token, day):
    publish()
    found = {"project_id": "P/000", "inspected_on": day, "arrears_found": False}
    answer = client.post("/v1/outcomes", json=found, headers={**token("admin"), **key()})
    assert answer.status_code == 422
    assert client.get(f"/v1/watchlists/{day}", headers=token("admin")).status_code == 422


NUMBERS = {"cursor", "since", "before", "page", "limit"}
PLACES = {"as_of": "2025-06-01", "project_id:path": "P/000", "ending": "xlsx", "kind": "docx"}


def numbered(number):
    """Addresses of all routes that read a number, with ``number`` in its place."""
    for route in chain.from_iterable(router.routes for router in (*ROUTERS, *PAGES)):
        if "GET" not in route.methods:
            continue
        parameters = route.dependant.query_params
        models = [getattr(field.field_info.annotation, "model_fields", {}) for field in parameters]
        names = NUMBERS & {field.alias for field in parameters}.union(*models)
        path = re.sub(r"{([^}]+)}", lambda found: PLACES.get(found[1], number), route.path)
        yield from (f"{path}?{name}={number}" for name in sorted(names))
        if "{number}" in route.path:
            yield path


@pytest.mark.parametrize("number", ["9" * 18, "9" * 30, "-1"])
def test_numbers_that_no_column_holds_are_refused_or_find_nothing(client, publish, token, number):
    publish()
    headers, addresses = token("admin"), list(numbered(number))
    assert len(addresses) >= 40
    for address in addresses:
        answer = client.get(address, headers=headers)
        assert answer.status_code in (200, 303, 401, 404, 422), address


def test_refusals_repeat_no_password(client):
    for body in (
        {"password": "sehr-geheim-1"},
        {"name": "", "password": "sehr-geheim-1"},
        {"name": "x", "password": "sehr-geheim-1" * 20},
        {"name": "x", "password": ["sehr-geheim-1"]},
        {"old": "sehr-geheim-1", "new": "sehr-geheim-1" * 20},
    ):
        for method, path in (("POST", "/v1/session"), ("PUT", "/v1/session/password")):
            answer = client.request(method, path, json=body)
            assert answer.status_code in (401, 422)
            assert "geheim" not in answer.text


def test_head_is_answered_like_get_without_a_body(client, publish, token):
    publish()
    for path in ("/healthz", "/v1/watchlists/latest", "/sign-in", "/static/app.css"):
        got, head = (client.request(m, path, headers=token("admin")) for m in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers.get("etag") == got.headers.get("etag")
    assert client.head("/v1/audit").status_code == 401


def test_errors_of_the_database_show_no_values(database):
    statement = text("INSERT INTO places (project_id, nothing) VALUES (:project, 1)")
    with pytest.raises(DBAPIError) as failed, database.engine.connect() as connection:
        connection.execute(statement, {"project": "geheim"})
    assert "geheim" not in str(failed.value)


@pytest.mark.parametrize("origin", ["http://[", "http://a]b", "null", "\xff"])
def test_forms_of_a_broken_origin_are_refused(client, origin):
    answer = client.post(
        "/sign-in", data={"name": "x"}, headers={"Origin": origin.encode("latin-1")}
    )
    assert answer.status_code == 403
