from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import httpx
import pytest
from fastapi.routing import APIRoute

from serving.app import ROUTERS, create_app
from serving.audit.queue import SECONDS as AUDIT_SECONDS
from serving.auth.dependencies import RequirePermission
from serving.auth.repository import NewAccount
from serving.auth.roles import PERMISSIONS, SEPARATED, Permission, Role
from serving.briefings.figures import briefing_figures
from serving.briefings.period import month_of
from serving.briefings.repository import Briefing, insert_briefing
from serving.model_changes.repository import replace_versions
from serving.publishing.repository import store_publication
from serving.settings import RoleSettings, Settings
from serving.watchlists.snapshot import Snapshot

from ..briefings.test_many_worlds import make_facts
from ..conftest import (
    NO_TLS,
    PUBLISHED_AT,
    key,
    make_extras,
    registry_version,
    served,
    unlinked_register,
    until_seen,
)
from ..people import accounts, add_token

INSIDE, OUTSIDE = "9901", "42"
LATEST = "/v1/watchlists/latest?region=9901"
ENTRIES = "/v1/watchlists/latest/entries?region=9901"
PROJECT = "/v1/projects/P%2F000"
FOUND = {"inspected_on": "2025-06-12", "arrears_found": False}
SUBSCRIPTION = {"name": "s", "url": "http://127.0.0.1:9/x", "region": INSIDE}
_GOOD_ROW = {
    "project_id": "P/000",
    "project_name": "模拟",
    "region_code": "990102",
    "started_on": "2025-01-01",
}

MAY_BE_REFUSED = {
    ("POST", "/v1/notices"),
    ("GET", "/v1/projects/{project_id:path}/listing-notice"),
}
"""Letters that the records may not support."""

# Every endpoint with the action it stands for and a request to it: (path, body).
REQUESTS = {
    ("GET", "/metrics"): ("/metrics", None),
    ("GET", "/v1/watchlists"): ("/v1/watchlists", None),
    ("GET", "/v1/watchlists/changes"): ("/v1/watchlists/changes", None),
    ("GET", "/v1/watchlists/{as_of}"): ("/v1/watchlists/2025-06-01?region=9901", None),
    ("GET", "/v1/watchlists/{as_of}/entries"): ("/v1/watchlists/latest/entries?region=9901", None),
    ("GET", "/v1/watchlists/{as_of}/ranking"): ("/v1/watchlists/latest/ranking?region=9901", None),
    ("GET", "/v1/watchlists/{as_of}/composition"): (
        "/v1/watchlists/latest/composition?region=9901",
        None,
    ),
    ("GET", "/v1/watchlists/{as_of}/adoption"): (
        "/v1/watchlists/latest/adoption?region=9901",
        None,
    ),
    ("GET", "/v1/projects/{project_id:path}/risk"): (f"{PROJECT}/risk", None),
    ("GET", "/v1/projects/{project_id:path}/history"): (f"{PROJECT}/history", None),
    ("GET", "/v1/projects/{project_id:path}/timeline"): (f"{PROJECT}/timeline", None),
    ("GET", "/v1/projects/{project_id:path}/reasons"): (f"{PROJECT}/reasons", None),
    ("GET", "/v1/projects/{project_id:path}/red-flags"): (f"{PROJECT}/red-flags", None),
    ("GET", "/v1/projects/{project_id:path}/contributions"): (f"{PROJECT}/contributions", None),
    ("GET", "/v1/projects/{project_id:path}/changes"): (f"{PROJECT}/changes", None),
    ("GET", "/v1/projects/{project_id:path}/case-file"): (f"{PROJECT}/case-file", None),
    ("GET", "/v1/projects/{project_id:path}/listing-notice"): (f"{PROJECT}/listing-notice", None),
    ("GET", "/v1/projects/{project_id:path}/notes"): (f"{PROJECT}/notes", None),
    ("POST", "/v1/projects/{project_id:path}/notes"): (f"{PROJECT}/notes", {"text": "x"}),
    ("POST", "/v1/scores"): ("/v1/scores", {"project_ids": ["P/000"]}),
    ("POST", "/v1/scores/what-if"): (
        "/v1/scores/what-if",
        {"project_id": "P/000", "as_of": "2025-06-01", "records": {"payments": [{}]}},
    ),
    ("POST", "/v1/outcomes"): ("/v1/outcomes", {**FOUND, "project_id": "P/000"}),
    ("POST", "/v1/outcomes/{outcome_id}/versions"): (
        "/v1/outcomes/{outcome}/versions",
        {**FOUND, "version": 1, "reason": "x"},
    ),
    ("GET", "/v1/outcomes"): ("/v1/outcomes", None),
    ("GET", "/v1/outcomes/{outcome_id}"): ("/v1/outcomes/{outcome}", None),
    ("POST", "/v1/feedback"): (
        "/v1/feedback",
        {"project_id": "P/000", "as_of": "2025-06-01", "verdict": "useful"},
    ),
    ("GET", "/v1/feedback"): ("/v1/feedback", None),
    ("GET", "/v1/projects/{project_id:path}/flag-states"): (f"{PROJECT}/flag-states", None),
    ("POST", "/v1/projects/{project_id:path}/flag-states"): (
        f"{PROJECT}/flag-states",
        {"code": "account_missing", "state": "confirmed"},
    ),
    ("POST", "/v1/records/{table}"): ("/v1/records/projects", {"rows": [_GOOD_ROW]}),
    ("POST", "/v1/complaints"): (
        "/v1/complaints",
        {"rows": [{"complaint_id": "T", "received_on": "2025-06-01", "project_id": "P/000"}]},
    ),
    ("GET", "/v1/submissions/{submission_id}"): ("/v1/submissions/none", None),
    ("GET", "/v1/briefings"): ("/v1/briefings", None),
    ("GET", "/v1/briefings/{number}"): ("/v1/briefings/1", None),
    ("GET", "/v1/briefings/{number}/figures"): ("/v1/briefings/1/figures", None),
    ("GET", "/v1/indicators"): ("/v1/indicators", None),
    ("GET", "/v1/models"): ("/v1/models", None),
    ("GET", "/v1/models/{version}"): ("/v1/models/champion", None),
    ("GET", "/v1/models/{version}/card"): ("/v1/models/champion/card", None),
    ("GET", "/v1/model-versions"): ("/v1/model-versions", None),
    ("GET", "/v1/model-versions/{version}/card"): ("/v1/model-versions/999/card", None),
    ("GET", "/v1/model-changes"): ("/v1/model-changes", None),
    ("POST", "/v1/model-changes"): (
        "/v1/model-changes",
        {"action": "comment", "version": "1", "text": "x"},
    ),
    ("POST", "/v1/model-changes/{change_id}/decision"): (
        "/v1/model-changes/999/decision",
        {"approve": False, "text": "x"},
    ),
    ("POST", "/v1/jobs"): (
        "/v1/jobs",
        {"kind": "publish", "as_of": "2025-07-01", "region": INSIDE},
    ),
    ("GET", "/v1/jobs"): ("/v1/jobs", None),
    ("GET", "/v1/jobs/{job_id}"): ("/v1/jobs/{job}", None),
    ("POST", "/v1/subscriptions"): ("/v1/subscriptions", SUBSCRIPTION),
    ("GET", "/v1/subscriptions"): ("/v1/subscriptions", None),
    ("DELETE", "/v1/subscriptions/{subscription_id}"): ("/v1/subscriptions/none", None),
    ("GET", "/v1/links"): ("/v1/links", None),
    ("POST", "/v1/links"): (
        "/v1/links",
        {"complaint_id": "T-1", "decision": "linked", "project_id": "P/000"},
    ),
    ("GET", "/v1/projects/{project_id:path}/elements"): (f"{PROJECT}/elements", None),
    ("POST", "/v1/notices"): ("/v1/notices", {"project_id": "P/000", "department": "housing"}),
    ("GET", "/v1/notices"): ("/v1/notices", None),
    ("GET", "/v1/notices/{number}"): ("/v1/notices/999", None),
    ("GET", "/v1/notices/{number}/file"): ("/v1/notices/999/file", None),
    ("POST", "/v1/notices/{number}/steps"): (
        "/v1/notices/999/steps",
        {"step": "answered", "text": "x"},
    ),
    ("GET", "/v1/deposits"): ("/v1/deposits", None),
    ("GET", "/v1/audit"): ("/v1/audit", None),
    ("GET", "/v1/matters"): ("/v1/matters", None),
    ("GET", "/v1/matters/transferred-unlisted"): ("/v1/matters/transferred-unlisted", None),
    ("POST", "/v1/matters"): (
        "/v1/matters",
        {"name": "模拟", "region_code": "990102", "text": "x"},
    ),
    ("GET", "/v1/matters/{matter:path}"): ("/v1/matters/{matter}", None),
    ("POST", "/v1/matters/{matter:path}/steps"): (
        "/v1/matters/{matter}/steps",
        {"step": "noted", "text": "x"},
    ),
    ("GET", "/v1/campaigns"): ("/v1/campaigns", None),
    ("GET", "/v1/campaigns/{name}/progress"): ("/v1/campaigns/winter/progress", None),
    ("GET", "/v1/campaigns/{name}/unchecked"): ("/v1/campaigns/winter/unchecked", None),
}
OPEN = {
    *(("GET", path) for path in ("/healthz", "/readyz", "/v1/session/oidc")),
    ("GET", "/v1/session/oidc/callback"),
    ("PUT", "/v1/session/password"),
    *((method, "/v1/session") for method in ("GET", "POST", "DELETE")),
}
# What is of no place: the same for everybody who may see it at all.
EVERYWHERE = {
    "/metrics",
    "/v1/campaigns",
    "/v1/models",
    "/v1/models/champion",
    "/v1/models/champion/card",
    "/v1/model-versions",
    "/v1/model-changes",
}


def _routes():
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            calls = [one.call for one in route.dependant.dependencies]
            actions = [call.permission for call in calls if isinstance(call, RequirePermission)]
            for method in route.methods:
                yield (method, route.path), actions


ACTIONS = {route: actions[0] for route, actions in _routes() if actions}


def _figures():
    return briefing_figures(make_facts(1, month_of(dt.date(2025, 5, 1)), 2))


@pytest.fixture
def office(database, publish, publication):
    """A published list with everything else a reader may ask for."""
    store_publication(
        database,
        publication(region=INSIDE).seal(),
        published_at=PUBLISHED_AT,
        published_by="李",
        extras=replace(make_extras(), snapshot=Snapshot({}, unlinked_register())),
    )
    briefing = Briefing(0, dt.date(2025, 5, 1), "990102", "html", "", PUBLISHED_AT, "李")
    insert_briefing(database.engine, briefing, b"<p>x</p>", _figures())
    replace_versions(database.engine, [registry_version()])
    return database


@pytest.fixture
def made(client, office, token):
    """Numbers of an outcome and a job inside the region, made by somebody who may."""
    admin = token("admin")
    outcome = _send(client, ("POST", "/v1/outcomes"), admin, {}).json()["id"]
    job = _send(client, ("POST", "/v1/jobs"), admin, {}).json()["id"]
    matter = _send(client, ("POST", "/v1/matters"), admin, {}).json()["key"]
    return {"outcome": outcome, "job": job, "matter": matter}


def _send(client, route, headers, made):
    path, body = REQUESTS[route]
    for name, value in made.items():
        path = path.replace(f"{{{name}}}", value)
    return client.request(route[0], path, json=body, headers={**headers, **key()})


def test_endpoints_require_a_permission_and_are_in_the_matrix():
    routes = {route for route, _ in _routes()}
    assert routes - OPEN == set(ACTIONS)
    assert set(REQUESTS) == set(ACTIONS)


@pytest.mark.parametrize("role", Role)
def test_endpoints_enforce_roles_and_regions(client, made, token, role):
    inside, outside = token(role, INSIDE), token(role, OUTSIDE)
    assert len(ACTIONS) > 50
    for route, action in ACTIONS.items():
        path = REQUESTS[route][0]
        answer = _send(client, route, outside, made)
        if action not in PERMISSIONS[role]:
            assert answer.status_code == 403, (role, route)
            assert answer.json()["code"] == "not_allowed"
            assert _send(client, route, inside, made).status_code == 403
            continue
        if path not in EVERYWHERE:
            _assert_nothing_of_inside(answer, route)
        found = _send(client, route, inside, made)
        missing = path in ("/v1/submissions/none", "/v1/subscriptions/none") or "/999" in path
        # The hand-made list stores no contributions; test_contributions.py publishes some.
        missing |= path.endswith("/contributions")
        # Nothing the hand-made records show concerns the department; test_notices.py sends some.
        refused = route in MAY_BE_REFUSED and found.status_code == 422
        later = route == ("POST", "/v1/outcomes/{outcome_id}/versions")
        assert (
            found.status_code in (200, 201, 202)
            or refused
            or (missing and found.status_code == 404)
            or (later and found.status_code == 409)
        ), (role, route, found.text)


SETTLED = {
    Role.ADMIN: {"read_people", "manage_people", "manage_subscriptions", "read_metrics"},
    Role.AUDITOR: {"read_people", "read_audit"},
}
"""All that these roles may do where administration, audit and work are separated."""


@pytest.mark.parametrize("role", Role)
def test_separated_roles_administer_or_audit_or_work(database, made, token, role):
    allowed = {permission.value for permission in SEPARATED[role]}
    if role in SETTLED:
        assert allowed == SETTLED[role]
    else:
        assert not allowed & {"read_audit", "read_people", "manage_people"}
    settings = Settings(roles=RoleSettings(separated=True))
    headers, refused, admitted = token(role, INSIDE), 0, 0
    with (
        served(create_app(settings, database)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as client,
    ):
        for route, action in ACTIONS.items():
            answer = _send(client, route, headers, made)
            denied = answer.status_code == 403 and answer.json()["code"] == "not_allowed"
            assert denied == (action.value not in allowed), (role, route, answer.text)
            refused, admitted = refused + denied, admitted + (not denied)
        pages = {
            "/watchlist": "read_lists",
            "/supervision": "change_models",
            "/supervision/audit": "read_audit",
            "/supervision/people": "read_people",
        }
        for path, action in pages.items():
            status = client.get(path, headers=headers).status_code
            assert (status == 403) == (action not in allowed), (role, path, status)
        form = {"does": "revoke", "name": "none"}
        status = client.post("/supervision/people", data=form, headers=headers).status_code
        assert (status == 403) == (role is not Role.ADMIN)
    assert refused >= 8
    assert admitted >= 1


def _assert_nothing_of_inside(answer, route):
    if answer.status_code == 200:
        document = answer.json()
        own = [one for one in document["items"] if route[1] == "/v1/audit"]
        assert {one["region"] for one in own} <= {OUTSIDE}
        assert document["items"] == own, route
        assert document.get("not_scored", ["P/000"]) == ["P/000"]
    else:
        assert answer.status_code in (403, 404), (route, answer.text)
        assert answer.json()["code"] != "not_allowed"


def test_endpoints_refuse_requests_without_a_token(client, made):
    assert len(ACTIONS) > 50
    for route in ACTIONS:
        answer = _send(client, route, {}, made)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), route
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ["inspector", "system", "briefer"])
def test_watchlist_hides_random_draws_from_field_roles(client, office, token, role):
    watching, going = token("supervisor"), token(role)
    whole = client.get(LATEST, headers=watching).json()
    assert [one["selection"] for one in whole["entries"]].count("random") == 1
    for path in (LATEST, ENTRIES):
        text = client.get(path, headers=going).text
        assert "random" not in text.replace("random_share", "")
        assert "0.25" not in text
    seen = client.get(LATEST, headers=going).json()
    assert seen["rules"]["policy"]["seed"] is None
    assert seen["view"]["draws_hidden"]
    risk = client.get("/v1/projects/P%2F003/risk", headers=going).json()
    assert risk["listing"] == {"rank": 4, "selection": None, "draw_probability": None}
    assert (
        client.get("/v1/projects/P%2F003/risk", headers=watching).json()["listing"]["selection"]
        == "random"
    )


def test_watchlist_of_a_wider_region_is_redacted(client, publish, token):
    publish()
    whole = client.get("/v1/watchlists/latest", headers=token("admin", "9901")).json()
    assert (len(whole["entries"]), whole["view"]["region"]) == (4, "9901")
    part = client.get("/v1/watchlists/latest", headers=token("admin", "42")).json()
    assert (part["entries"], part["gone"], part["view"]["region"]) == ([], [], "42")
    found = client.get("/v1/watchlists", headers=token("admin", "42")).json()["items"]
    assert [one["region"] for one in found] == [""]


def test_redacted_view_has_its_own_etag(client, office, token):
    going, watching = token("inspector"), token("supervisor")
    tags = {client.get(LATEST, headers=who).headers["etag"] for who in (going, watching)}
    assert len(tags) == 2
    for who in (going, watching):
        tag = client.get(LATEST, headers=who).headers["etag"]
        again = client.get(LATEST, headers={**who, "If-None-Match": tag})
        assert again.status_code == 304


def test_expired_and_revoked_tokens_are_refused(client, database, office, token):
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    expired = token("admin", expires_at=past)
    assert client.get("/v1/watchlists", headers=expired).status_code == 401
    secret = add_token(database.engine, NewAccount("case", Role.SYSTEM, "", "test", PUBLISHED_AT))
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/watchlists", headers=headers).status_code == 200
    with accounts(database.engine) as people:
        people.revoke_token("case", PUBLISHED_AT)
    until_seen(database)
    assert client.get("/v1/watchlists", headers=headers).status_code == 401


def test_token_scopes_limit_the_role(client, office, token):
    narrow = token("admin", scopes=[Permission.READ_MODELS])
    assert client.get("/v1/models", headers=narrow).status_code == 200
    assert client.get("/v1/watchlists", headers=narrow).status_code == 403


@pytest.mark.parametrize("header", ["Bearer", "Bearer ww_", "Basic abc", "Bearer ww_ü", "x", ""])
def test_malformed_authorization_headers_are_refused(client, office, token, header):
    token("admin")
    answer = client.get("/v1/watchlists", headers={"Authorization": header.encode()})
    assert answer.status_code == 401


def test_local_requests_are_admitted_while_there_are_no_users(client, office, token, database):
    assert client.get("/v1/session").json()["name"] == "local"
    for foreign in (
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"X-Forwarded-For": "8.8.8.8"},
    ):
        assert client.get("/v1/watchlists", headers=foreign).status_code == 401
    token("inspector")
    until_seen(database)
    assert client.get("/v1/watchlists").status_code == 401


def test_rate_limit_answers_429_with_retry_after(limited):
    answers = [limited.get("/v1/watchlists") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].json()["code"] == "too_many_requests"


def test_token_secrets_are_not_stored(database, token):
    secret = token("admin")["Authorization"].removeprefix("Bearer ")
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM tokens").all()
    assert secret not in repr(rows)


def test_cached_responses_are_equal_and_audited(client, office, token):
    who, admin = token("inspector", INSIDE), token("admin")
    answers = [client.get(LATEST, headers=who) for _ in range(3)]
    assert len({one.content for one in answers}) == 1
    assert len({one.headers["etag"] for one in answers}) == 1
    assert len({one.headers["x-request-id"] for one in answers}) == 3
    names = [sorted(one.headers) for one in answers]
    assert names[0] == names[1] == names[2]
    time.sleep(2 * AUDIT_SECONDS)
    entries = client.get("/v1/audit", headers=admin).json()["items"]
    reads = [one for one in entries if one["action"] == "read_lists"]
    assert {one["request_id"] for one in reads} == {one.headers["x-request-id"] for one in answers}
    assert len({(one["list_digest"], one["who"], one["region"]) for one in reads}) == 1


def test_cached_responses_are_not_shared_between_tokens(client, office, token):
    whole = client.get(LATEST, headers=token("supervisor", INSIDE)).content
    assert client.get(LATEST, headers=token("inspector", INSIDE)).content != whole
    assert client.get(LATEST, headers=token("supervisor", OUTSIDE)).status_code == 404
    assert client.get(LATEST, headers={"Authorization": "Bearer ww_no"}).status_code == 401
