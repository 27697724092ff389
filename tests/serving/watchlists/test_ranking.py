"""Lists that say when too little is known to rank them."""

from __future__ import annotations

import json

import pytest

from risk.locale import LANGUAGES, text
from serving.watchlists.ranking import ranking_notes, ranking_of
from serving.watchlists.texts import warnings


def document(probabilities, order="probability", selection="risk"):
    entries = [{"probability": p, "selection": selection} for p in probabilities]
    return {"entries": entries, "rules": {"policy": {"order": order}}}


@pytest.mark.parametrize(
    ("probabilities", "sufficiency", "tied"),
    [
        ([0.03] * 18, "unranked", 18),
        ([0.03, 0.03], "unranked", 2),
        ([0.03], "ranked", 0),
        ([], "ranked", 0),
        ([0.3, 0.2, 0.1], "ranked", 0),
        ([0.074] * 7 + [0.054] * 2 + [0.038] * 9, "partly", 18),
        ([0.3, 0.2, 0.1, 0.03, 0.03], "ranked", 2),
        ([0.3, 0.2, 0.03, 0.03, 0.03], "partly", 3),
        ([0.03, 0.03000001], "ranked", 0),
    ],
)
def test_ranking_of_counts_places_with_equal_scores(probabilities, sufficiency, tied):
    found = ranking_of(document(probabilities))
    assert (found.sufficiency, found.tied) == (sufficiency, tied)
    assert found.places == len(probabilities)


def test_ranking_of_leaves_out_random_and_obligatory_visits():
    entries = document([0.5, 0.03, 0.03])["entries"]
    entries[0]["selection"] = "must"
    assert ranking_of({**document([]), "entries": entries}).sufficiency == "unranked"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("order", ["probability", "probability_then_rules", "expected_workers"])
def test_notes_say_why_the_order_means_nothing_and_offer_others(language, order):
    (note,) = ranking_notes(ranking_of(document([0.03] * 18, order)), language)
    assert "3.0%" in note
    assert text("exports.ranking.offer", language) in note
    assert "--order" not in note  # the list is read on pages and paper, too
    assert "--order rules" in text("exports.ranking.orders_command", language)


@pytest.mark.parametrize("order", ["rules", "random"])
def test_lists_ordered_by_rules_or_at_random_need_no_note(order):
    assert ranking_notes(ranking_of(document([0.03] * 18, order)), "zh") == []


def test_warnings_name_it_first():
    sealed = {**document([0.03] * 5), "model": {"note": None}, "missing_feeds": []}
    assert warnings(sealed, "zh")[0].startswith("现有记录不足以排出先后：因风险列入的 5 个项目")
    assert warnings({**sealed, "entries": []}, "zh") == []


def test_api_says_whether_a_list_is_ranked(client, publish, token):
    publish()
    answer = client.get("/v1/watchlists/latest/ranking", headers=token("briefer"))
    assert answer.status_code == 200, answer.text
    listed = client.get("/v1/watchlists/latest", headers=token("briefer")).json()
    found = answer.json()
    assert found["sufficiency"] == "ranked"
    assert found["places"] == sum(e["selection"] == "risk" for e in listed["entries"])
    assert json.dumps(listed).count("sufficiency") == 0
