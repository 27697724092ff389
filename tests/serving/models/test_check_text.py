"""Lines of ``wagewatch check``."""

from __future__ import annotations

from serving.models.check_command import feature_label, few_line
from training.evaluation.few_events import FewEvents
from training.monitoring.drift import SCORE


def test_few_events_are_compared_in_words():
    none = FewEvents(16.04, 0.0, 4.3373, None)
    some = FewEvents(16.0, 2.0, 2.2152, 66.1)
    assert "16.0 expected with arrears, 0.0 had; expected / came at least 4.34 (95 %)" in few_line(
        none, "few_entries", "en"
    )
    assert few_line(some, "few_months", "en").endswith(
        "16.0 were expected and 2.0 came; expected / came 2.22 to 66.10 (95 %)."
    )
    assert "预计÷实际不低于 4.34（95%）。" in few_line(none, "few_entries", "zh")


def test_features_are_named_in_words():
    """As a person and as files call them; a feature of an earlier release has its name alone."""
    assert feature_label("events_all", "project", "zh") == "本项目累计查实欠薪次数（events_all）"
    assert feature_label("events_all", "employer", "en") == (
        "confirmed arrears of the employer so far (events_all)"
    )
    assert feature_label(SCORE, "project", "en") == "score of the model"
    assert feature_label("gone", "project", "zh") == "gone"
