from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.util
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from risk.flags import CODES, RULES, read_law
from risk.flags.law import Law
from risk.locale import LANGUAGES, catalogue

ROOT = Path(__file__).parents[3]
LAW = read_law()
DECREE = dt.date(2020, 5, 1)
NOW = dt.date(2025, 6, 1)


def test_law_has_nothing_in_force_before_the_decree():
    day = DECREE - dt.timedelta(days=1)
    assert LAW.duties_in_force(day) == ()
    terms_of_listings = {"years", "repeat_years"}
    assert {value.name for value in LAW.values_in_force(day)} == terms_of_listings
    assert LAW.duty("wages_overdue", day) is None


def test_law_is_in_force_from_the_first_day_of_the_decree():
    duty = LAW.duty("notice_board_missing", DECREE)
    assert duty is not None
    assert (duty.article, duty.instrument) == ("34", "decree_724")


def test_law_has_the_duty_and_threshold_of_every_rule():
    duties = {duty.code for duty in LAW.duties}
    assert set(CODES) <= duties
    assert duties - set(CODES) == {"deposit_small_works"}  # data only
    for rule in RULES:
        if rule.threshold:
            assert rule.threshold in LAW.value_names(rule.code)


def test_law_has_no_value_in_force_before_its_duty():
    duties = {duty.code: duty for duty in LAW.duties}
    assert LAW.values
    older = {value.name for value in LAW.values if value.from_day < duties[value.code].from_day}
    assert older == {"years", "repeat_years"}  # a listing has the term of its own day


@pytest.mark.parametrize(
    ("region", "share"),
    [("640104", 0.22), ("6401", 0.22), ("430423102", 0.15), ("441900123", 0.25)],
)
def test_law_value_of_a_region_applies_in_the_region(region, share):
    assert LAW.value("labour_share_low", "share", NOW, region).number == share


@pytest.mark.parametrize("region", ["", "64", "420301", "441900122", "640200"])
def test_law_value_of_a_region_applies_nowhere_else(region):
    assert LAW.value("labour_share_low", "share", NOW, region) is None


def test_law_value_starts_on_its_own_day():
    days = [dt.date(2021, 7, 6), dt.date(2021, 7, 7)]
    found = [LAW.value("account_missing", "days", day) for day in days]
    assert found[0] is None
    assert (found[1].number, found[1].unit, found[1].certainty) == (30, "days", "two_sources")


def test_law_value_ends_before_its_to_day_and_prefers_the_closest_region():
    base = LAW.value("account_missing", "days", NOW)
    local = dataclasses.replace(base, region="42", number=20.0)
    newer = dataclasses.replace(base, from_day=dt.date(2025, 1, 1), number=15.0)
    ended = dataclasses.replace(base, to_day=dt.date(2025, 1, 1))
    law = Law(LAW.duties, (ended, newer, local))
    assert law.value("account_missing", "days", dt.date(2024, 12, 31)).number == 30
    assert law.value("account_missing", "days", dt.date(2025, 1, 1)).number == 15
    assert law.value("account_missing", "days", NOW, "420301").number == 20
    alone = Law(LAW.duties, (ended,))
    assert alone.value("account_missing", "days", dt.date(2024, 12, 31)).number == 30
    assert alone.value("account_missing", "days", dt.date(2025, 1, 1)) is None


def test_law_instruments_have_texts_in_both_languages():
    instruments = {item.instrument for item in (*LAW.duties, *LAW.values)}
    instruments |= {duty.basis for duty in LAW.duties if duty.basis} | {"office_rule"}
    assert len(instruments) > 3
    for language in LANGUAGES:
        assert {f"flags.instrument.{name}" for name in instruments} <= set(catalogue(language))


def test_law_units_and_certainties_are_known():
    assert {value.unit for value in LAW.values} <= {
        "days", "working_days", "months", "years", "share", "people", "fen", "count",
    }  # fmt: skip
    assert {value.certainty for value in LAW.values} <= {
        "primary", "two_sources", "one_page", "unverified", "local", "own_choice",
    }  # fmt: skip


def test_penalties_in_law_toml_name_known_duties():
    text = files("risk.flags").joinpath("law.toml").read_text(encoding="utf-8")
    penalties = tomllib.loads(text)["penalties"]
    duties = {duty.code for duty in LAW.duties}
    assert penalties
    assert all(set(penalty["duties"]) <= duties for penalty in penalties)
    assert all(0 < penalty["fine_from"] <= penalty["fine_to"] for penalty in penalties)


def test_every_duty_says_who_owes_what():
    debtors = {"owner", "contractor", "subcontractor", "employer", "authority"}
    assert {one for duty in LAW.duties for one in duty.owed_by} == debtors
    assert all(duty.summary and duty.owed_by for duty in LAW.duties)


@pytest.mark.parametrize(
    ("code", "article", "owed_by"),
    [
        # 19, 36 and 43 bind all who give work away; 25 both sides of a subcontract; 28 both units.
        ("subcontract_to_individual", "36", ("owner", "contractor", "subcontractor")),
        ("oral_subcontract", "25", ("contractor", "subcontractor")),
        ("workers_without_contract", "28", ("contractor", "subcontractor")),
        ("workers_unregistered", "28", ("contractor", "subcontractor")),
        # 24 concerns the contract between owner and contractor; 29 the owner's transfers.
        ("labour_cost_cycle_long", "24", ("owner", "contractor")),
        ("labour_cost_overdue", "29", ("owner",)),
        ("account_missing", "26", ("contractor",)),
        ("payroll_missing", "31", ("subcontractor",)),
        ("attendance_month_unpaid", "31", ("contractor",)),
        ("wages_overdue", "12", ("employer",)),
        ("notice_board_missing", "34", ("contractor",)),
        ("group_complaint_open", "10", ("authority",)),
        ("payment_guarantee_missing", "24", ("owner",)),
    ],
)
def test_duties_bind_the_parties_of_their_article(code, article, owed_by):
    duty = LAW.duty(code, NOW)
    assert (duty.article, duty.owed_by) == (article, owed_by)


def test_a_second_source_says_how_sure_it_is():
    second = {duty.code: duty.basis_certainty for duty in LAW.duties if duty.basis}
    assert all(second.values())
    assert second["government_project_prefinanced"] == "primary"
    assert second["subcontract_to_individual"] == "unverified"


def test_law_page_names_a_test_of_every_rule():
    spec = importlib.util.spec_from_file_location("generate_law", ROOT / "docs/generate_law.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert all(page.tests_of(code) for code in CODES)


def test_penalties_leave_out_labour_contracts_and_agreed_shares():
    """55 is about real names, 57 about transfers; neither about contracts or an agreed share."""
    text = files("risk.flags").joinpath("law.toml").read_text(encoding="utf-8")
    punished = {code for penalty in tomllib.loads(text)["penalties"] for code in penalty["duties"]}
    assert not punished & {"workers_without_contract", "labour_share_low"}
    assert "payment_guarantee_missing" in punished
