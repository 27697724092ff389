"""A sender of one district cannot change the records of another."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.store.store import RecordStore
from serving.auth.principal import Principal
from serving.auth.project_regions import regions_of
from serving.auth.roles import Role
from serving.ingest.importer import import_waiting
from serving.ingest.ownership import Sender, assign_owners
from serving.ingest.submissions import build_submission, stored_form

from ..conftest import key

NORTH = {"project_id": "NORTH", "region_code": "990102"}
SOUTH = {"project_id": "SOUTH", "region_code": "990103"}
BUILT = {"project_name": "工地", "started_on": "2024-02-01"}
VISIT = {"inspected_on": "2025-06-12", "arrears_found": True, "amount_owed": 500_000}


@pytest.fixture
def send(client, token, database, workspace):
    """Send rows as a system of a region and import them; returns the state of the submission."""

    def sent(region, table, *rows):
        client.headers.update(token("system", region=region))
        answer = client.post(f"/v1/records/{table}", json={"rows": list(rows)}, headers=key())
        assert answer.status_code == 202, answer.text
        import_waiting(workspace, database)
        state = client.get(f"/v1/submissions/{answer.json()['id']}").json()
        return state["accepted"], state["quarantined"]

    sent("", "projects", {**NORTH, **BUILT}, {**SOUTH, **BUILT})
    return sent


def stored(workspace, table, *columns):
    with RecordStore(workspace.records, read_only=True) as store:
        names = ", ".join(columns)
        return store.rows(f"SELECT {names} FROM {table} ORDER BY arrival")


def test_ids_of_two_districts_do_not_meet(send, workspace):
    for region, project in (("990102", "NORTH"), ("990103", "SOUTH")):
        row = {"inspection_id": "2025-001", "project_id": project, **VISIT}
        assert send(region, "inspections", row) == (1, 0)
    assert stored(workspace, "inspections", "inspection_id", "project_id") == [
        ("990102/2025-001", "NORTH"),
        ("990103/2025-001", "SOUTH"),
    ]


@pytest.mark.parametrize(
    ("table", "name", "row"),
    [
        ("inspections", "inspection_id", VISIT),
        ("cases", "case_id", {"opened_on": "2025-06-12", "status": "filed"}),
        ("complaints", "complaint_id", {"received_on": "2025-06-12", "workers": 40}),
    ],
)
def test_record_of_another_district_is_not_rewritten(send, workspace, table, name, row):
    send("", table, {name: "J1", "project_id": "SOUTH", **row})
    send("990102", table, {name: "J1", "project_id": "NORTH", **row})
    assert stored(workspace, table, name, "project_id") == [
        ("J1", "SOUTH"),
        ("990102/J1", "NORTH"),
    ]


def test_record_of_the_office_in_the_own_district_is_corrected(send, workspace):
    visit = {"inspection_id": "J1", "project_id": "NORTH", **VISIT}
    send("", "inspections", visit)
    send("990102", "inspections", {**visit, "arrears_found": False})
    assert stored(workspace, "inspections", "inspection_id", "arrears_found") == [
        ("J1", True),
        ("J1", False),
    ]


def test_references_find_the_records_of_the_sender_first(send, workspace):
    roll = {"period": "2025-05", "amount_due": 900, "due_on": "2025-06-10"}
    send("990102", "payrolls", {"payroll_id": "R1", "project_id": "NORTH", **roll})
    send("", "payrolls", {"payroll_id": "R1", "project_id": "NORTH", **roll})
    send("", "payrolls", {"payroll_id": "R2", "project_id": "NORTH", **roll})
    send("", "payrolls", {"payroll_id": "R3", "project_id": "SOUTH", **roll})
    paid = {"paid_on": "2025-06-11", "amount": 900}
    rolls = ("R1", "R2", "R3")
    send("990102", "payments", *({"payment_id": r, "payroll_id": r, **paid} for r in rolls))
    # R3 of the other district is not paid: the sender's own R3 has not come yet.
    assert stored(workspace, "payments", "payment_id", "payroll_id") == [
        ("990102/R1", "990102/R1"),
        ("990102/R2", "R2"),
        ("990102/R3", "990102/R3"),
    ]


def test_case_may_refer_to_a_complaint_without_a_place(send, workspace):
    send("", "complaints", {"complaint_id": "C1", "received_on": "2025-06-01"})
    case = {"case_id": "A1", "complaint_id": "C1", "opened_on": "2025-06-12", "status": "filed"}
    send("990102", "cases", {**case, "project_id": "NORTH"})
    assert stored(workspace, "cases", "case_id", "complaint_id") == [("990102/A1", "C1")]


def test_same_rows_again_are_repeated(send, workspace):
    row = {"inspection_id": "J1", "project_id": "NORTH", **VISIT}
    assert send("990102", "inspections", row) == (1, 0)
    assert send("990102", "inspections", row) == (0, 0)
    # An id that already names the namespace is the same record.
    assert send("990102", "inspections", {**row, "inspection_id": "990102/J1"}) == (0, 0)


def test_office_wide_senders_write_ids_as_they_are(send, workspace):
    row = {"inspection_id": "J1", "project_id": "NORTH", **VISIT}
    assert send("", "inspections", row) == (1, 0)
    assert stored(workspace, "inspections", "inspection_id") == [("J1",)]


@pytest.mark.parametrize(
    "spelled",
    [" SOUTH-1", "ＳＯＵＴＨ－１", "`SOUTH-1", '="SOUTH-1"', '="\'SOUTH-1"', "SOU TH-1"],
)
def test_every_spelling_of_an_id_is_checked_as_the_one_that_is_stored(spelled):
    assert stored_form(spelled) == "SOUTH-1"


@pytest.mark.parametrize("spelled", ["ＳＯＵＴＨ", '="\'SOUTH"'])
def test_project_of_another_district_is_not_rewritten_in_another_spelling(
    send, client, token, spelled
):
    client.headers.update(token("system", region="990102"))
    taken_over = {"project_id": spelled, "region_code": "990102", **BUILT}
    answer = client.post("/v1/records/projects", json={"rows": [taken_over]}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (403, "outside_region")


def test_organisation_of_another_district_is_not_rewritten_in_another_spelling(send, workspace):
    firm = {"org_id": "FIRM-1", "org_name": "原名", "region_code": "990103"}
    send("", "organizations", firm)
    other = {"org_id": "ＦＩＲＭ—1", "org_name": "改名", "region_code": "990102"}
    assert send("990102", "organizations", other) == (0, 1)
    assert stored(workspace, "organizations", "org_name") == [("原名",)]


def test_project_is_known_at_once_under_the_id_that_is_stored(send, client, database, workspace):
    send("", "projects", {"project_id": " NEW—1", "region_code": 990102.0, **BUILT})
    send("", "projects", {"project_id": 42.0, "region_code": "９９０１０２", **BUILT})
    with database.engine.connect() as connection:
        found = regions_of(connection, ["NEW-1", "42"])
    assert found == {"NEW-1": "990102", "42": "990102"}
    assert {"NEW-1", "42"} <= {one for (one,) in stored(workspace, "projects", "project_id")}


def test_identity_number_in_place_of_a_code_is_not_stored_in_any_spelling():
    row = {"org_id": " 11010119900307109X", "org_name": "模拟公司"}
    sender = Principal("token:1", "case", Role.SYSTEM, "990102")
    at = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    submission = build_submission(TABLES["organizations"], [row], sender, at)
    assert next(zip(submission.header, submission.rows[0], strict=True)) == ("org_id", "")


class TestSharedNumbering:
    """The office lets a region use its numbering: ids stay, other regions are refused."""

    SENDER = Sender("990102", "")
    HEADER = ("inspection_id", "project_id", "inspected_on", "arrears_found")

    @pytest.fixture
    def store(self):
        with RecordStore(":memory:") as store:
            for arrival, (project, region) in enumerate(
                (("NORTH", "990102001"), ("SOUTH", "990103"))
            ):
                store.rows(
                    "INSERT INTO projects (project_id, region_code, known_at, arrival)"
                    " VALUES (?, ?, ?, ?)",
                    [project, region, dt.date(2024, 1, 1), arrival],
                )
                store.rows(
                    "INSERT INTO inspections (inspection_id, project_id, known_at, arrival)"
                    " VALUES (?, ?, ?, ?)",
                    [f"J-{project}", project, dt.date(2024, 1, 1), arrival + 10],
                )
            yield store

    def assign(self, store, *rows):
        table = TABLES["inspections"]
        return assign_owners(store, table, self.HEADER, rows, self.SENDER)

    def test_own_and_new_records_keep_their_ids(self, store):
        rows = [
            ["J-NORTH", "NORTH", "2025-06-12", "true"],
            ["J-NEW", "NORTH", "2025-06-12", "true"],
        ]
        owned = self.assign(store, *rows)
        assert (owned.rows, owned.refused) == (rows, [])

    @pytest.mark.parametrize(
        ("inspection", "project", "column"),
        [("J-SOUTH", "NORTH", "inspection_id"), ("J-NEW", "SOUTH", "project_id")],
    )
    def test_records_of_another_region_are_refused(self, store, inspection, project, column):
        good = ["J-NORTH", "NORTH", "2025-06-12", "true"]
        owned = self.assign(store, good, [inspection, project, "2025-06-12", "true"])
        assert owned.rows == [good]
        (bad,) = owned.refused
        assert (bad.number, bad.cells["inspection_id"]) == (2, inspection)
        assert [(one.column, one.code) for one in bad.problems] == [(column, "other_region")]
        assert "其他辖区" in bad.problems[0].message(TABLES["inspections"], "zh")
