from __future__ import annotations

import datetime as dt
import re
from string import Formatter

import pytest

from risk.flags import CODES, RULES, RedFlag, describe
from risk.flags.text import _percent_apart, money
from risk.locale import LANGUAGES, catalogue, text

MEASURES = {rule.code: set(rule.measures) for rule in RULES}


def flag(code="wages_overdue", **values):
    given = {"article": "12", "since": dt.date(2025, 4, 16), "threshold": 1.0, "basis": None}
    fields = {**given, **{name: values.pop(name) for name in list(values) if name in given}}
    return RedFlag(
        code=code, project_id="P1", values=values, evidence=(), must_visit=False, **fields
    )


def test_describe_uses_ten_thousand_yuan_in_chinese():
    found = describe(flag(unpaid_fen=40_000_00, months=2, late_days=1047), "zh")
    assert found.title == "工资逾期未足额支付"
    assert "4.00万元" in found.finding
    assert "1,047天" in found.finding
    assert found.article_label == "《保障农民工工资支付条例》第12条"


def test_describe_uses_yuan_in_english():
    found = describe(flag(unpaid_fen=40_000_00, months=2, late_days=47), "en")
    assert "40,000 yuan" in found.finding
    assert found.article_label.startswith("Art. 12, ")


def test_describe_names_another_basis_with_the_article():
    found = describe(flag("account_missing", article="26", threshold=30.0, late_days=5,
                          basis="mohrss_2021_53"))  # fmt: skip
    assert "30天内" in found.finding
    assert found.article_label.startswith("《保障农民工工资支付条例》第26条；")
    assert "人社部发〔2021〕53号" in found.article_label


def test_describe_formats_shares_and_months():
    shown = flag("workers_unregistered", covered=6, people=10, covered_share=0.6, threshold=0.7,
                 for_month=202503)  # fmt: skip
    assert "2025年3月" in describe(shown, "zh").finding
    assert "60%" in describe(shown, "zh").finding
    assert "70%" in describe(shown, "zh").finding
    assert "2025-03" in describe(shown, "en").finding


def test_describe_never_shows_a_share_as_its_threshold_if_it_is_not():
    """79.8 % is below 80 % and would read as equal to it."""
    shown = flag("workers_without_contract", covered=103, people=129, covered_share=103 / 129,
                 threshold=0.8, for_month=202511)  # fmt: skip
    assert "（79.8%，报告线80%）" in describe(shown).finding
    equal = flag("workers_without_contract", covered=4, people=5, covered_share=0.8,
                 threshold=0.8, for_month=202511)  # fmt: skip
    assert "（80%，报告线80%）" in describe(equal).finding


@pytest.mark.parametrize(
    ("share", "percent"),
    [
        *((0.79, "79%"), (0.798, "79.8%"), (0.7998, "79.98%"), (0.79998, "79.998%")),
        (0.7999996, "80.000%"),  # three decimals at most
    ],
)
def test_a_share_is_shown_with_the_decimals_that_make_it_differ(share, percent):
    assert _percent_apart(share, "80%") == percent


@pytest.mark.parametrize(
    ("share", "percent"),
    [(0, "0%"), (0.004, "0.4%"), (0.006, "1%"), (0.997, "99.7%"), (1, "100%")],
)
def test_describe_does_not_round_shares_to_0_or_100_percent(share, percent):
    shown = flag("fewer_paid_than_attending", present=999, paid=996, paid_share=share,
                 for_month=202503)  # fmt: skip
    assert f"（{percent}" in describe(shown).finding


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [(0, "0元", "0 yuan"), (99_00, "99元", "99 yuan"), (100_00, "0.01万元", "100 yuan"),
     (123_456_789_00, "12,345.68万元", "123,456,789 yuan")],
)  # fmt: skip
def test_money(fen, zh, en):
    assert (money(fen, "zh"), money(fen, "en")) == (zh, en)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_flag_texts_use_the_measures_of_their_rule(code, language):
    values = dict.fromkeys(MEASURES[code], 1)
    found = describe(flag(code, **values, basis="decree_724"), language)
    assert all((found.title, found.finding, found.check, found.article_label))
    assert "{" not in "".join((found.title, found.finding, found.check))


@pytest.mark.parametrize("code", CODES)
def test_flag_texts_have_the_same_measures_in_both_languages(code):
    keys = [key for key in catalogue("zh") if key.startswith(f"flags.{code}.clauses.")]
    for key in (f"flags.{code}.finding", *keys):
        named = [
            {name for _, name, _, _ in Formatter().parse(catalogue(language)[key]) if name}
            for language in LANGUAGES
        ]
        assert named[0] == named[1]
        assert named[0] <= MEASURES[code] | {"threshold", "extent", "clauses"}


def test_clauses_whose_number_is_zero_are_left_out():
    shown = flag("group_complaint_open", complaints=1, people=59, open_days=8, unfiled=1,
                 over_term=0, handling_days=60, extended_days=90, threshold=5.0)  # fmt: skip
    assert describe(shown, "zh").finding == (
        "10人以上投诉1件未见办结记录，最多一件涉及59人，最长已8天；"
        "收到后满5个工作日未见立案记录1件。"
    )
    assert describe(shown, "en").finding.endswith("5 working days after receipt: 1.")


def test_one_month_has_its_people_without_a_maximum():
    shown = flag(unpaid_fen=90_300_00, months=1, late_days=113, teams=1, people=20)
    assert describe(shown, "zh").finding.endswith("涉及1个班组20人。")


@pytest.mark.parametrize("code", CODES)
def test_chinese_is_chinese(code):
    words = text(f"flags.{code}.title", "zh") + text(f"flags.{code}.check", "zh")
    assert not re.search(r"[A-Za-z]", words)


@pytest.mark.parametrize(
    ("known", "zh", "en"),
    [
        (
            {"teams": 2, "people": 31},
            "，涉及2个班组，人数最多的月份为31人。",
            "; teams: 2, workers in the largest month: 31.",
        ),
        ({"people": 31}, "，人数最多的月份涉及31人。", "; workers in the largest month: 31."),
        ({"teams": 2}, "，涉及2个班组。", "; teams: 2."),
        ({}, "最长逾期195天。", "195 days late."),
    ],
)
def test_describe_names_teams_and_people_as_far_as_known(known, zh, en):
    shown = flag(unpaid_fen=2_576_500_00, months=5, late_days=195, **known)
    assert describe(shown, "zh").finding.endswith(zh)
    assert en in describe(shown, "en").finding
