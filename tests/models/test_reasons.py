"""Reasons: complete, in words of both languages, with records that were known."""

from __future__ import annotations

import datetime as dt

import pytest

from models.reason_text import reason_text
from models.scoring import score_cohort
from risk.contract import TABLES
from risk.records import RecordStore

AS_OF = dt.date(2025, 9, 1)


@pytest.fixture(scope="module")
def cohort(county, county_trained):
    with RecordStore(county.records, read_only=True) as store:
        return score_cohort(store, county_trained.model, AS_OF)


def test_base_and_family_contributions_equal_the_raw_score(cohort):
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
    for project in cohort.projects[:30]:
        for reason in project.reasons:
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
