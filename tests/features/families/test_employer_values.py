"""Features of employers outside construction, from the same tables and the same SQL."""

from __future__ import annotations

import datetime as dt

import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.flags import red_flags
from risk.store.store import known_kinds
from training.dataset.labels import event_log

from .conftest import feature_value

AS_OF = dt.date(2024, 7, 1)
SHOP = "91420300MA00000001"


@pytest.fixture
def shop(world):
    """A workshop and a project, and an organisation that builds."""
    world.project(contractor_id="BUILDER")
    organisation = {"org_name": "某厂", "known_at": "2024-01-02"}
    world.add("organizations", org_id=SHOP, org_kind="employer", **organisation)
    world.add("organizations", org_id="BUILDER", org_kind="general_contractor", **organisation)
    return world


def value(world, name, as_of=AS_OF):
    return feature_value(world.store.for_kind("employer"), name, SHOP, as_of)


def meter(world, indicator, values):
    for month, amount in enumerate(values, start=13 - len(values)):
        period = dt.date(2023 + (month + 5) // 12, (month + 5) % 12 + 1, 1)
        world.add(
            "operations",
            org_id=SHOP,
            period=period,
            indicator=indicator,
            value=amount,
            known_at=period + dt.timedelta(days=25),
        )


def case(world, number, day, **values):
    row = {"case_id": number, "opened_on": day, "known_at": day, "org_id": SHOP}
    world.add("cases", **{**row, "status": "confirmed", **values})


def test_only_employers_are_in_their_cohort_and_only_projects_in_theirs(shop):
    assert feature_matrix(shop.store.for_kind("employer"), [AS_OF]).project_ids == (SHOP,)
    assert feature_matrix(shop.store, [AS_OF]).project_ids == ("P1",)
    assert known_kinds(shop.store, AS_OF) == ["project", "employer"]
    assert known_kinds(shop.store, dt.date(2024, 1, 2)) == ["project"]


def test_every_feature_of_employers_is_computed(shop):
    matrix = feature_matrix(shop.store.for_kind("employer"), [AS_OF])
    assert matrix.columns == tuple(feature.name for feature in FEATURE_SETS["employer"].features)
    assert matrix.kind == "employer"
    assert FEATURE_SETS["project"].feeds() == tuple(TABLES)
    assert set(FEATURE_SETS["employer"].feeds()) == {
        *("organizations", "operations", "complaints", "cases", "inspections", "listings")
    }


def test_utility_ratios_show_a_fall(shop):
    meter(shop, "electricity", [100] * 9 + [50, 50, 20])
    meter(shop, "overdue_loans", [0] * 10 + [5, 5])
    assert value(shop, "electricity_ratio") == pytest.approx(40 / 100)
    assert value(shop, "electricity_last_ratio") == pytest.approx(20 / (500 / 6))
    assert value(shop, "overdue_months") == 2
    assert value(shop, "falling_indicators") == 1


def test_a_case_of_the_employer_is_its_event_and_no_projects(shop):
    case(
        shop, "A1", "2024-03-01", status="closed", confirmed_on="2024-03-10", closed_on="2024-04-01"
    )
    case(shop, "A2", "2024-03-01", org_id="BUILDER", project_id="P1", confirmed_on="2024-03-10")
    assert list(event_log(shop.store.for_kind("employer"), AS_OF).days) == [SHOP]
    assert list(event_log(shop.store, AS_OF).days) == ["P1"]
    assert value(shop, "events_365d") == 1


def test_an_employer_with_a_confirmed_case_open_is_not_scored(shop):
    case(shop, "A1", "2024-03-01")
    assert feature_matrix(shop.store.for_kind("employer"), [AS_OF]).project_ids == ()


def test_a_visit_names_the_employer_by_its_credit_code(shop):
    shop.add("inspections", inspection_id="V1", project_id=SHOP, inspected_on="2024-05-01",
             arrears_found=True, known_at="2024-05-02")  # fmt: skip
    shop.add("inspections", inspection_id="V2", project_id="P1", inspected_on="2024-05-01",
             arrears_found=True, known_at="2024-05-02")  # fmt: skip
    assert value(shop, "last_inspection_found") == 1
    assert list(event_log(shop.store.for_kind("employer"), AS_OF).days) == [SHOP]


def test_a_complaint_counts_once_a_person_linked_it(shop):
    shop.add("complaints", complaint_id="C1", received_on="2024-06-01", employer_text="某厂",
             workers=12, known_at="2024-06-02")  # fmt: skip
    assert value(shop, "complaints_90d") == 0
    shop.add("links", complaint_id="C1", decision="linked", org_id=SHOP, decided_on="2024-06-10",
             known_at="2024-06-10")  # fmt: skip
    assert value(shop, "complaints_90d") == 1
    assert value(shop, "complaints_90d", dt.date(2024, 6, 10)) == 0
    assert value(shop, "complaint_workers_365d") == 12


def test_records_of_an_employer_count_from_the_day_it_is_known(world):
    case(
        world,
        "A1",
        "2023-03-01",
        status="closed",
        confirmed_on="2023-03-10",
        closed_on="2023-04-01",
    )
    world.add("organizations", org_id=SHOP, org_name="某厂", org_kind="employer",
              known_at="2024-06-01")  # fmt: skip
    store = world.store.for_kind("employer")
    assert event_log(store, dt.date(2024, 6, 1)).days == {}
    assert list(event_log(store, AS_OF).days) == [SHOP]


def test_the_duties_of_a_site_raise_no_flag_on_a_workshop(shop):
    shop.add("complaints", complaint_id="C1", received_on="2024-04-01", workers=30,
             known_at="2024-04-01")  # fmt: skip
    shop.add("links", complaint_id="C1", decision="linked", org_id=SHOP, decided_on="2024-04-02",
             known_at="2024-04-02")  # fmt: skip
    case(shop, "OTHER", "2024-01-10", org_id="SOMEBODY", project_id="P1", status="filed")
    case(shop, "OWN", "2024-01-10", status="filed")
    found = red_flags(shop.store.for_kind("employer"), AS_OF)
    assert {flag.code for flags in found.values() for flag in flags} <= {"group_complaint_open"}
    assert set(found) <= {SHOP}


def test_the_region_of_registration_stands_in_where_none_is_given(shop):
    store = shop.store.for_kind("employer")
    assert store.rows("SELECT region_code FROM projects") == [("420300",)]
