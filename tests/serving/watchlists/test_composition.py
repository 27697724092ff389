"""What a list is made of: groups, reasons taken together, and what it shares with the last."""

from __future__ import annotations

import json
import re

import pytest

from serving.auth.roles import Role
from serving.cli.main import main
from serving.watchlists.composition import group_shares, reason_groups, stability

from ..site import add_user, copied, signed_in, site_of


def reason(feature, contribution, basis="fact"):
    return {"feature": feature, "contribution": contribution, "basis": basis}


def flag(code, grade):
    return {"code": code, "grade": grade, "title": {"zh": code, "en": code}}


def entry(project, township="990102001000", contractor="甲", reasons=(), flags=(), **more):
    return {
        "project_id": project,
        "region_code": township,
        "contractor_name": contractor,
        "tier": "yellow",
        "workers": None,
        "amount_owed": None,
        "reasons": list(reasons),
        "red_flags": list(flags),
        **more,
    }


def scored(project, region, probability, amount, sector="building"):
    return {
        "project_id": project,
        "region_code": region,
        "probability": probability,
        "sector": sector,
        "funding": None,
        "contract_amount": amount,
    }


SCORED = [
    scored("a", "990101100", 0.5, 1_000_000_000),
    scored("b", "990101200", 0.1, 1_000_000_001),
    scored("c", "990102100", 0.3, 10_000_000_001, "water"),
    scored("d", "990102200", 0.1, None, "water"),
]


def shares(attribute, listed=("a", "c"), rows=SCORED):
    found = [one for one in group_shares(rows, listed) if one.attribute == attribute]
    return {
        one.group: (one.scored, round(one.expected, 6), one.listed, round(one.proportionate, 6))
        for one in found
    }


def test_places_in_proportion_to_risk_by_hand():
    # Two places over 1.0 expected events: 0.6 of them in the first county, 0.4 in the second.
    assert shares("region") == {"990101": (2, 0.6, 1, 1.2), "990102": (2, 0.4, 1, 0.8)}
    assert shares("sector") == {"building": (2, 0.6, 1, 1.2), "water": (2, 0.4, 1, 0.8)}


def test_sizes_by_amount_and_unknown_attributes_are_groups_of_their_own():
    assert shares("size") == {
        "up_to_10m": (1, 0.5, 1, 1.0),
        "10m_to_100m": (1, 0.1, 0, 0.2),
        "over_100m": (1, 0.3, 1, 0.6),
        None: (1, 0.1, 0, 0.2),
    }
    assert shares("funding") == {None: (4, 1.0, 2, 2.0)}


def test_one_county_is_divided_into_townships():
    assert set(shares("region", rows=SCORED[:2])) == {"990101100", "990101200"}


def test_listed_projects_that_were_not_scored_take_no_place():
    assert shares("region", listed=("a", "elsewhere"))["990101"][3] == 0.6


def test_groups_of_nothing_scored_are_empty():
    assert group_shares([], ["a"]) == []


def test_reasons_of_a_contractor_are_counted_once_an_entry():
    entries = [
        entry(
            "a",
            tier="red",
            workers=30,
            amount_owed=1000.0,
            reasons=[
                reason("unpaid_share", 0.5),
                reason("unpaid_share", 0.2),
                reason("months", -0.9),
            ],
            flags=[flag("wages_overdue", "money"), flag("no_board", "papers")],
        ),
        entry(
            "b", workers=None, reasons=[reason("unpaid_share", 0.1), reason("tree", 2.0, "model")]
        ),
        entry("c", contractor="乙", tier="orange", workers=0),
        entry("d", contractor=None),
    ]
    first, second, unknown = reason_groups(entries, "contractor")
    assert (first.group, first.entries, first.urgent) == ("甲", 2, 1)
    assert (first.workers, first.amount_owed) == (30, 1000.0)
    assert [(one.code, one.entries) for one in first.reasons] == [("unpaid_share", 2)]
    assert [(one.code, one.entries) for one in first.red_flags] == [("wages_overdue", 1)]
    assert (second.group, second.urgent, second.workers, second.amount_owed) == ("乙", 1, 0, None)
    assert (unknown.group, unknown.workers) == (None, None)


def test_reasons_by_region_are_those_of_townships():
    entries = [entry("a", "990102001001"), entry("b", "990102001002"), entry("c", "990102002001")]
    assert [(one.group, one.entries) for one in reason_groups(entries, "region")] == [
        ("990102001", 2),
        ("990102002", 1),
    ]


def test_stability_by_hand():
    def listed(as_of, **reasons):
        rows = [
            entry(key, reasons=[reason(name, 1.0 - at / 10) for at, name in enumerate(names)])
            for key, names in reasons.items()
        ]
        return {"as_of": as_of, "entries": rows}

    # a: same three reasons in another order; b: one of three shared; c: nothing stated before.
    now = listed("2025-07-01", a="xyz", b="xyz", c="x", d="x")
    then = listed("2025-06-01", a="yxz", b="xpq", c="", e="x")
    found = stability(now, then)
    assert (found.previous, found.entries, found.remaining) == ("2025-06-01", 4, 3)
    assert (found.compared, found.same_first) == (2, 1)
    assert found.shared == pytest.approx((1 + 1 / 5) / 2)


def test_stability_of_a_list_with_nothing_in_common_has_no_share():
    none = stability(
        {"as_of": "2025-07-01", "entries": [entry("a")]}, {"as_of": "2025-06-01", "entries": []}
    )
    assert (none.remaining, none.compared, none.shared) == (0, 0, None)


def test_api_gives_the_composition_of_a_list(client, publish, token):
    publish()
    answer = client.get(
        "/v1/watchlists/latest/composition", params={"by": "contractor"}, headers=token("briefer")
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert sum(one["entries"] for one in found["reasons"]) == 4
    assert found["stability"] is None


def test_command_prints_groups_reasons_and_what_remains(office, capsys):
    main(["-w", str(office.root), "watchlist", "--by", "contractor", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    listed = sum(one["entries"] for one in found["reasons"])
    assert {one["attribute"] for one in found["groups"]} == {"region", "sector", "funding", "size"}
    for attribute in ("region", "sector", "funding", "size"):
        groups = [one for one in found["groups"] if one["attribute"] == attribute]
        assert sum(one["listed"] for one in groups) == listed
        assert sum(one["proportionate"] for one in groups) == pytest.approx(listed)
    main(["-w", str(office.root), "watchlist", "--by", "region"])
    printed = capsys.readouterr().out
    assert "按风险应占" in printed
    assert "按乡镇（街道）" in printed


def test_page_shows_the_part_of_the_region_only(office, tmp_path_factory):
    with site_of(copied(office, tmp_path_factory.mktemp("composition"))) as site:
        shown = places_on_page(site, "briefer")
        assert len(shown) > 1
        part = sorted(shown)[0]
        add_user(site.database, "local", Role.BRIEFER, part)
        assert places_on_page(site, "local") == {part}


def places_on_page(site, name):
    """The townships by which the page takes reasons together."""
    browser = signed_in(site.url, name)
    page = browser.get("/watchlist/composition").text
    browser.close()
    table = page[page.index("原因汇总") :]
    return set(re.findall(r'<th scope="row">(\d+)</th>', table))


def test_composition_of_a_region_without_lists_is_refused(client, publish, token):
    publish()
    answer = client.get("/v1/watchlists/2020-01-01/composition", headers=token("briefer"))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_published"
