"""Whole worlds of records: a county's messy books, a prefecture's clean ones, a real state's."""

import datetime as dt
import json

import pytest

from risk.intake.importer import import_into

from ...conftest import thorough
from ...empty_store import empty_store

TODAY = dt.date(2026, 3, 1)


@thorough
def test_a_countys_books_lose_nothing_but_the_planted_rows(store, samples):
    folder = samples / "county"
    planted = json.loads((folder / "bad.json").read_text(encoding="utf-8"))
    report = import_into(store, [folder], today=TODAY)
    assert report.failed == ()
    assert {
        name: {"good": total.accepted + total.repeated, "bad": total.quarantined}
        for name, total in report.tables.items()
    } == planted
    assert sum(total.waiting for total in report.tables.values()) == 0


@thorough
def test_a_second_import_of_a_county_repeats_everything(samples):
    with empty_store() as store:
        digests = []
        for _ in range(2):
            report = import_into(store, [samples / "county"], today=TODAY)
            quarantine = store.rows("SELECT count(*), sum(hash(id)) FROM quarantine")
            digests.append((store.digest(dt.date(2099, 1, 1)), quarantine))
    assert digests[0] == digests[1]
    assert sum(total.accepted for total in report.tables.values()) == 0


@pytest.mark.parametrize("table", ["projects", "contracts", "deposits", "inspections", "cases"])
def test_a_prefectures_parquet_is_clean(store, samples, table):
    report = import_into(store, [samples / "prefecture" / f"{table}.parquet"], today=TODAY)
    assert report.failed == ()
    total = report.tables[table]
    assert (total.quarantined, total.accepted) == (0, total.read)


def test_real_complaints_of_a_state(store, public_data):
    report = import_into(store, [public_data / "washington"], today=TODAY)
    assert report.failed == ()
    assert {name: total.accepted for name, total in report.tables.items()} == {
        "projects": 12_021,
        "complaints": 20_597,
        "cases": 41_194,
    }
