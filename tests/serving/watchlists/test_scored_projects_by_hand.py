"""Which scored projects a query finds, in which order: six rows on the edges."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert

from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.tables import DEPOSIT_ROWS, SCORED_PROJECTS
from serving.deposits.repository import DepositRows
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.scored_projects import ScoredProjects

EAST = Principal("e", "e", Role.INSPECTOR, "990102")
ROWS = (
    # id, region, rank, tier, probability, contractor, owner, place, owed
    ("P/3", "990102001", 2, "red", 0.5, "C1", "O1", (30.0, 110.0), 7),
    ("P/1", "990102001", None, "red", 0.5, "C1", "O2", (30.0, None), 0),
    ("P/2", "990102002", 1, "blue", 0.7, "C2", "C1", (31.0, 111.0), None),
    ("P/0", "990102002", None, "blue", 0.9, "O1", "C2", (32.0, 112.0), 5),
    ("p/4", "990103001", 3, "red", 0.8, "C1", "O1", (33.0, 113.0), 11),
    ("P/5", None, None, "red", 0.1, "C1", "O1", (None, 114.0), 1),
)


def _row(list_id, row):
    number, region, rank, tier, probability, contractor, owner, place, owed = row
    return {
        **{"watchlist_id": list_id, "project_id": number, "region_code": region, "rank": rank},
        **{"tier": tier, "probability": probability, "project_name": None},
        **{"contractor_id": contractor, "owner_id": owner},
        **{"latitude": place[0], "longitude": place[1], "amount_owed": owed},
        **{"owed_teams": None if owed is None else 1, "owed_since": dt.date(2025, 2, 1)},
        **{"contractor_name": f"Ｃ司{number}", "owner_name": "甲 a"},
        **{"search": f"{number}\nｃ司{number}".casefold()},
    }


@pytest.fixture
def summary(database, publish):
    """The newer of two lists; the older has a project that no query may find."""
    for as_of in (dt.date(2025, 5, 1), dt.date(2025, 6, 1)):
        publish(as_of)
    lists = WatchlistRepository(database)
    summary = next(one for one in lists.summaries() if one.as_of == dt.date(2025, 6, 1))
    newer, older = (lists.sealed_id(dt.date(2025, month, 1), "") for month in (6, 5))
    rows = [_row(newer, one) for one in ROWS]
    rows.append(_row(older, ("P/9", *ROWS[0][1:])))
    with writing(database.engine).begin() as connection:
        connection.execute(insert(SCORED_PROJECTS), rows)
    return summary


@pytest.fixture
def east(database, summary):
    return ScoredProjects(database, summary, EAST)


@pytest.fixture
def every(database, summary):
    return ScoredProjects(database, summary, OFFICE)


def ids(rows):
    return [row["project_id"] for row in rows]


def test_search_orders_by_probability_then_by_code_and_counts_all(east, every):
    assert (east.search("", "", 9)[0], ids(east.search("", "", 9)[1])) == (
        4,
        ["P/0", "P/2", "P/1", "P/3"],
    )
    found, first = every.search("", "red", 2)
    assert (found, ids(first)) == (4, ["p/4", "P/1"])
    assert every.search(" P/4 ", "", 1)[0] == 1
    assert every.search("P/4", "blue", 5) == (0, [])
    assert every.search("甲 A", "", 1)[0] == 6
    assert ids(every.search("Ｃ司p/2", "", 9)[1]) == ["P/2"]


def test_totals_count_by_tier_and_add_what_is_known(east, every):
    assert east.totals() == ({"red": 2, "blue": 2}, 12)
    assert every.totals() == ({"red": 4, "blue": 2}, 24)
    assert every.tiers() == {"red": 4, "blue": 2}


def test_rows_by_id_are_those_of_region_and_list(east):
    assert sorted(east.by_id(["P/0", "P/9", "p/4", "P/3"])) == ["P/0", "P/3"]


def test_names_are_searched_letter_for_letter_and_the_code_where_there_is_none(east, every):
    assert every.named("P/", 9) == ["P/0", "P/1", "P/2", "P/3", "P/5"]
    assert east.named("P/", 2) == ["P/0", "P/1"]


def test_owed_are_amounts_above_nothing_of_the_asked(east):
    assert east.owed(["P/0", "P/1", "P/2", "p/4"]) == {
        "P/0": {
            **{"amount": 5, "teams": 1, "workers": None, "largest": None},
            **{"since": "2025-02-01", "due_since": None},
        }
    }


def test_projects_of_a_party_are_those_in_its_role_besides_one(east, every):
    assert ids(every.of_party("contractor_id", "C1", "P/3", 9)) == ["p/4", "P/1", "P/5"]
    assert ids(east.of_party("owner_id", "C1", "", 9)) == ["P/2"]
    assert ids(every.of_party("owner_id", "O1", "", 2)) == ["p/4", "P/3"]


def test_listed_and_placed_projects(east, every):
    assert ids(every.listed(2)) == ["P/2", "P/3"]
    assert ids(east.listed(9)) == ["P/2", "P/3"]
    assert [row.project_id for row in every.placed()] == ["p/4", "P/2", "P/3", "P/0"]


DEPOSITS = (
    # part, position, region, code, days_left, search
    ("ending", 2, "990102001", "ending", 30, "甲公司 c1"),
    ("ending", 1, "990102002", "ending", 31, "乙公司 c2"),
    ("ending", 3, "990102002", "expired", -4, "丙公司 c1"),
    ("ending", 4, "990103001", "missing", None, "丁公司 c1"),
    ("advice", 1, "990102001", None, None, "甲公司"),
    ("advice", 2, "990102001", "no_table", None, "甲公司"),
    ("advice", 3, "990102001", "raise", None, "甲公司"),
)


def test_deposits_are_found_by_part_region_step_and_days(database, summary):
    number = WatchlistRepository(database).sealed_id(summary.as_of, "")
    names = ("part", "position", "region_code", "code", "days_left", "search")
    rows = [
        {
            **dict(zip(names, one, strict=True)),
            "watchlist_id": number,
            "body": f'{{"at": {one[1]}}}'.encode(),
        }
        for one in DEPOSITS
    ]
    with writing(database.engine).begin() as connection:
        connection.execute(insert(DEPOSIT_ROWS), rows)
    east = DepositRows(database, summary, EAST)
    every = DepositRows(database, summary, OFFICE)

    def found(rows, part, *where, limit=None):
        count, bodies = rows.page(part, where, limit)
        return count, [one["at"] for one in bodies]

    assert found(every, "ending") == (4, [1, 2, 3, 4])
    assert found(east, "ending", limit=2) == (3, [1, 2])
    assert found(east, "ending", limit=3) == (3, [1, 2, 3])
    assert every.page("ending", (), 3, 3) == (4, [{"at": 4}])
    assert every.page("ending", (), 2, 1) == (4, [{"at": 2}, {"at": 3}])
    assert list(east.each("ending", [east.named("C1")])) == [{"at": 2}, {"at": 3}]
    assert found(every, "ending", every.within_days(30)) == (3, [2, 3, 4])
    assert found(every, "ending", every.of_region("990102")) == (3, [1, 2, 3])
    assert found(every, "ending", every.named(" C1 ")) == (3, [2, 3, 4])
    assert found(every, "advice", every.with_step("no_table")) == (1, [1])
    assert found(every, "advice", every.with_step("raise")) == (1, [3])
