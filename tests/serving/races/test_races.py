"""Blind races: sealed picks, the order of the visits, results by arm."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from risk.watchlist.sealed_document import seal
from serving.races.service import (
    PicksInvalid,
    RaceOpen,
    Visit,
    first_visits,
    make_race,
    order_of,
    parse_picks,
    race_result,
)

RANKED = [f"P-{number}" for number in range(1, 9)]


@pytest.fixture
def workspace(copy):
    """A copy of the office with lists."""
    return copy


def race(model, inspectors):
    order = sorted({*model, *inspectors})
    return seal({"list_digest": "d", "model": model, "inspectors": inspectors, "order": order})


def test_the_model_gets_as_many_picks_and_all_are_in_the_order_once():
    sealed = make_race(RANKED, ["P-2", "P-7", "P-8"], "digest", seed=5)
    document = json.loads(sealed.body)
    assert document["model"] == ["P-1", "P-2", "P-3"]
    assert sorted(order_of(sealed)) == ["P-1", "P-2", "P-3", "P-7", "P-8"]
    orders = {tuple(order_of(make_race(RANKED, ["P-7", "P-8"], "d", seed))) for seed in range(20)}
    assert len(orders) > 5


@pytest.mark.parametrize(("picks", "said"), [([], "–"), (["P-2", "P-9", "Q"], "P-9 \\(P-")])
def test_picks_that_were_not_scored_are_named(picks, said):
    with pytest.raises(PicksInvalid, match=said):
        make_race(RANKED, picks, "digest", seed=0)


def test_picks_are_the_first_column_without_its_heading():
    assert parse_picks('项目编号\tx\nP-1\tlate\n\n"P-2"\nP-1\n', ["项目编号"]) == ["P-1", "P-2"]


def test_picks_need_no_heading():
    assert parse_picks("P-1\nP-2", ["项目编号"]) == ["P-1", "P-2"]
    assert parse_picks("", ["项目编号"]) == parse_picks("项目编号", ["项目编号"]) == []


def test_of_an_unknown_pick_the_three_nearest_are_named():
    with pytest.raises(PicksInvalid) as raised:
        make_race(RANKED, ["P-9"], "digest", seed=0)
    assert raised.value.fields["problems"].count("P-") == 4  # itself and three others


def test_result_by_arm_counts_shared_projects_on_both_sides():
    sealed = race(["A", "B", "C", "D"], ["D", "E", "F", "G"])
    found = {"A", "B", "D"}
    visits = [Visit(name, name in found) for name in "ABCDEFG"]
    result = race_result(sealed, visits)
    model, inspectors = result.arms["model"], result.arms["inspectors"]
    assert (model.picks, model.visited, model.found) == (4, 4, 3)
    assert (inspectors.picks, inspectors.visited, inspectors.found) == (4, 4, 1)
    # Clopper-Pearson for 3 of 4.
    assert (model.low, model.high) == pytest.approx((0.1941, 0.9937), abs=1e-4)
    assert result.shared == 1
    # Fisher's exact test of 2 of 3 against 0 of 3: two tables of 20 a side as extreme or more.
    assert result.p_value == pytest.approx(0.4)
    assert result.visits_needed is not None


def test_an_open_race_answers_only_early():
    sealed = race(["A"], ["B"])
    with pytest.raises(RaceOpen) as refused:
        race_result(sealed, [Visit("A", arrears_found=True)])
    assert refused.value.fields == {"visited": 1, "total": 2}
    early = race_result(sealed, [Visit("A", arrears_found=True)], early=True)
    assert early.arms["inspectors"].share is None
    assert early.visits_needed is None


def test_only_the_first_visit_since_the_start_counts():
    day = dt.date(2026, 3, 2)
    before, after = day - dt.timedelta(days=1), day + dt.timedelta(days=4)
    rows = [("A", after, True), ("A", day, False), ("B", before, True)]
    assert first_visits(rows, day) == [Visit("A", arrears_found=False)]
    rows = [("A", after, False), ("A", day, True)]
    assert first_visits(rows, day) == [Visit("A", arrears_found=True)]


def test_a_race_by_command(wagewatch, tmp_path):
    listed = json.loads(wagewatch("watchlist", "--format", "json").stdout)
    picks = tmp_path / "picks.txt"
    picks.write_text("\n".join(entry["project_id"] for entry in listed["entries"][:2]), "utf-8")
    done = wagewatch("race", "start", "--picks", str(picks))
    assert done.returncode == 0
    order = done.stdout.split()
    assert len(order) >= 2
    assert wagewatch("race", "show", "1").stdout.split() == order
    assert wagewatch("race", "result", "1").returncode == 1
    result = json.loads(wagewatch("race", "result", "1", "--early", "--json").stdout)
    assert result["arms"]["inspectors"]["picks"] == 2
    assert wagewatch("race", "result", "2").returncode == 1
    assert "模型" in wagewatch("race", "result", "1", "--early").stdout
