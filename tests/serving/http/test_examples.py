"""The examples in the API's description, sent as they stand there."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from benchmarks.publications import publication as made
from serving.auth.passwords import hash_password
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.publishing.repository import store_publication
from serving.watchlists.snapshot import Snapshot

from ..conftest import PUBLISHED_AT, key, make_extras, unlinked_register
from ..people import add_user

PASSWORD = "sehr-geheim-1"


_REFUSED = {"/v1/notices": "nothing_to_notify", "/v1/model-changes": "model_version_unknown"}
_OF_A_REFUSED_ONE = {"/v1/notices/{number}/steps", "/v1/model-changes/{change_id}/decision"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_request_examples_are_accepted(client, database, token):
    for as_of in (dt.date(2025, 5, 1), dt.date(2025, 6, 1)):
        sealed = made(as_of, listed=3, cohort=6).seal()
        things = replace(make_extras(), snapshot=Snapshot({}, unlinked_register()))
        store_publication(
            database, sealed, published_at=PUBLISHED_AT, published_by="test", extras=things
        )
    grant = NewAccount("王主管", Role.SUPERVISOR, "9901", "test", PUBLISHED_AT)
    hashed = hash_password(PASSWORD)
    add_user(database.engine, grant, password_hash=hashed)
    admin = token("admin")
    description = client.get("/openapi.json").json()
    places = {"{project_id}": "P-00001", "{table}": "organizations"}
    run = 0
    # Outcomes first: the correction needs one.
    for path, operations in sorted(description["paths"].items(), key=lambda one: len(one[0])):
        body = operations.get("post", {}).get("requestBody")
        if body is None or path in _OF_A_REFUSED_ONE:
            continue
        name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        [example] = description["components"]["schemas"][name]["examples"]
        address = path
        for mark, value in places.items():
            address = address.replace(mark, value)
        answer = client.post(address, json=example, headers={**admin, **key()})
        # The list made here shows nothing a department is concerned with, and no model was
        # trained; journeys send a notice, and the tests of model changes make one.
        refused = answer.json().get("code") == _REFUSED.get(path, "never")
        assert refused or answer.status_code in (200, 201, 202), (path, answer.text)
        if path == "/v1/outcomes":
            places["{outcome_id}"] = answer.json()["id"]
        if path == "/v1/matters":
            places["{matter}"] = answer.json()["key"]
        run += 1
    assert run == 17


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_get_endpoints_without_path_parameters_answer(client, token):
    admin = token("admin")
    paths = client.get("/openapi.json").json()["paths"]
    plain = [path for path in paths if "get" in paths[path] and not re.search("{|oidc", path)]
    statuses = {path: client.get(path, headers=admin).status_code for path in plain}
    assert len(statuses) > 15
    assert set(statuses.values()) == {200}, statuses


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_long_responses_are_compressed(client, database, publish, token):
    publish()
    answer = client.get("/v1/watchlists/latest/entries", headers=token("supervisor"))
    assert answer.headers["content-encoding"] == "gzip"
