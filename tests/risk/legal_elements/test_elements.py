"""Elements stay three-valued: shown, shown otherwise, or unknown."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.legal_elements import elements_of, has_open_matter, read_standards

AS_OF = dt.date(2025, 6, 1)


def _handling(case=None, order=None):
    whole = {
        "case_id": "A1",
        "status": "confirmed",
        "opened_on": "2025-03-01",
        "closed_on": None,
        "workers": 12,
        "amount_owed": 12_000_000,
        "amount_recovered": 0,
    }
    made = {
        "inspection_id": "J1",
        "inspected_on": "2025-03-02",
        "arrears_found": True,
        "workers_owed": 12,
        "amount_owed": 12_000_000,
        "rectify_by": "2025-03-20",
        "rectified_on": None,
    }
    return {
        "cases": [] if case is None else [{**whole, **case}],
        "inspections": [] if order is None else [{**made, **order}],
    }


def _standings(handling, region="990101", as_of=AS_OF, kind="crime"):
    return {
        one.code: (one.standing, one.reason) for one in elements_of(kind, handling, region, as_of)
    }


def test_elements_without_records_are_unknown():
    found = _standings(_handling({}, {}))
    assert found["order_served"][0] == found["able_or_fled"][0] == "unknown"
    assert found["arrears_confirmed"][0] == found["extent"][0] == "shown"
    assert found["amount"] == ("shown", "national_above")
    assert found["still_unpaid"] == ("shown", "left")


def test_elements_of_nothing_are_never_shown():
    assert {s for s, _ in _standings(None).values()} == {"unknown"}
    assert not has_open_matter(None)


@pytest.mark.parametrize(
    ("region", "amount", "standing"),
    [
        ("990101", 5_000_000, ("unknown", "national_near")),
        ("990101", 2_000_000, ("otherwise", "national_below")),
        ("430101", 4_000_000, ("shown", "local_above")),
        ("430101", 3_999_999, ("otherwise", "local_below")),
        ("420301", 4_000_000, ("unknown", "local_near")),
        ("420322101", 3_000_000, ("shown", "local_above")),
    ],
)
def test_the_amount_against_the_closest_standard(region, amount, standing):
    assert _standings(_handling({"amount_owed": amount}), region)["amount"] == standing


def test_amount_of_few_workers_is_bounded_by_the_total():
    few = {"workers": 4}
    assert _standings(_handling({**few, "amount_owed": 499_999}))["amount"][0] == "otherwise"
    assert _standings(_handling({**few, "amount_owed": 8_000_000}))["amount"][0] == "shown"
    assert _standings(_handling({**few, "amount_owed": 7_999_999}))["amount"][0] == "unknown"
    assert _standings(_handling(few))["extent"][0] == "unknown"


def test_the_deadline_and_payment():
    assert (
        _standings(_handling(None, {"rectify_by": "2025-06-01"}))["deadline_passed"][0]
        == "otherwise"
    )
    assert (
        _standings(_handling(None, {"rectify_by": "2025-05-31"}))["deadline_passed"][0] == "shown"
    )
    silent = _standings(_handling({"amount_recovered": None}))
    assert silent["still_unpaid"][0] == "unknown"
    paid = _standings(_handling({"amount_recovered": 12_000_000}))
    assert paid["still_unpaid"][0] == "otherwise"


def test_a_closed_case_is_no_open_matter():
    closed = _handling({"status": "closed", "closed_on": "2025-05-01"})
    assert not has_open_matter(closed)
    assert _standings(closed)["arrears_confirmed"] == ("otherwise", "settled")


def test_the_listing_was_not_there_before_2022():
    assert "in_force" in _standings(_handling({}), as_of=dt.date(2021, 12, 1), kind="listing")
    assert _standings(_handling({}), kind="listing")["group_incident"][0] == "unknown"


def test_every_standard_is_a_range_with_its_source():
    standards = read_standards().standards
    assert len(standards) > 3
    for standard in standards:
        assert 0 < standard.single[0] <= standard.single[1] <= 2_000_000
        assert 3_000_000 <= standard.group[0] <= standard.group[1] <= 10_000_000
        assert standard.source
        assert standard.certainty in ("primary", "two_sources", "one_page")
