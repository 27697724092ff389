"""Remarks on the model: failed checks, other definitions of features, data that stopped."""

from __future__ import annotations

import datetime as dt

import pytest

from features.cache.dependencies import feature_definitions, redefined_families
from serving.publishing.remarks import model_info
from serving.publishing.used_model import UsedModel

_GATE = {
    "checks": [
        {"name": "calibration", "passed": False, "undecided": False},
        {"name": "fairness", "passed": True},
        {"name": "average_precision", "passed": False, "undecided": True},
    ]
}
_ABOUT = {
    "rejected": [{"kind": "lightgbm", "failed": ["calibration", "leaks"]}],
    "evidence": {"gate": _GATE},
}


def used(kind="logistic", about=_ABOUT, **fields):
    return UsedModel("arrears", "3", kind, 12, about, **fields)


def test_failed_checks_and_the_kind_that_was_not_used_are_in_the_note():
    info = model_info(used())
    assert info.remarks.rejected == ({"kind": "lightgbm", "failed": ["calibration", "leaks"]},)
    assert info.remarks.failed_checks == ("calibration",), "an undecided check did not fail"
    assert info.note.en == (
        "Not used: boosted trees, which failed these checks: Calibration, No feature is"
        " suspiciously predictive. This model failed these checks: Calibration; its"
        " probabilities are a rough guide."
    )
    assert info.note.zh.startswith("提升树模型未通过检查（")


def test_a_sound_model_has_no_note_and_a_scorecard_has_its_own():
    assert model_info(used(about={})).note is None
    card = model_info(used("scorecard", {}), with_remarks=False)
    assert (
        card.note.en == "The expert scorecard provides the probabilities; they are a rough guide."
    )
    assert card.remarks is None
    assert model_info(used(), with_remarks=False).note is None


@pytest.mark.parametrize(("events", "short"), [(9, True), (10, False), (92, False)])
def test_a_scorecard_says_which_number_was_short_where_one_was(events, short):
    card = UsedModel("arrears", "3", "scorecard", events, {})
    zh, en = model_info(card).note.zh, model_info(card).note.en
    few = f"Only {events} arrears events are known and a fitted model needs 10"
    assert en.startswith(few) == short
    assert (f"事件 {events} 件，少于拟合模型所需的 10 件" in zh) == short
    assert ("events" in en, "件" in zh) == (short, short)
    older = model_info(card, with_events_needed=False).note
    assert older.en.startswith(f"Only {events} arrears events are known, too few to train")


def test_slow_decisions_are_in_the_note():
    bands = [{"first": 0, "last": 90, "cases": 9, "undecided": 9}] * 2
    bands += [{"first": 91, "last": 730, "cases": 50, "undecided": 17}]
    bands += [{"first": 731, "last": None, "cases": 50, "undecided": 3}]
    found = {"bands": bands, "known_days": 619, "notable": True}
    assert model_info(used(about={"completeness": {**found, "notable": False}})).note is None
    note = model_info(used(about={"completeness": found})).note
    assert "619 days" in note.en
    assert "34%" in note.en
    assert "619 天" in note.zh
    assert "34%" in note.zh
    not_reached = model_info(used(about={"completeness": {**found, "known_days": None}})).note
    assert "619" not in not_reached.zh
    assert "34%" in not_reached.zh


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"redefined": ("payments", "stage")}, "has changed since this model was trained"),
        ({"redefined": None}, "by an earlier release"),
        ({"stale_since": dt.date(2025, 3, 4)}, "No records have arrived since 2025-03-04"),
    ],
)
def test_other_definitions_and_old_data_are_in_the_note(fields, said):
    assert said in model_info(used(about={}, **fields)).note.en


def test_redefined_families_are_those_whose_sql_differs(store):
    now = feature_definitions(store)
    assert redefined_families(store, now) == ()
    assert redefined_families(store, {**now, "payments": "other"}) == ("payments",)
    assert redefined_families(store, None) is None
