"""Reasons: complete, in words of both languages, with records that were known."""

from __future__ import annotations

import datetime as dt
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.feature_sets import ALL_FEATURES, FAMILY_OF
from features.value_text import value_text
from models.cohort_scores import score_cohort
from models.reason_text import reason_text
from models.reasons import Reason, _leads
from risk.contract import TABLES
from risk.store.store import RecordStore

AS_OF = dt.date(2025, 9, 1)


@pytest.fixture(scope="module")
def cohort(county, county_trained):
    with RecordStore(county.records, read_only=True) as store:
        return score_cohort(store, county_trained.model, AS_OF)


def test_base_and_family_contributions_equal_the_raw_score(cohort):
    assert cohort.projects
    for project in cohort.projects:
        assert project.base + sum(project.contributions.values()) == pytest.approx(
            project.raw, abs=1e-6
        )


def test_probability_is_monotone_in_the_raw_score(cohort):
    ordered = sorted(cohort.projects, key=lambda p: p.raw)
    probabilities = [p.probability for p in ordered]
    assert probabilities == sorted(probabilities)


def test_every_project_has_reasons_strongest_first_low_risk_too(cohort):
    for project in cohort.projects:
        strengths = [abs(reason.contribution) for reason in project.reasons]
        assert strengths
        assert strengths == sorted(strengths, reverse=True)
    lowest = min(cohort.projects, key=lambda p: p.raw)
    assert any(reason.contribution < 0 for reason in lowest.reasons)


def test_reasons_read_as_sentences_in_both_languages(cohort):
    shown = [reason for project in cohort.projects[:30] for reason in project.reasons]
    assert shown
    for reason in shown:
        for language in ("zh", "en"):
            sentence = reason_text(reason, language)
            assert "{" not in sentence
            assert "nan" not in sentence.lower().split()


def test_the_records_behind_a_reason_were_known_and_exist(county, cohort):
    items = {item for p in cohort.projects for r in p.reasons for item in r.evidence}
    assert items
    with RecordStore(county.records, read_only=True) as store:
        for item in items:
            assert item.known_at < AS_OF
            key = TABLES[item.table].key
            if len(key) == 1:
                found = store.rows(
                    f"SELECT count(*) FROM {item.table} WHERE {key[0]} = ? AND known_at = ?",
                    [item.record_id, item.known_at],
                )
                assert found[0][0] >= 1


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_reasons_show_the_known_feature_that_contributes_most(seed, members):
    """Against the rule row by row, with equal contributions and unknown values."""
    drawn = np.random.default_rng(seed)
    parts = np.round(drawn.normal(size=(30, members)), 1)
    known = drawn.random(parts.shape) < 0.5
    totals = parts.sum(axis=1)
    leads = _leads(parts, known, totals)
    assert len(leads) == 30
    for row, lead in enumerate(leads):
        sign = 1.0 if totals[row] > 0 else -1.0
        strengths = [
            (bool(known[row, i]) and sign * parts[row, i] > 0, sign * parts[row, i], -i)
            for i in range(members)
        ]
        assert lead == -max(strengths)[2]


def test_reason_text_does_not_depend_on_earlier_calls():
    """Cached pieces of a sentence are reused only where they are the same."""
    feature = next(f for f in ALL_FEATURES if f.name == "unpaid_share_3m")
    family = FAMILY_OF[feature.name]
    for value, typical in product((None, 0.0, -0.0, 0.25, 1.0), repeat=2):
        for contribution, article in product((0.4, -0.4), (None, "24")):
            reason = Reason(family, contribution, feature.name, value, typical, article, ())
            sentence = reason_text(reason, "en")
            assert value_text(feature, value, "en") in sentence
            assert (typical is None) or value_text(feature, typical, "en") in sentence
            assert ("24" in sentence) == (article is not None)
            assert sentence == reason_text(reason, "en")
            assert "\0" not in sentence
