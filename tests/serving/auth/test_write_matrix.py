"""No write by somebody of another region changes anything, whatever the route and the role."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serving.app import ROUTERS
from serving.auth.principal import OFFICE
from serving.auth.roles import Role
from serving.db.tables import METADATA
from serving.site import ROUTERS as PAGES

from ..conftest import PUBLISHED_AT, key
from ..people import accounts, add_token, add_user
from . import test_access
from .test_access import INSIDE, OPEN, OUTSIDE, REQUESTS

made, office = test_access.made, test_access.office

# Every form of the pages with a request for something inside the region: (path, fields).
FORMS = {
    "/projects/{project_id:path}/feedback": (
        "/projects/P%2F000/feedback",
        {"as_of": "2025-06-01", "verdict": "useful"},
    ),
    "/projects/{project_id:path}/flags": (
        "/projects/P%2F000/flags",
        {"code": "no_account", "state": "confirmed"},
    ),
    "/projects/{project_id:path}/notes": ("/projects/P%2F000/notes", {"text": "x"}),
    "/ledger/{matter:path}": ("/ledger/{matter}", {"step": "noted", "text": "x"}),
    "/links/{complaint_id:path}": ("/links/T-1", {"verdict": "linked", "project_id": "P/000"}),
    "/links-by-name": ("/links-by-name", {"shown": "x"}),
    "/supervision/check": ("/supervision/check", {"as_of": "2025-07-01"}),
    "/supervision/model-changes": (
        "/supervision/model-changes",
        {"action": "promote", "version": "1", "text": "x"},
    ),
    "/supervision/model-changes/{change_id}": (
        "/supervision/model-changes/none",
        {"decision": "approve", "text": "x"},
    ),
    "/supervision/model-versions": ("/supervision/model-versions", {}),
    "/supervision/people": ("/supervision/people", {"does": "disable", "name": "inside"}),
    "/matters": (
        "/matters",
        {"name": "x", "region_code": "990102", "text": "x", "project_id": "P/000"},
    ),
    "/matters/{matter:path}": ("/matters/{matter}", {"step": "noted", "text": "x"}),
    "/notices": ("/notices", {"project_id": "P/000", "department": "housing"}),
    "/notices/{number}": ("/notices/1", {"step": "answered", "text": "x"}),
    "/data/uploads": ("/data/uploads", {}),
    "/data/files/{upload_id}": ("/data/files/none?name=a.csv", {}),
    "/data/uploads/{upload_id}": ("/data/uploads/none", {"does": "import"}),
    "/data/quarantine": ("/data/quarantine", {}),
    "/data/look": ("/data/look", {}),
    "/data/look/projects": ("/data/look/projects", {}),
}
OWN = {
    *("/sign-in", "/sign-out", "/password", "/second-factor"),
    *("/briefings", "/month/preview", "/month/publish"),
}
"""Forms about the own account and the own region, which name nothing else."""

MODEL_CHANGE = {"action": "promote", "version": "1", "text": "x"}
"""Comments on models, which are the same for every region, anybody may write who sees them."""
# Own place, but what it points to is inside the region: (method, path, body or fields).
POINTING_INSIDE = [
    (
        "/v1/matters",
        {"json": {"name": "x", "region_code": "420101", "text": "x", "project_id": "P/000"}},
    ),
    (
        "/matters",
        {"data": {"name": "x", "region_code": "420101", "text": "x", "project_id": "P/000"}},
    ),
    ("/v1/jobs", {"json": {"kind": "publish", "as_of": "2025-07-01", "region": ""}}),
    ("/v1/jobs", {"json": {"kind": "train", "as_of": "2025-07-01", "region": OUTSIDE}}),
    ("/v1/subscriptions", {"json": {"name": "s", "url": "http://10.0.0.5/", "region": ""}}),
    ("/supervision/people", {"data": {"does": "revoke", "name": "inside"}}),
    ("/supervision/people", {"data": {"does": "enable", "name": "inside-ended"}}),
    (
        "/supervision/people",
        {"data": {"does": "add_token", "name": "n", "role": "admin", "region": INSIDE}},
    ),
    (
        "/supervision/people",
        {"data": {"does": "add_user", "name": "n", "role": "admin", "password": "long enough 1"}},
    ),
]
# What a refused write may leave: its audit entry and its answer, and rows that the import refuses
# (test_ownership.py).
LEFT = {"audit", "audit_heads", "idempotency", "sessions", "inbox", "inbox_taken"}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def _state(database):
    tables = [table for table in METADATA.sorted_tables if table.name not in LEFT]
    with database.engine.connect() as connection:
        return {table.name: repr(connection.execute(select(table)).all()) for table in tables}


@pytest.fixture
def inside(database):
    """A user, an ended user and a token of the region."""
    for name in ("inside", "inside-ended"):
        account = test_access.NewAccount(name, Role.INSPECTOR, INSIDE, "test", PUBLISHED_AT)
        add_user(database.engine, account, password_hash="x")
    account = test_access.NewAccount("inside", Role.SYSTEM, INSIDE, "test", PUBLISHED_AT)
    add_token(database.engine, account)
    with accounts(database.engine, OFFICE) as people:
        people.disable_user("inside-ended", PUBLISHED_AT)


def test_every_route_that_writes_is_in_the_matrix():
    pages = {route.path for router in PAGES for route in router.routes if route.methods & CHANGING}
    assert pages - OWN == set(FORMS)
    routes = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        for method in route.methods & CHANGING
    }
    assert routes - OPEN <= set(REQUESTS)


@pytest.mark.parametrize("role", Role)
def test_writes_from_another_region_change_nothing(client, database, made, inside, token, role):
    headers = token(role, OUTSIDE)
    before, tried = _state(database), 0
    requests = [
        (method, path, {"json": MODEL_CHANGE if path == "/v1/model-changes" else body})
        for (method, _), (path, body) in REQUESTS.items()
        if method in CHANGING
    ]
    requests += [("POST", path, {"data": fields}) for path, fields in FORMS.values()]
    requests += [("POST", path, sent) for path, sent in POINTING_INSIDE]
    for method, path, sent in requests:
        there = path.format_map(made)
        answer = client.request(method, there, headers={**headers, **key()}, **sent)
        assert answer.status_code < 500 or answer.json()["code"] == "uploads_unavailable", path
        assert _state(database) == before, (role, method, path, answer.text[:300])
        tried += 1
    assert tried >= 45


@pytest.mark.parametrize("path", ["/briefings", "/month/preview", "/month/publish"])
def test_forms_about_the_own_region_start_jobs_of_it(client, database, token, path):
    form = {"as_of": "2025-07-01", "period": "2025-06"}
    client.post(path, data=form, headers=token("supervisor", OUTSIDE))
    with database.engine.connect() as connection:
        regions = connection.execute(select(METADATA.tables["jobs"].c.region)).scalars().all()
    assert set(regions) <= {OUTSIDE}
