"""The entry of a model in a register of algorithms."""

from __future__ import annotations

import datetime as dt

import pytest

from features.feature_sets import FEATURE_SETS
from risk.locale import LANGUAGES
from serving.cli.main import main
from serving.models.card.register_entry import RegisteredModel, render_register_entry

ABOUT = {
    "rows": 1200,
    "events": 46,
    "positives": 110,
    "maturity_days": 30,
    "missing_feeds": ["payments"],
    "too_good": [],
    "evidence": None,
}


def entry(language="zh", **changes):
    model = RegisteredModel("3", "logistic", "project", dt.date(2025, 1, 1), ABOUT | changes, True)
    return render_register_entry(model, language, "md")


def test_entry_gives_data_validity_and_what_was_not_measured():
    text = entry("en")
    assert f"{len(FEATURE_SETS['project'].features)} features; trained on 1,200 rows" in text
    assert "46 known arrears events" in text
    # The twelfth month after the training is 2025-12-01; 90 days horizon, 30 until known.
    assert "from 2026-03-31 it has not learnt" in text
    assert text.count("not enough later months to test on") == 2


def test_entry_leaves_out_tables_that_were_missing():
    row = next(line for line in entry("en").splitlines() if line.startswith("| Data |"))
    assert "payrolls" in row
    assert "payments" not in row


def test_entry_gives_figures_with_intervals():
    figure = {"value": 0.8, "low": 0.7, "high": 0.9, "positives": 40}
    few = {"value": 0.5, "low": None, "high": None, "positives": 4}
    evidence = {
        "months": ["2024-06-01", "2024-07-01"],
        "figures": {"model": {"roc_auc": figure, "average_precision": few}},
        "calibration": {"ratio": figure},
    }
    text = entry("en", evidence=evidence)
    assert "tested on 2 months (until 2024-07-01)" in text
    assert "0.800 (0.700 to 0.900)" in text
    assert "0.500 (too few events for an interval)" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_entry_has_a_row_for_what_only_the_office_knows(language):
    to_fill = {"zh": "（由本单位填写）", "en": "(to be completed by the office)"}[language]
    assert entry(language).count(to_fill) == 4


def test_command_writes_the_entry_of_the_champion(office, tmp_path, capsys):
    out = tmp_path / "entry.html"
    assert main(["-w", str(office.root), "models", "register-entry", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<td>在用</td>" in page
    assert "http://" not in page
