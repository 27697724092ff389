"""Projects unlike any inspected one are marked as novel."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.matrix import Matrix, feature_matrix
from models.novelty import MIN_INSPECTED, fit_novelty_detector, from_text
from risk.store.store import RecordStore


def rows(values, projects=None):
    count = len(values)
    names = projects or tuple(f"P{n}" for n in range(count))
    as_ofs = np.repeat(np.array(["2025-01-01"], dtype="datetime64[D]"), count)
    columns = tuple(f"f{n}" for n in range(values.shape[1]))
    return Matrix(as_ofs, names, columns, values)


@pytest.fixture(scope="module")
def inspected():
    return rows(np.random.default_rng(0).normal(size=(400, 30)))


def test_is_novel_marks_few_similar_and_all_dissimilar_rows(inspected):
    found = fit_novelty_detector(inspected)
    random = np.random.default_rng(1)
    like = rows(random.normal(size=(2000, 30)))
    assert 0.0 < found.is_novel(like).mean() < 0.05
    far = rows(random.normal(size=(200, 30)) * 5 + 3)
    assert found.is_novel(far).mean() > 0.9
    nothing_known = rows(np.full((3, 30), np.nan))
    assert found.is_novel(nothing_known).all()


def test_from_text_restores_the_detector(inspected):
    found = fit_novelty_detector(inspected)
    again = from_text(found.to_text())
    other = rows(np.random.default_rng(2).normal(size=(500, 30)) * 2)
    assert np.array_equal(found.is_novel(other), again.is_novel(other))
    assert again.to_text() == found.to_text()


def test_is_novel_does_not_depend_on_units_or_row_order(inspected):
    found = fit_novelty_detector(inspected)
    other = rows(np.random.default_rng(3).normal(size=(300, 30)) * 1.5)
    scaled = fit_novelty_detector(dataclasses.replace(inspected, values=inspected.values * 100))
    assert np.array_equal(
        found.is_novel(other),
        scaled.is_novel(dataclasses.replace(other, values=other.values * 100)),
    )


def test_fit_novelty_detector_returns_none_with_too_few_inspected(inspected):
    few = inspected.where(np.arange(400) < MIN_INSPECTED - 1)
    assert fit_novelty_detector(few) is None
    one_project = dataclasses.replace(inspected, project_ids=("P",) * 400)
    assert fit_novelty_detector(one_project) is None


def test_most_of_a_county_is_not_novel(county):
    day = dt.date(2025, 6, 1)
    with RecordStore(county.records, read_only=True) as store:
        cohort = feature_matrix(store, [day])
        (visited,) = zip(
            *store.rows("SELECT DISTINCT project_id FROM inspections WHERE known_at < ?", [day]),
            strict=True,
        )
    seen = cohort.where(np.isin(np.array(cohort.project_ids), np.array(visited)))
    found = fit_novelty_detector(seen)
    assert 0 <= found.is_novel(cohort).mean() < 0.3
    strange = dataclasses.replace(cohort, values=np.full_like(cohort.values, 1e9))
    assert found.is_novel(strange).all()
