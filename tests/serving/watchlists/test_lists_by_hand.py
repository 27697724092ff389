"""Dossiers, case files, scores and deposits of two lists: which list and which rows are read."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from benchmarks.publications import publication
from benchmarks.registers import snapshot
from serving.auth.principal import OFFICE
from serving.deposits.repository import DepositRows
from serving.publishing.repository import store_publication
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.scored_projects import ScoredProjects
from serving.watchlists.snapshot_repository import load_case_file, load_dossier

from ..conftest import make_extras

MAY, JUNE = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
OWED = {
    **{"teams": 2, "workers": None, "largest": "木工班"},
    **{"since": "2025-02-01", "due_since": "2025-03-15"},
}


@pytest.fixture
def lists(database):
    """Lists of May and June, with a dossier of P-00000 and a case file of P-X.

    P-00000 owes nothing, P-00001 one fen, P-00002 two.
    """
    for as_of in (MAY, JUNE):
        made = publication(as_of, listed=2, cohort=3)
        found = snapshot(made)
        dossiers = {**found.dossiers}
        dossiers["P-00000"] = {**dossiers["P-00000"], "as_of": as_of.isoformat()}
        dossiers["P-X"] = {"unscored": {"region_code": "", "as_of": as_of.isoformat()}}
        for number, row in enumerate(found.register["projects"]):
            row["owed"] = {"amount": number, **OWED}
        extras = replace(make_extras(), snapshot=replace(found, dossiers=dossiers))
        moment = dt.datetime.combine(as_of, dt.time(8), dt.UTC)
        store_publication(
            database, made.seal(), published_at=moment, published_by="x", extras=extras
        )
    return database


@pytest.mark.parametrize("as_of", [MAY, JUNE])
def test_the_dossier_is_of_the_list_of_the_day(lists, as_of):
    found = load_dossier(lists.engine, "P-00000", as_of, OFFICE)
    assert found is not None
    assert found["as_of"] == as_of.isoformat()
    assert load_dossier(lists.engine, "P-00000", as_of + dt.timedelta(1), OFFICE) is None


@pytest.mark.parametrize(("asked", "read"), [(None, JUNE), (MAY, MAY), (JUNE, JUNE)])
def test_the_case_file_is_of_the_newest_list_or_of_that_of_the_day(lists, asked, read):
    found = load_case_file(lists.engine, "P-X", asked, OFFICE)
    assert found is not None
    assert found["as_of"] == read.isoformat()
    assert load_case_file(lists.engine, "P-00000", asked, OFFICE) is None


def test_scores_of_a_day_without_a_list_are_none_of_another_day(lists):
    repository = WatchlistRepository(lists)
    names = ["P-00000", "P-00001"]
    for as_of in (MAY, JUNE):
        found = repository.scores(names, as_of)
        assert [found[name].as_of for name in names] == [as_of, as_of]
    assert {score.as_of for score in repository.scores(names, None).values()} == {JUNE}


def test_scores_of_a_project_are_newest_first(database):
    """Two regions have a list of June; the one published later comes first."""
    for as_of, region in ((JUNE, "9901"), (MAY, ""), (JUNE, "")):
        made = publication(as_of, listed=2, cohort=3, region=region)
        moment = dt.datetime(2025, 6, 2, tzinfo=dt.UTC)
        store_publication(database, made.seal(), published_at=moment, published_by="x")
    scores = WatchlistRepository(database).score_history("P-00000")
    found = [(score.as_of, score.region) for score in scores]
    assert found == [(JUNE, ""), (JUNE, "9901"), (MAY, "")]


def test_a_project_that_owes_one_fen_owes(lists):
    projects = ScoredProjects(lists, WatchlistRepository(lists).summaries()[0], OFFICE)
    assert projects.owed(["P-00000", "P-00001"]) == {"P-00001": {"amount": 1, **OWED}}


def test_signs_of_patterns_in_a_region_are_no_patterns(lists):
    rows = DepositRows(lists, WatchlistRepository(lists).summaries()[0], OFFICE)
    every, _ = rows.page("ending")
    assert rows.page("ending", [rows.of_region("99")])[0] == every > 0
    for pattern in ("%", "9901__", "99%"):
        assert rows.page("ending", [rows.of_region(pattern)]) == (0, [])
