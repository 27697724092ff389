"""Of which list the model's picks are, in which order, and which race is found."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from benchmarks.publications import publication
from risk.watchlist.sealed_document import seal
from serving.db.engine import writing
from serving.publishing.repository import store_publication
from serving.races.repository import RaceHead, RaceUnknown, add_race, get_race, ranked_projects

JUNE = dt.date(2025, 6, 1)
NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def engine(database):
    """Lists of other days, regions and kinds hold other projects."""
    for as_of, region, kind, names in (
        (JUNE, "", "project", {"p-1": 0.5, "P-2": 0.5, "P-10": 0.5, "P-3": 0.75, "P-4": 0.25}),
        (JUNE, "9901", "project", {"P-5": 0.5}),
        (JUNE, "", "employer", {"P-6": 0.5}),
        (dt.date(2025, 5, 1), "", "project", {"P-7": 0.5}),
    ):
        made = publication(as_of, listed=0, cohort=len(names), region=region)
        risks = tuple(
            replace(
                risk, assessment=replace(risk.assessment, project_id=name, probability=probability)
            )
            for risk, (name, probability) in zip(made.risks, names.items(), strict=True)
        )
        made = replace(made, header=replace(made.header, kind=kind), risks=risks)
        store_publication(database, made.seal(), published_at=NOON, published_by="x")
    return database.engine


def test_projects_of_a_list_by_probability_and_of_equal_ones_by_code(engine):
    assert ranked_projects(engine, JUNE, "", "project") == ["P-3", "P-10", "P-2", "p-1", "P-4"]
    assert ranked_projects(engine, JUNE, "9901", "project") == ["P-5"]
    assert ranked_projects(engine, JUNE, "", "employer") == ["P-6"]
    assert ranked_projects(engine, dt.date(2025, 5, 1), "", "project") == ["P-7"]
    assert ranked_projects(engine, dt.date(2025, 5, 2), "", "project") == []


def test_a_race_is_found_by_its_number(database):
    heads = [RaceHead(JUNE, region, "project", "李", NOON) for region in ("", "9901")]
    sealed = [seal({"order": [number]}) for number in range(2)]
    with pytest.raises(RaceUnknown) as raised:
        get_race(database.engine, 1)
    assert raised.value.fields == {"number": 1, "known": "–"}
    with writing(database.engine).begin() as connection:
        numbers = [add_race(connection, *one) for one in zip(heads, sealed, strict=True)]
    assert numbers == [1, 2]
    for number, head, document in zip(numbers, heads, sealed, strict=True):
        found = get_race(database.engine, number)
        assert (found.number, found.head, found.sealed) == (number, head, document)
    with pytest.raises(RaceUnknown) as raised:
        get_race(database.engine, 3)
    assert raised.value.fields == {"number": 3, "known": "1, 2"}
