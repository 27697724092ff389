from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from risk.intake.quarantine_book import BOOK_NAME
from risk.store.store import RecordStore
from serving import clock
from serving.db.change_stamp import _STATE
from serving.db.tables import AUDIT, FEEDBACK, INBOX, NOTES, OUTCOMES
from serving.ingest.importer import import_waiting
from serving.publishing.repository import store_publication

from ..conftest import key

JSON = {"Content-Type": "application/json"}
FOUND = {"project_id": "P/000", "inspected_on": "2025-06-12", "arrears_found": True}


@pytest.fixture
def someone(client, publish, token):
    publish()
    client.headers.update(token("system"))
    return client


def _count(database, table):
    with database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _inspections(workspace):
    with RecordStore(workspace.records, read_only=True) as store:
        return store.rows(
            "SELECT inspection_id, inspected_on, kind, arrears_found, workers_owed, amount_owed,"
            " known_at FROM inspections ORDER BY arrival"
        )


def test_add_outcome_creates_an_inspections_record(someone, database, workspace):
    answer = someone.post(
        "/v1/outcomes", json={**FOUND, "workers_owed": 12, "amount_owed": 345.67}, headers=key()
    )
    assert answer.status_code == 201
    told = answer.json()
    assert (told["version"], told["as_of"], told["region_code"]) == (1, "2025-06-01", "990102")
    assert import_waiting(workspace, database) == 1
    today = clock.today()
    assert _inspections(workspace) == [
        (told["id"], dt.date(2025, 6, 12), "watchlist", True, 12, 34567, today)
    ]
    assert import_waiting(workspace, database) == 0


@pytest.mark.parametrize(
    ("yuan", "fen"), [(0.29, 29), (1.15, 115), (4.35, 435), (0, 0), (1e7, 10**9)]
)
def test_add_outcome_stores_money_to_the_fen(someone, database, workspace, yuan, fen):
    body = {**FOUND, "amount_owed": yuan}
    assert someone.post("/v1/outcomes", json=body, headers=key()).status_code == 201
    import_waiting(workspace, database)
    assert _inspections(workspace)[0][5] == fen


def test_add_outcome_marks_random_visits_secretly(someone, database, workspace):
    answer = someone.post("/v1/outcomes", json={**FOUND, "project_id": "P/003"}, headers=key())
    assert "random" not in answer.text
    import_waiting(workspace, database)
    assert _inspections(workspace)[0][2] == "random"


def test_correct_outcome_adds_a_version(someone, database, workspace):
    first = someone.post("/v1/outcomes", json=FOUND, headers=key()).json()
    versions = f"/v1/outcomes/{first['id']}/versions"
    for version, arrears in ((1, False), (2, True), (3, False)):
        fixed = {**FOUND, "arrears_found": arrears, "version": version, "reason": "看错"}
        del fixed["project_id"]
        answer = someone.post(versions, json=fixed, headers=key())
        assert (answer.status_code, answer.json()["version"]) == (201, version + 1)
    outdated = {**fixed, "version": 1}
    assert someone.post(versions, json=outdated, headers=key()).status_code == 409
    kept = someone.get(f"/v1/outcomes/{first['id']}").json()["items"]
    assert [one["arrears_found"] for one in kept] == [True, False, True, False]
    assert [one["version"] for one in someone.get("/v1/outcomes").json()["items"]] == [4]
    import_waiting(workspace, database)
    # All four, of one day, are in the record store; the one that came last counts.
    assert [row[3] for row in _inspections(workspace)] == [True, False, True, False]
    counts = "SELECT arrears_found FROM inspections_versions WHERE superseded_at IS NULL"
    with RecordStore(workspace.records, read_only=True) as store:
        assert store.rows(counts) == [(False,)]


def test_write_once_repeats_the_first_response(someone, database):
    same = key()
    answers = [someone.post("/v1/outcomes", json=FOUND, headers=same) for _ in range(3)]
    assert {one.content for one in answers} == {answers[0].content}
    assert [one.headers.get("idempotency-replayed") for one in answers] == [None, "true", "true"]
    assert _count(database, OUTCOMES) == _count(database, INBOX) == 1
    other = someone.post("/v1/outcomes", json={**FOUND, "arrears_found": False}, headers=same)
    assert (other.status_code, other.json()["code"]) == (422, "key_used_otherwise")


def test_write_once_with_concurrent_requests(someone, database):
    same = key()

    def send(_):
        return someone.post("/v1/outcomes", json=FOUND, headers=same)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert _count(database, OUTCOMES) == 1


def test_write_requires_an_idempotency_key(someone):
    answer = someone.post("/v1/outcomes", json=FOUND)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("short", ["v1", "seven77"])
def test_a_key_that_is_too_short_is_told_the_rule(someone, database, short):
    headers = {"Idempotency-Key": short, "Accept-Language": "en"}
    answer = someone.post("/v1/outcomes", json=FOUND, headers=headers)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["found"] == short
    assert error["allowed"].startswith("8 to 200 letters")
    assert "8 至 200" in answer.json()["texts"]["zh"]
    assert answer.headers["Link"] == '</help/reference/errors/#invalid_parameter>; rel="help"'
    enough = someone.post("/v1/outcomes", json=FOUND, headers={"Idempotency-Key": "eight888"})
    assert enough.status_code == 201


def test_add_outcome_refuses_what_intake_would_quarantine(someone, database):
    future = {**FOUND, "inspected_on": "2999-01-01"}
    answer = someone.post("/v1/outcomes", json=future, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, "outcome_invalid")
    assert answer.json()["texts"]["zh"] != answer.json()["texts"]["en"]
    assert _count(database, OUTCOMES) == 0


def test_add_records_validates_like_an_import(someone, database, workspace):
    rows = [
        {
            "complaint_id": "T-1",
            "received_on": "2025年6月2日",
            "channel": "12345热线",
            "workers": 5,
        },
        {"complaint_id": "T-2", "received_on": "gestern", "extra": "x"},
    ]
    answer = someone.post("/v1/complaints", json={"rows": rows}, headers=key())
    assert answer.status_code == 202
    told = answer.json()
    assert (told["read"], told["good"], told["quarantined"]) == (2, 1, 1)
    assert told["ignored_columns"] == ["extra"]
    [problem] = told["problems"]
    assert (problem["row"], problem["field"], problem["found"]) == (2, "received_on", "gestern")
    state = f"/v1/submissions/{told['id']}"
    assert someone.get(state).json()["state"] == "waiting"
    import_waiting(workspace, database)
    after = someone.get(state).json()
    assert (after["state"], after["accepted"], after["quarantined"]) == ("taken", 1, 1)
    book = openpyxl.load_workbook(workspace.quarantine / BOOK_NAME)
    assert "gestern" in [cell.value for row in book["投诉举报"].iter_rows() for cell in row]


def test_importer_resumes_after_a_kill(someone, database, workspace, monkeypatch):
    someone.post("/v1/outcomes", json=FOUND, headers=key())

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("serving.ingest.importer.mark_imported", killed)
        with pytest.raises(KeyboardInterrupt):
            import_waiting(workspace, database)
    assert import_waiting(workspace, database) == 1
    assert len(_inspections(workspace)) == 1


def test_add_records_refuses_other_regions(client, publish, token):
    publish()
    client.headers.update(token("system", "990102"))

    def send(table, **row):
        return client.post(f"/v1/records/{table}", json={"rows": [row]}, headers=key()).status_code

    project = {"project_name": "模拟", "started_on": "2025-01-01"}
    assert send("projects", project_id="N", region_code="990102", **project) == 202
    assert send("projects", project_id="M", region_code="990103", **project) == 403
    assert send("payrolls", project_id="N", payroll_id="R", period="2025-05") == 202
    assert send("payrolls", project_id="M", payroll_id="R") == 403
    assert send("projects", project_id="P/000", region_code="42", **project) == 403
    # The place of a payment is that of its payroll, which the import looks up.
    assert send("payments", payment_id="Y", payroll_id="R") == 202
    assert send("complaints", complaint_id="T", received_on="2025-06-01") == 202


def test_feedback_and_notes_store_author_and_time(someone):
    given = {"project_id": "P/000", "as_of": "2025-06-01", "verdict": "wrong"}
    for family in (None, "payments"):
        answer = someone.post("/v1/feedback", json={**given, "family": family}, headers=key())
        assert answer.status_code == 201
    other = {**given, "project_id": "P/001"}
    assert someone.post("/v1/feedback", json=other, headers=key()).status_code == 201
    found = someone.get("/v1/feedback", params={"project_id": "P/000"}).json()["items"]
    assert [one["family"] for one in found] == [None, "payments"]
    every = someone.get("/v1/feedback").json()["items"]
    assert [one["project_id"] for one in every] == ["P/000", "P/000", "P/001"]
    assert all(one["given_by"].startswith("system-") and one["given_at"] for one in found)
    none = someone.post("/v1/feedback", json={**given, "as_of": "2025-05-01"}, headers=key())
    assert none.status_code == 404
    someone.post("/v1/projects/P%2F000/notes", json={"text": "已约谈"}, headers=key())
    [note] = someone.get("/v1/projects/P%2F000/notes").json()["items"]
    assert (note["text"], note["project_id"]) == ("已约谈", "P/000")


@pytest.mark.parametrize("table", [AUDIT, FEEDBACK, INBOX, NOTES, OUTCOMES], ids=lambda t: t.name)
def test_append_only_tables_refuse_changes(someone, database, table):
    given = {"project_id": "P/000", "as_of": "2025-06-01", "verdict": "useful"}
    someone.post("/v1/feedback", json=given, headers=key())
    someone.post("/v1/outcomes", json=FOUND, headers=key())
    someone.post("/v1/projects/P%2F000/notes", json={"text": "x"}, headers=key())
    column = next(
        one for one in table.columns if not one.primary_key and one.type.python_type is str
    )
    for statement in (update(table).values({column: "x"}), delete(table)):
        with pytest.raises(DBAPIError, match="sealed"), database.engine.begin() as connection:
            connection.execute(statement)


def test_audit_log_has_reads_and_writes(client, database, publish, token):
    done = publish()
    who, admin = token("supervisor", "9901"), token("admin")
    client.get("/v1/watchlists/latest", headers=who)
    client.post("/v1/outcomes", json=FOUND, headers={**who, **key()})
    client.get("/v1/audit", headers=who | {"X-Request-Id": "mine-1"})
    client.get("/v1/metrics-that-are-not", headers=who)
    client.post("/v1/subscriptions", json={}, headers=who)
    _until_written(client, admin, 4)
    entries = client.get("/v1/audit", headers=admin).json()["items"]
    mine = {(one["action"], one["method"]): one for one in entries if one["region"] == "9901"}
    read = mine["read_lists", "GET"]
    assert (read["list_digest"], read["model_version"], read["as_of"]) == (
        done.digest,
        "1",
        "2025-06-01",
    )
    assert mine["write_outcomes", "POST"]["status"] == 201
    assert mine["read_audit", "GET"]["request_id"] == "mine-1"
    assert mine["manage_subscriptions", "POST"]["status"] == 403


def _until_written(client, admin, least):
    for _ in range(200):
        if len(client.get("/v1/audit", headers=admin).json()["items"]) >= least:
            return
    pytest.fail("the audit entries were not written")


def _reads_for_a_page(statement):
    """Return whether a statement reads rows of a page, not the audit, a token or a change stamp."""
    others = ("audit", "tokens", _STATE)
    return statement.startswith("SELECT") and not any(other in statement for other in others)


def test_number_of_queries_is_independent_of_page_size(client, database, publish, token):
    publish(listed=6, cohort=12)
    client.headers.update(token("inspector", "99"))
    seen = []
    from sqlalchemy import event

    event.listen(database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))

    def queries(path):
        # Other loops of the service query now and then too, so the fewest of three count.
        return min(asked(path) for _ in range(3))

    def asked(path):
        seen.clear()
        assert client.get(path).status_code == 200
        return len([one for one in seen if _reads_for_a_page(one)])

    for path in ("/v1/watchlists/latest/entries?limit={}", "/v1/watchlists/changes?limit={}"):
        assert queries(path.format(1)) == queries(path.format(100))
    assert queries("/v1/watchlists/latest") <= 1


def test_cursor_pages_do_not_overlap(client, publish, token):
    publish(listed=6, cohort=12)
    client.headers.update(token("supervisor"))
    whole = client.get("/v1/watchlists/latest/entries").json()["items"]
    parts, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/watchlists/latest/entries?limit=2{cursor}").json()
        parts += page["items"]
        cursor = page["next"] and f"&cursor={page['next']}"
    assert parts == whole
    assert len(whole) == 6


def test_list_entries_filters(client, publish, token):
    publish()
    client.headers.update(token("supervisor"))

    def ranks(query):
        items = client.get(f"/v1/watchlists/latest/entries?{query}").json()["items"]
        return [one["rank"] for one in items]

    assert ranks("tier=red&tier=orange") == [1, 2]
    assert ranks("red_flag=no_account") == [1, 3]
    assert ranks("least_probability=0.585") == [1, 2]
    assert ranks("within=42") == []
    assert ranks("search=p/00") == [1, 2, 3, 4]
    assert ranks("search=建设3公司") == [4]
    assert ranks("change=up") == [2]


def test_get_watchlist_is_compressed_on_request(client, publish, token):
    publish()
    headers = token("supervisor")
    packed = client.get("/v1/watchlists/latest", headers=headers)
    plain = client.get("/v1/watchlists/latest", headers={**headers, "Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)


def test_request_bodies_are_limited(someone):
    answer = someone.post(
        "/v1/outcomes",
        content=b" " * 2_000_001,
        headers=key() | JSON,
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "request_entity_too_large")
    broken = someone.post("/v1/outcomes", content=b"{", headers=key() | JSON)
    assert (broken.status_code, broken.json()["code"]) == (400, "not_json")


def test_responses_have_request_id_and_security_headers(someone):
    for path in ("/v1/watchlists/latest", "/v1/nothing", "/healthz"):
        answer = someone.get(path, headers={"X-Request-Id": "abc-1"})
        assert answer.headers["x-request-id"] == "abc-1"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    forged = someone.get("/healthz", headers={"X-Request-Id": "a b\x7f"})
    assert forged.headers["x-request-id"] != "a b\x7f"


def test_get_history_and_changes(client, publish, token):
    publish(dt.date(2025, 5, 1))
    publish(version="2")
    client.headers.update(token("supervisor"))
    history = client.get("/v1/projects/P%2F000/history").json()["items"]
    assert [(one["as_of"], one["model_version"]) for one in history] == [
        ("2025-06-01", "2"),
        ("2025-05-01", "1"),
    ]
    changed = client.get("/v1/projects/P%2F000/changes").json()
    assert (changed["now"]["as_of"], changed["before"]["as_of"]) == ("2025-06-01", "2025-05-01")
    assert changed["new_red_flags"] == changed["cleared_red_flags"] == []


def test_changes_name_new_and_cleared_flags(client, database, publication, token):
    """In May the project had ``no_account``, in June ``late`` instead."""
    for as_of, code in ((dt.date(2025, 5, 1), "no_account"), (dt.date(2025, 6, 1), "late")):
        made = publication(as_of)
        risks = tuple(
            replace(
                risk,
                assessment=replace(
                    risk.assessment,
                    red_flags=tuple(replace(flag, code=code) for flag in risk.assessment.red_flags),
                ),
            )
            for risk in made.risks
        )
        sealed = replace(made, risks=risks).seal()
        store_publication(database, sealed, published_at=clock.now(), published_by="李")
    client.headers.update(token("supervisor"))
    changed = client.get("/v1/projects/P%2F000/changes").json()
    assert changed["new_red_flags"] == ["late"]
    assert changed["cleared_red_flags"] == ["no_account"]


def test_get_scores_keeps_the_order_of_the_request(client, publish, token):
    publish()
    client.headers.update(token("system"))
    asked = {"project_ids": ["P/002", "none", "P/000"]}
    found = client.post("/v1/scores", json=asked).json()
    assert [one["project_id"] for one in found["items"]] == ["P/002", "P/000"]
    assert found["not_scored"] == ["none"]
