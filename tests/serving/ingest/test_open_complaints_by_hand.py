"""How many complaints await a project, and how many are too many to compare."""

import datetime as dt

import pytest

from serving.ingest import open_complaints
from serving.ingest.open_complaints import open_complaint_counts

DAY = dt.date(2025, 3, 1)


@pytest.fixture
def complain(world):
    def run(number, known_at="2025-02-02", **values):
        row = {"complaint_id": number, "received_on": "2025-02-01", "known_at": known_at}
        world.add("complaints", **row, **values)

    return run


def test_open_complaints_and_those_that_name_one_project(store, world, complain):
    assert open_complaint_counts(store, DAY) == {"without_project": 0, "naming_one_project": 0}
    world.project(project_name="青石河安置房工程")
    complain("T1", project_text="青石河安置房工程")
    complain("T2")
    complain("T3", project_id="P1")
    complain("T4", known_at="2025-03-01")
    assert open_complaint_counts(store, DAY) == {"without_project": 2, "naming_one_project": 1}


def test_of_too_many_open_ones_only_the_number_is_given(store, complain, monkeypatch):
    monkeypatch.setattr(open_complaints, "MOST_COMPARED", 1)
    complain("T1")
    complain("T1", known_at="2025-02-03", project_text="甲")
    complain("T2", project_id="P1")
    assert open_complaint_counts(store, DAY) == {"without_project": 1, "naming_one_project": 0}
    complain("T3")
    assert open_complaint_counts(store, DAY) == {"without_project": 2, "naming_one_project": None}
