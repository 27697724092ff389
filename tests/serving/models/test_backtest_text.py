"""A backtest in words."""

from __future__ import annotations

import pytest

from serving.models.backtest_text import worth_part
from training.evaluation.ablation import FamilyEffect
from training.evaluation.bootstrap import Estimate


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("employer", "season and size"), ("project", "season and stage")],
)
def test_worth_part_names_families_in_the_words_of_the_kind(kind, expected):
    figure = Estimate(0.1, 0.05, 0.15, 30)
    part = worth_part([FamilyEffect("stage", figure, figure)], "en", kind)
    assert [row[0] for row in part.rows] == [expected]
