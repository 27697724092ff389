"""What pages show of the records: gathered as known before the list's date, kept with it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace

import pytest
from duckdb import CatalogException

from risk.flags import CODES, read_law
from risk.store.store import RecordStore
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.compression import opened
from serving.db.database import Database
from serving.db.spool import SpooledRows
from serving.publishing.context import PublishRequest
from serving.publishing.hooks import publish_context
from serving.publishing.pipeline import collect_extras, collect_inputs
from serving.publishing.publication_builder import build_publication
from serving.publishing.timeline import timelines
from serving.settings import load_settings
from serving.snapshot.collect import Sealing, collect_snapshot
from serving.snapshot.deposit_advice import load_deposit_advice
from serving.snapshot.legal_duties import load_legal_duties
from serving.snapshot.open_matters import closed_cases, open_matters
from serving.watchlists.project_document import is_scored, project_document
from serving.watchlists.repository import ProjectNotScored, WatchlistRepository
from serving.watchlists.snapshot import Snapshot
from serving.watchlists.snapshot_repository import (
    load_case_file,
    load_dossier,
    load_register,
    pack_snapshot,
)

from ..conftest import LISTS

AS_OF = LISTS[-1]


def _quiet(step: str, share: float) -> None:
    pass


@pytest.fixture(scope="module")
def published(office):
    """(database, publication, dossiers, records) of the newest list of the office."""
    with (
        Database(f"sqlite:///{office.service_database}") as database,
        RecordStore(office.records, read_only=True) as store,
    ):
        settings = load_settings(office)
        opened = publish_context(office, store, database, settings)
        material = collect_inputs(opened, PublishRequest(AS_OF, 8, "", "test"), _quiet)
        publication = build_publication(material)
        yield database, publication, collect_extras(opened, material, publication).snapshot, store


def test_snapshot_covers_every_scored_project(published):
    database, publication, _, _ = published
    kept = load_register(database.engine, AS_OF)
    assert kept is not None
    scored = {risk.assessment.project_id for risk in publication.risks}
    assert {row["project_id"] for row in kept.document["projects"]} == scored
    assert [r["rank"] for r in sorted(kept.document["projects"], key=lambda r: r["rank"] or 99)][
        :8
    ] == list(range(1, 9))
    for project_id in scored:
        found = load_dossier(database.engine, project_id, AS_OF, OFFICE)
        assert found is not None
        assert found["facts"]["project_id"] == project_id
        assert project_id not in found["similar"]
        assert set(found["similar"]) <= scored


def test_every_project_with_a_followed_matter_has_a_dossier(published):
    database, publication, found, store = published
    rows = [*found.register["matters"], *found.register["closed"], *found.register["unlisted"]]
    followed = {row["project_id"] for row in rows if row["project_id"]}
    scored = {risk.assessment.project_id for risk in publication.risks}
    assert followed - scored, "the county has open cases that lists do not score"
    assert followed <= found.dossiers.keys()
    for key in followed - scored:
        case_file = found.dossiers[key]["unscored"]
        assert case_file["project_id"] == key
        assert case_file["matters"]
        assert all(flag["finding"]["zh"] for flag in case_file["red_flags"])
        stored = load_case_file(database.engine, key, AS_OF, OFFICE)
        assert stored is not None
        with pytest.raises(ProjectNotScored):
            WatchlistRepository(database).project_risk(key, AS_OF)
        assert project_document(database, key, AS_OF) == stored
    one = next(iter(scored))
    assert load_case_file(database.engine, one, AS_OF, OFFICE) is None
    assert is_scored(project_document(database, one, AS_OF))
    listed = {
        org for (org,) in store.rows("SELECT org_id FROM listings WHERE known_at < $1", [AS_OF])
    }
    assert all(row["org_id"] not in listed for row in found.register["unlisted"])


def test_snapshot_holds_the_records_of_reasons(published):
    database, publication, _, _ = published
    missing = 0
    refs = 0
    for risk in publication.risks:
        found = load_dossier(database.engine, risk.assessment.project_id, AS_OF, OFFICE)
        for reason in (*risk.assessment.reasons, *risk.assessment.red_flags):
            for ref in reason.evidence:
                refs += 1
                record = found["records"].get(f"{ref.table}/{ref.record_id}")
                missing += record is None
                assert record is None or record["fields"]["known_at"] < AS_OF.isoformat()
    assert refs > 100
    assert missing == 0


def test_snapshot_excludes_later_knowledge(published, office, tmp_path):
    _, publication, found, _ = published
    copy = tmp_path / "records.duckdb"
    shutil.copyfile(office.records, copy)
    with RecordStore(copy) as later:
        for feed in later.feeds():
            later.connection.execute(f"DELETE FROM {feed.table} WHERE known_at >= ?", [AS_OF])
        again = collect_snapshot(later, publication, {}, stories=timelines(later, AS_OF))
        dossiers = json.loads(json.dumps(dict(again.dossiers)))
        again = replace(
            again, register={**again.register, "projects": [*again.register["projects"]]}
        )
    bare = json.loads(json.dumps(dict(found.dossiers)))
    for one in bare.values():  # both come from the model
        one["levers"] = []
        one.pop("contributions", None)
    assert dossiers == bare
    assert again.register == found.register


def test_batches_of_any_size_give_the_same_bytes(published, office, monkeypatch):
    database, publication, found, _ = published
    for module in ("risk.store.staged", "models.cohort_scores", "serving.watchlists.document"):
        monkeypatch.setattr(f"{module}.AT_ONCE", 7)
    monkeypatch.setattr("serving.snapshot.as_of_query._ROWS_AT_ONCE", 7)
    with RecordStore(office.records, read_only=True, memory_gb=1) as store:
        opened = publish_context(office, store, database, load_settings(office))
        with opened.as_known(AS_OF) as known:
            # A quarter of the limit is left to the program.
            limit = known.store.rows("SELECT current_setting('memory_limit')")
            assert limit == [("715.2 MiB",)]
            material = collect_inputs(known, PublishRequest(AS_OF, 8, "", "test"), _quiet)
            made = build_publication(material)
            sealing = Sealing(known.store, AS_OF)
            sealed = made.seal(sealing.add)
            material.scored.cohort.drop_reasons()
            with pytest.raises(CatalogException):  # what they were made of is freed
                made.risks[0]
            again = collect_extras(known, material, made, (sealed.outlines, sealing)).snapshot
            rows, dossiers = list(again.register["projects"]), dict(again.dossiers)
    whole = publication.seal()
    assert len(whole.risks) % 7, "the last batch is smaller"
    assert sealed.watchlist == whole.watchlist
    assert sealed.risks.digests == whole.risks.digests
    assert rows == list(found.register["projects"])
    assert json.dumps(dossiers, sort_keys=True) == json.dumps(dict(found.dossiers), sort_keys=True)


def test_rows_on_disk_are_stored_as_rows_in_memory_are():
    rows = [
        {"contractor_id": "O1", "contractor_name": "建设", "region_code": "9901", "step": "raise"},
        {"contractor_id": "O2", "state": "ending", "days_left": 3, "region_code": None},
    ]

    def packed(of):
        deposits = {"ending": of(rows), "advice": of(rows[:1]), "returns": of([])}
        register = {"projects": [], "deposits": deposits, "matters": of(rows), "months": rows}
        return pack_snapshot(Snapshot({}, register))

    on_disk = packed(SpooledRows)
    assert on_disk == packed(list)
    assert json.loads(opened(on_disk.register).read()) == {
        "projects": [],
        "deposits": {"ending": rows, "advice": rows[:1], "returns": []},
        "matters": rows,
        "months": rows,
    }


def test_load_dossier_is_restricted_to_the_region(published):
    database, publication, _, _ = published
    one = publication.risks[0].assessment
    inside = Principal("t", "t", Role.INSPECTOR, one.region_code)
    outside = Principal("t", "t", Role.INSPECTOR, "11")
    assert load_dossier(database.engine, one.project_id, AS_OF, inside)
    assert load_dossier(database.engine, one.project_id, AS_OF, outside) is None
    assert load_register(database.engine, AS_OF, "", outside) is not None
    assert load_register(database.engine, dt.date(2020, 1, 1)) is None


def test_payment_history_series_have_one_length(published):
    _, _, found, _ = published
    with_money = [one["money"] for one in found.dossiers.values() if one["money"]]
    assert with_money
    for series in with_money:
        assert len({len(values) for values in series.values()}) == 1
        assert len(series["months"]) <= 24


def _visit(world, number, **values):
    world.add(
        "inspections",
        **{
            "inspection_id": number,
            "project_id": "P1",
            "inspected_on": "2025-03-01",
            "arrears_found": True,
            "rectify_by": "2025-03-15",
            "known_at": "2025-03-02",
            **values,
        },
    )


def test_open_matters_ignore_counties_that_never_report(world):
    day = dt.date(2025, 6, 1)
    world.project()
    _visit(world, "I1")
    assert [*open_matters(world.store, day)] == []
    _visit(world, "I2", rectified_on="2025-03-14", known_at="2025-03-16")
    assert [one["key"] for one in open_matters(world.store, day)] == ["inspection:I1"]
    world.project("P2", region_code="420400")
    _visit(world, "I3", project_id="P2")
    assert [one["key"] for one in open_matters(world.store, day)] == ["inspection:I1"]


def test_open_matters_list_complaints_until_a_visit(world):
    day = dt.date(2025, 6, 1)
    world.project()
    for number, project in (("T1", "P1"), ("T2", None)):
        world.add(
            "complaints",
            complaint_id=number,
            received_on="2025-05-02",
            project_id=project,
            known_at="2025-05-02",
        )
    assert {one["record"] for one in open_matters(world.store, day)} == {"T1", "T2"}
    _visit(
        world,
        "I1",
        inspected_on="2025-05-05",
        known_at="2025-05-06",
        arrears_found=False,
        rectify_by=None,
    )
    assert {one["record"] for one in open_matters(world.store, day)} == {"T2"}
    assert {one["record"] for one in open_matters(world.store, dt.date(2025, 5, 6))} == {"T1", "T2"}


def test_closed_cases_are_checked_by_the_first_visit_after(world):
    world.project()
    world.add(
        "cases",
        case_id="A",
        project_id="P1",
        opened_on="2025-02-01",
        status="closed",
        closed_on="2025-03-10",
        known_at="2025-03-11",
    )
    _visit(world, "I1")
    assert closed_cases(world.store, dt.date(2025, 6, 1))[0]["checked_on"] is None
    _visit(world, "I2", inspected_on="2025-04-20", known_at="2025-04-21")
    assert closed_cases(world.store, dt.date(2025, 6, 1))[0]["checked_on"] == "2025-04-20"


def _late_payroll(world, paid):
    """A payroll of 100 yuan that fell due in March, in a county that reports payments in June."""
    world.add(
        "payrolls", known_at="2025-04-01", payroll_id="R", project_id="P1", period="2025-02-01",
        workers=1, amount_due=100_00, due_on="2025-03-15",
    )  # fmt: skip
    for number, day in ((1, "2025-02-20"), (2, "2025-05-20")):
        world.add(
            "payments", known_at=day, payment_id=f"M{number}", payroll_id="R",
            paid_on=day, amount=paid * 100 // 2, channel="bank",
        )  # fmt: skip


def test_legal_duties_are_met_breached_or_unknown(world):
    world.project("P1", started_on="2024-01-01", notice_board=False)
    world.add(
        "cases",
        known_at="2025-04-02",
        case_id="A",
        project_id="P1",
        opened_on="2025-04-01",
        status="confirmed",
    )
    day = dt.date(2025, 6, 1)
    matters = [*open_matters(world.store, day)]
    found = {one["code"]: one for one in load_legal_duties(world.store, day, matters)["P1"]}
    duties = [duty for duty in read_law().duties_in_force(day) if duty.code in CODES]
    assert len(found) == len({(duty.article, duty.summary) for duty in duties})
    assert found["notice_board_missing"]["state"] == "breached"
    assert found["notice_board_missing"]["finding"]["zh"]
    # Of wages and the wage account nothing is on record, so nothing is known.
    assert found["account_closed_early"]["state"] == "unknown"
    assert found["wages_overdue"]["state"] == "unknown"
    assert {one["state"] for one in found.values()} <= {"met", "breached", "unknown"}
    world.add(
        "accounts", known_at="2025-04-02", account_id="K", project_id="P1", opened_on="2024-01-10"
    )
    again = {one["code"]: one for one in load_legal_duties(world.store, day, matters)["P1"]}
    assert again["account_closed_early"]["state"] == "met"
    # Of the rules about one duty, the one that was found unmet is shown.
    _late_payroll(world, paid=60)
    last = {one["code"]: one for one in load_legal_duties(world.store, day, matters)["P1"]}
    assert last["wages_partly_paid"]["state"] == "breached"
    assert "wages_overdue" not in last
    assert load_legal_duties(world.store, day, []) == {}


def _deposit(world, number, project, until, status="stored"):
    world.add(
        "deposits",
        known_at="2024-01-02",
        deposit_id=number,
        project_id=project,
        kind="guarantee",
        status=status,
        valid_from="2024-01-01",
        valid_to=until,
    )


def test_deposit_advice_skips_deposits_with_a_successor(world):
    for project in ("P1", "P2", "P3", "P4", "P5"):
        world.project(project)
    world.project("P6", completed_on="2025-05-01")
    _deposit(world, "D1", "P1", "2025-06-20")
    _deposit(world, "D2", "P2", "2026-12-31")
    _deposit(world, "D3", "P3", "2025-06-20")
    _deposit(world, "D3-2", "P3", "2026-05-01")
    _deposit(world, "D4", "P4", "2025-03-01", "expired")
    _deposit(world, "D4-2", "P4", None)
    _deposit(world, "D5", "P5", "2025-03-01", "expired")
    _deposit(world, "D5-2", "P5", "2025-04-01", "returned")
    _deposit(world, "D5-3", "P5", None, "missing")
    _deposit(world, "D6", "P6", "2025-06-20")
    rows = load_deposit_advice(world.store, dt.date(2025, 6, 1))["ending"]
    assert [(one["deposit_id"], one["state"], one["days_left"]) for one in rows] == [
        ("D5-3", "missing", None),
        ("D5", "expired", -92),
        ("D1", "ending", 19),
        ("D3-2", "ending", 334),
    ]


def test_open_matters_list_arrears_until_a_case_or_visit(world):
    world.project("P1")
    world.project("P2")
    world.add(
        "inspections",
        known_at="2025-04-02",
        inspection_id="I0",
        project_id="P2",
        inspected_on="2025-01-05",
        kind="routine",
        arrears_found=False,
        rectify_by="2025-01-20",
        rectified_on="2025-01-15",
    )
    world.add(
        "inspections",
        known_at="2025-04-02",
        inspection_id="I1",
        project_id="P1",
        inspected_on="2025-03-05",
        kind="routine",
        arrears_found=True,
    )
    day = dt.date(2025, 6, 1)
    assert [(one["key"], one["kind"]) for one in open_matters(world.store, day)] == [
        ("inspection:I1", "finding")
    ]
    world.add(
        "cases",
        known_at="2025-04-02",
        case_id="A",
        project_id="P1",
        opened_on="2025-03-08",
        status="filed",
    )
    assert [one["key"] for one in open_matters(world.store, day)] == ["case:A"]


def test_open_matters_place_cases_of_organisations(world):
    world.add(
        "organizations",
        known_at="2025-04-02",
        org_id="O1",
        org_name="模拟纺织厂",
        region_code="990102",
    )
    world.add(
        "cases",
        known_at="2025-04-02",
        case_id="A",
        org_id="O1",
        opened_on="2025-03-08",
        status="filed",
    )
    row = open_matters(world.store, dt.date(2025, 6, 1))[0]
    assert (row["project_id"], row["region_code"], row["org_name"]) == (
        None,
        "990102",
        "模拟纺织厂",
    )
