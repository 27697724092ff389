"""Findings of visits in words, and what the form offers."""

from __future__ import annotations

import pytest

from risk.locale import LANGUAGES, catalogue
from serving.outcomes.findings import FORM_FINDINGS, finding_labels, offered_findings


def test_findings_are_shown_in_words():
    recorded = "no_board; wages_overdue;工人称已停工；待复查;"
    assert finding_labels(recorded, "zh") == [
        "未见维权信息告示牌",
        "工资逾期未足额支付",
        "工人称已停工；待复查",
    ]
    assert finding_labels("no_roster", "en") == ["No roster or payroll ledger"]
    assert finding_labels(None, "zh") == finding_labels(" ; ", "zh") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_of_the_form_has_words(language):
    for code, flags in FORM_FINDINGS.items():
        assert finding_labels(code, language) != [code]
        assert all(f"flags.{flag}.title" in catalogue(language) for flag in flags)


def test_form_offers_what_no_red_flag_says():
    offered = dict(offered_findings(["payroll_missing"], None, "zh"))
    assert list(offered) == [
        "no_contract",
        "no_attendance",
        "paid_in_cash",
        "no_account",
        "no_board",
    ]
    assert offered["no_board"] == "未见维权信息告示牌"


def test_form_offers_recorded_findings_whose_flag_is_gone():
    """Words that a person wrote are no box to tick, and nothing is offered twice."""
    recorded = "no_board;paid_in_cash;deposit_short;约谈项目经理"
    offered = offered_findings(["paid_in_cash", "wages_overdue"], recorded, "zh")
    codes = [code for code, _ in offered]
    assert codes == ["no_contract", "no_attendance", "no_roster", "no_account", "no_board",
                     "deposit_short"]  # fmt: skip
    assert offered[-1][1] == catalogue("zh")["flags.deposit_short.title"]
