"""The card says how features move the scores: as a table always, as pictures where drawn."""

from __future__ import annotations

import datetime as dt

import pytest

from models.registry import ModelVersion
from serving.models.card.render import render_card
from serving.models.card.sections import CardInput

EFFECT = {
    "feature": "unpaid_amount",
    "size": 0.16,
    "low": 0.75,
    "high": 128205.5,
    "of_low": -0.2,
    "of_high": 0.4,
    "of_unknown": None,
    "unknown": 0,
}
EFFECTS = {"first": "2024-03-01", "last": "2025-02-01", "rows": 341, "features": [EFFECT]}
PICTURES = {f"{name}.en.svg": f"<svg id='{name}'/>" for name in ("beeswarm", "dependence")}


@pytest.fixture
def version():
    about = {
        **{"trained_at": "2025-07-01", "first_snapshot": None, "maturity_days": 30, "rows": 9},
        **{"positives": 1, "events": 1, "records_digest": "d", "metrics": {}, "too_good": []},
        **{"parameters": {}, "evidence": {}},
    }
    return ModelVersion("1", "lightgbm", dt.date(2025, 7, 1), "d", (), about)


def test_the_table_says_what_the_pictures_show(version):
    card = render_card(CardInput(version, {}, EFFECTS, PICTURES), "en", "md")
    assert "341 training rows from 2024-03-01 to 2025-02-01" in card
    row = "| wages unpaid | 0.160 | -0.200 (at most 0.75) | +0.400 (at least 128,206) | — |"
    assert row in card
    assert "<!--" not in card


def test_pictures_are_images_with_a_text_of_their_own(version):
    page = render_card(CardInput(version, {}, EFFECTS, PICTURES), "en", "html")
    assert page.count('<img class="wide" src="data:image/svg+xml;base64,') == 2
    assert 'alt="Each point is a row: ' in page
    chinese = render_card(CardInput(version, {}, EFFECTS, PICTURES), "zh", "html")
    assert "<img" not in chinese  # drawn in another language only
    assert "未装画图所需的程序" in chinese
    assert "beeswarm" not in chinese


def test_a_card_of_a_model_without_effects_has_no_such_section(version):
    card = render_card(CardInput(version, {}), "en", "html")
    assert "How features move" not in card
