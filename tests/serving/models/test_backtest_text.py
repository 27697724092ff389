"""A backtest in words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from serving.models.backtest_text import difference_part, gain_part, reordered_part, worth_part
from training.dataset.labels import EventLog
from training.dataset.observation import Inspection
from training.evaluation.ablation import FamilyEffect
from training.evaluation.bootstrap import Estimate
from training.evaluation.operational_gain import gain
from training.evaluation.predictions import MODEL, Predictions
from training.evaluation.visit_reordering import reorder_visits

OWING = tuple(f"A{number:02}" for number in range(12))
CLEAN = tuple(f"B{number:02}" for number in range(12))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("employer", "season and size"), ("project", "season and stage")],
)
def test_worth_part_names_families_in_the_words_of_the_kind(kind, expected):
    figure = Estimate(0.1, 0.05, 0.15, 30)
    part = worth_part([FamilyEffect("stage", figure, figure)], "en", kind)
    assert [row[0] for row in part.rows] == [expected]


def test_the_model_against_each_other_way_with_intervals():
    better = Estimate(0.0341, 0.012, 0.056, 30)
    unclear = Estimate(-0.002, -0.03, 0.02, 30)
    few = Estimate(0.5, None, None, 3)
    figures = {"roc_auc": better, "average_precision": unclear, "precision_capacity": few}
    part = difference_part({"logistic": figures}, "en")
    assert part.heads == ("difference", "ROC AUC", "average precision", "precision of list")
    assert part.rows == (
        (
            "model minus logistic regression",
            "+0.034 (+0.012 – +0.056)",
            "-0.002 (-0.030 – +0.020)",
            "+0.500 (too few events)",
        ),
    )
    assert difference_part({"logistic": figures}, "zh").rows[0][0] == "模型减逻辑回归"


def walked(*months):
    """Twelve projects that owe wages from 20 May on and twelve that do not; the rules go astray."""
    names = (OWING + CLEAN) * len(months)
    owes = np.array([name in OWING for name in names], dtype=float)
    days = np.repeat(np.array(months, dtype="datetime64[D]"), 24)
    scores = {MODEL: owes, "rules": 1 - owes}
    return Predictions(
        days, names, names, owes, owes, scores, {}, {}, np.full(len(names), 5.0),
        np.full(len(names), 3e6),
    )  # fmt: skip


def visited(names, day):
    return [Inspection(name, dt.date(2025, 4, day), False, name in OWING) for name in names]


EARLIER = {
    "en": [
        "The same visits, only reordered by this list (within each quarter; 12 of 24 found"
        " arrears): arrears found +20.0 (+20.0 – +20.0) days earlier on average; 1.00 (1.00 – 1.00)"
        " of them in the first half, against 0.00 in fact.",
        "The same visits, only reordered by rules in use (within each quarter; 12 of 24 found"
        " arrears): arrears found +0.0 (+0.0 – +0.0) days earlier on average; 0.00 (0.00 – 0.00) of"
        " them in the first half, against 0.00 in fact.",
    ],
    "zh": [
        "同样这些检查，只按本系统名单排先后（每季内重排，24 次中 12 次发现欠薪）："
        "发现欠薪平均早 +20.0 (+20.0 – +20.0) 天；排在前一半的占 1.00 (1.00 – 1.00)，实际为 0.00。",
        "同样这些检查，只按现行预警规则排先后（每季内重排，24 次中 12 次发现欠薪）："
        "发现欠薪平均早 +0.0 (+0.0 – +0.0) 天；排在前一半的占 0.00 (0.00 – 0.00)，实际为 0.00。",
    ],
}


@pytest.mark.parametrize("language", EARLIER)
def test_days_earlier_by_the_order_of_the_list(language):
    """Who owes was visited on 25 April, who does not on the 5th; by the list they change places."""
    visits = visited(CLEAN, 5) + visited(OWING, 25)
    found = reorder_visits(walked("2025-04-01", "2025-05-01", "2025-06-01"), visits)
    assert list(reordered_part(found, language).lines) == EARLIER[language]


def test_no_order_is_earlier_where_no_visit_found_arrears():
    found = reorder_visits(walked("2025-04-01", "2025-05-01", "2025-06-01"), visited(CLEAN, 5))
    assert list(reordered_part(found, "en").lines) == [
        "None of the 12 visits made found arrears, so an earlier order would have found none"
        " sooner."
    ]
    nobody = reorder_visits(walked("2025-04-01", "2025-05-01", "2025-06-01"), [])
    assert reordered_part(nobody, "en").lines == ()


def test_days_early_at_equal_visits_and_how_they_are_counted():
    """Twelve visits in April, all to projects that do not owe; the rules choose the same.

    The list spreads twelve over the month: the visits to those who owe are 1, 3, 6, 8, 11, 13, 16,
    18, 21, 23, 26 and 28 days after its first, the event is 49 after it, so 414 / 12 = 34.5 early.
    """
    event = np.array(["2025-05-20"], dtype="datetime64[D]")
    log = EventLog(dt.date(2026, 1, 1), dict.fromkeys(OWING, event), 30)
    part = gain_part(gain(walked("2025-04-01"), log, visited(CLEAN, 5)), "en")
    assert part.lines == (
        "gain at equal effort (as many projects visited each month as actually were; 12 arrears"
        " events in the span, workers and money known for 100% of them)",
        "Arrears that a visit found are dated by that visit: days early are counted to it, not to"
        " the day on which wages were first owed.",
    )
    # The list reaches 12 events of 5 workers and 30,000 yuan, all of them a week early.
    assert [[cell.partition(" (")[0] for cell in row[:6]] for row in part.rows] == [
        ["this list", "12", "60", "36", "12", "34.5"],
        ["rules in use", "0", "0", "0", "0", "0.0"],
        ["actual visits", "0", "0", "0", "0", "0.0"],
        ["this list minus rules in use", "+12", "+60", "+36", "+12", "+34.5"],
        ["this list minus actual visits", "+12", "+60", "+36", "+12", "+34.5"],
    ]
