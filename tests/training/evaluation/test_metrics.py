"""Metrics against scikit-learn where there are no ties, and against brute force where there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from training.evaluation.metrics import at_top, average_precision, roc_auc

tied = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=2, max_size=5)
untied = st.lists(st.booleans(), min_size=2, max_size=40).filter(
    lambda flags: any(flags) and not all(flags)
)


@given(untied, st.randoms(use_true_random=False))
def test_without_ties_the_figures_are_scikit_learns(flags, random):
    score = np.array(random.sample(range(1000), len(flags)), dtype=float)
    happened = np.array(flags, dtype=float)
    assert roc_auc(score, happened) == pytest.approx(roc_auc_score(happened, score))
    assert average_precision(score, happened) == pytest.approx(
        average_precision_score(happened, score)
    )


@given(tied, st.integers(1, 5))
def test_under_ties_they_are_means_over_all_orders(rows, places):
    score = np.array([s for s, _ in rows], dtype=float)
    happened = np.array([h for _, h in rows], dtype=float)
    if not happened.any():
        return
    precisions, tops = [], []
    for order in itertools.permutations(range(len(rows))):
        strict = score + np.array(order) / 100
        precisions.append(average_precision(strict, happened))
        tops.append(at_top(strict, happened, places).precision)
    assert average_precision(score, happened) == pytest.approx(np.mean(precisions))
    assert at_top(score, happened, places).precision == pytest.approx(np.mean(tops))


def test_nothing_to_rank_is_not_a_number():
    none = np.zeros(3)
    assert np.isnan(roc_auc(none, none))
    assert np.isnan(average_precision(none, none))
    assert np.isnan(at_top(none, none, 2).recall)
