from __future__ import annotations

import pytest

from serving.client import Client, Refused


@pytest.fixture
def case_system(client, publish, token):
    publish()
    secret = token("system")["Authorization"].removeprefix("Bearer ")
    with Client(str(client.base_url), secret) as opened:
        yield opened


def test_client_covers_the_tasks_of_a_case_system(case_system):
    assert case_system.watchlist()["as_of"] == "2025-06-01"
    assert [one["rank"] for one in case_system.entries(limit=2)] == [1, 2, 3, 4]
    events, cursor = case_system.changes()
    assert len(events) == 4
    assert case_system.changes(cursor) == ([], cursor)
    assert case_system.risk("P/001")["project_id"] == "P/001"
    assert len(list(case_system.history("P/001"))) == 1
    assert case_system.scores(["P/001", "x"])["not_scored"] == ["x"]
    found = {"project_id": "P/001", "inspected_on": "2025-06-10", "arrears_found": False}
    outcome = case_system.enter_outcome(found, key="visit-0001")
    assert case_system.enter_outcome(found, key="visit-0001") == outcome
    del found["project_id"]
    fixed = {**found, "arrears_found": True, "version": 1, "reason": "typed wrong"}
    assert case_system.correct_outcome(outcome["id"], fixed)["version"] == 2
    rows = [{"complaint_id": "T", "received_on": "2025-06-01"}]
    assert case_system.send_records("complaints", rows)["good"] == 1


def test_client_raises_refused_with_the_code(case_system):
    with pytest.raises(Refused) as caught:
        case_system.risk("none")
    assert (caught.value.status, caught.value.code) == (404, "project_not_scored")
