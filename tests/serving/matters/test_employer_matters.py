"""Matters from lists of employers: beside those of projects, by the same rules."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from serving.app import create_app
from serving.auth.principal import OFFICE, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.matters.queries import current_states
from serving.matters.repository import all_matters
from serving.matters.rules import matter_rules
from serving.matters.state import state_on
from serving.matters.steps import StepRequest, apply_step
from serving.matters.sync import sync_from_lists
from serving.settings import MatterSettings, Settings

from ..conftest import NO_TLS, key, served
from ..site import PASSWORD, add_user
from .builders import JUNE, MAY, matter, publish_register

NOW = dt.datetime(2025, 6, 2, 9, tzinfo=dt.UTC)
TODAY = dt.date(2025, 6, 2)
SETTINGS = Settings(matters=MatterSettings(alerts=("red",)))
RULES = matter_rules(SETTINGS.matters)
JULY = dt.date(2025, 7, 1)
ALERT = "alert:E/000:2025-06-01"


def order(number, project_id="E/000", **fields):
    """An order to an employer, as the register of a list of employers has it."""
    row = matter(f"inspection:{number}", "rectification", **fields)
    return {**row, "project_id": project_id, "project_name": "模拟茶厂"}


@pytest.fixture
def lists(database):
    """A list of projects and one of employers of the same day, the employers' published last."""
    publish_register(database, matters=[matter("case:A")])
    # The case stands in the employers' world too, under the employer; the projects' list has it.
    same = {**matter("case:A"), "project_id": "E/000"}
    publish_register(database, kind="employer", matters=[same, order("I1")])
    sync_from_lists(database, RULES, NOW)
    return database


def known(database, who=OFFICE):
    return {one.key: one for one in all_matters(database.engine, who)}


def test_sync_opens_matters_of_both_lists_of_a_day(lists):
    found = known(lists)
    assert set(found) == {"case:A", "alert:P/000:2025-06-01", ALERT, "inspection:I1"}
    for one in (found[ALERT], found["inspection:I1"]):
        assert (one.employer, one.facts.org_id, one.facts.project_id) == ("E/000", "E/000", None)
    assert found["inspection:I1"].facts.name == "模拟茶厂"
    assert found["case:A"].facts.project_id == "P/100"
    assert found["alert:P/000:2025-06-01"].employer is None
    assert sync_from_lists(lists, RULES, NOW) == 0


def test_sync_processes_a_list_of_employers_alone(database):
    publish_register(database, kind="employer")
    assert sync_from_lists(database, RULES, NOW) == 1
    assert set(known(database)) == {ALERT}


def test_sync_opens_no_second_alert(lists):
    publish_register(lists, JULY, kind="employer", matters=[order("I1")])
    assert sync_from_lists(lists, RULES, NOW) == 0


def test_sync_of_one_kind_does_not_close_the_other(lists):
    publish_register(lists, JULY, matters=[matter("case:A")])
    sync_from_lists(lists, RULES, NOW)
    assert not state_on(known(lists)["inspection:I1"], RULES, JULY).closed
    publish_register(lists, JULY, kind="employer")
    sync_from_lists(lists, RULES, NOW)
    found = {key: state_on(one, RULES, JULY) for key, one in known(lists).items()}
    assert found["inspection:I1"].reason == "records"
    assert not found["case:A"].closed


def test_sync_uses_only_the_newest_list_of_a_kind(database):
    publish_register(database, MAY, kind="employer", matters=[order("OLD")])
    publish_register(database, JUNE, kind="employer", matters=[order("NEW")])
    publish_register(database, MAY, matters=[matter("case:A")])
    sync_from_lists(database, RULES, NOW)
    assert {"inspection:NEW", "case:A"} <= set(known(database))
    assert "inspection:OLD" not in known(database)


def test_employer_matters_are_limited_to_the_region(lists):
    here = Principal("u", "李", Role.INSPECTOR, "9901")
    elsewhere = Principal("v", "王", Role.INSPECTOR, "42")
    assert ALERT in known(lists, here)
    assert not current_states(lists, SETTINGS, elsewhere, TODAY, NOW)


@pytest.fixture
def site(lists):
    """The service over these lists, to be asked as an inspector on pages, by token over the API."""
    add_user(lists, "inspector", Role.INSPECTOR)
    with (
        served(create_app(SETTINGS, lists, key="k" * 43)) as url,
        httpx.Client(verify=NO_TLS, base_url=url, timeout=60, trust_env=False) as client,
    ):
        yield client


def test_api_and_page_filter_matters_by_organisation(site, token):
    headers = token(Role.INSPECTOR)
    asked = site.get("/v1/matters", params={"org_id": "E/000"}, headers=headers).json()
    assert {one["key"] for one in asked["items"]} == {ALERT, "inspection:I1"}
    entered = site.post("/sign-in", data={"name": "inspector", "password": PASSWORD})
    assert entered.status_code == 303
    assert "模拟茶厂" in site.get("/ledger").text
    assert 'href="/projects/E/000">用人单位详情' in site.get("/matters/inspection:I1").text


def test_visit_after_closing_counts_as_second_look(lists, site, token):
    closed = StepRequest("closed", reason="paid_in_full", text="已付清")
    with writing(lists.engine).begin() as connection:
        apply_step(connection, OFFICE, ALERT, closed, RULES, NOW)
    visit = {"project_id": "E/000", "inspected_on": "2025-06-20", "kind": "watchlist"}
    headers = token(Role.INSPECTOR) | key()
    sent = site.post("/v1/outcomes", json={**visit, "arrears_found": False}, headers=headers)
    assert sent.status_code == 201, sent.text
    found = {one.matter.key: one for one in current_states(lists, SETTINGS, OFFICE, JULY, NOW)}
    assert found[ALERT].second_look.outcome == "visited"
