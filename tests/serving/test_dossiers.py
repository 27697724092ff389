"""What pages show of the records: gathered as known before the list's date, kept with it."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import pytest

from risk.records import RecordStore
from serving.access.principal import OFFICE, Principal
from serving.access.roles import Role
from serving.database.dossiers import dossier, register
from serving.database.service import ServiceDatabase
from serving.dossiers.gathering import gather_dossiers
from serving.publishing import Office, Order, assemble, beside, gather
from serving.settings import load_settings

from .conftest import LISTS

AS_OF = LISTS[-1]


def _quiet(step: str, share: float) -> None:
    pass


@pytest.fixture(scope="module")
def published(office):
    """(database, publication, dossiers, records) of the newest list of the office."""
    with (
        ServiceDatabase(f"sqlite:///{office.service_database}") as database,
        RecordStore(office.records, read_only=True) as store,
    ):
        settings = load_settings(office)
        opened = Office(office, store, database, settings)
        material = gather(opened, Order(AS_OF, 8, "", "test"), _quiet)
        publication = assemble(material)
        yield database, publication, beside(opened, material, publication).dossiers, store


def test_every_scored_project_has_a_dossier_and_a_line(published):
    database, publication, _, _ = published
    kept = register(database.engine, AS_OF)
    assert kept is not None
    scored = {risk.assessment.project_id for risk in publication.risks}
    assert {row["project_id"] for row in kept.document["projects"]} == scored
    assert [r["rank"] for r in sorted(kept.document["projects"], key=lambda r: r["rank"] or 99)][
        :8
    ] == list(range(1, 9))
    for project_id in scored:
        found = dossier(database.engine, project_id, AS_OF, OFFICE)
        assert found is not None
        assert found["facts"]["project_id"] == project_id
        assert project_id not in found["similar"]
        assert set(found["similar"]) <= scored


def test_reasons_open_the_records_behind_them(published):
    database, publication, _, _ = published
    missing = 0
    refs = 0
    for risk in publication.risks:
        found = dossier(database.engine, risk.assessment.project_id, AS_OF, OFFICE)
        for reason in (*risk.assessment.reasons, *risk.assessment.red_flags):
            for ref in reason.evidence:
                refs += 1
                record = found["records"].get(f"{ref.table}/{ref.record_id}")
                missing += record is None
                assert record is None or record["fields"]["known_at"] < AS_OF.isoformat()
    assert refs > 100
    assert missing == 0


def test_only_what_was_known_before_the_date_is_in_it(published, office, tmp_path):
    _, publication, found, _ = published
    copy = tmp_path / "records.duckdb"
    shutil.copyfile(office.records, copy)
    with RecordStore(copy) as later:
        for feed in later.feeds():
            later.connection.execute(f"DELETE FROM {feed.table} WHERE known_at >= ?", [AS_OF])
        again = gather_dossiers(later, publication, {})
    bare = {
        key: {**one, "levers": []} for key, one in json.loads(json.dumps(found.dossiers)).items()
    }
    assert json.loads(json.dumps(again.dossiers)) == bare
    assert again.register == found.register


def test_a_dossier_is_seen_in_its_region_alone(published):
    database, publication, _, _ = published
    one = publication.risks[0].assessment
    inside = Principal("t", "t", Role.INSPECTOR, one.region_code)
    outside = Principal("t", "t", Role.INSPECTOR, "11")
    assert dossier(database.engine, one.project_id, AS_OF, inside)
    assert dossier(database.engine, one.project_id, AS_OF, outside) is None
    assert register(database.engine, AS_OF, "", outside) is not None
    assert register(database.engine, dt.date(2020, 1, 1)) is None


def test_money_series_are_of_one_length(published):
    _, _, found, _ = published
    with_money = [one["money"] for one in found.dossiers.values() if one["money"]]
    assert with_money
    for series in with_money:
        assert len({len(values) for values in series.values()}) == 1
        assert len(series["months"]) <= 24
