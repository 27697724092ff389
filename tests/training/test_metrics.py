"""Metrics against scikit-learn where there are no ties, and against brute force where there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from training.metrics import average_precision, roc_auc, top_k

tied = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=2, max_size=5)
untied = st.lists(st.booleans(), min_size=2, max_size=40).filter(
    lambda flags: any(flags) and not all(flags)
)


@given(untied, st.randoms(use_true_random=False))
def test_metrics_without_ties_equal_scikit_learn(flags, random):
    score = np.array(random.sample(range(1000), len(flags)), dtype=float)
    labels = np.array(flags, dtype=float)
    assert roc_auc(score, labels) == pytest.approx(roc_auc_score(labels, score))
    assert average_precision(score, labels) == pytest.approx(average_precision_score(labels, score))


@given(tied, st.integers(1, 5))
def test_metrics_under_ties_are_means_over_all_orders(rows, k):
    score = np.array([s for s, _ in rows], dtype=float)
    labels = np.array([h for _, h in rows], dtype=float)
    if not labels.any():
        return
    precisions, tops = [], []
    for order in itertools.permutations(range(len(rows))):
        strict = score + np.array(order) / 100
        precisions.append(average_precision(strict, labels))
        tops.append(top_k(strict, labels, k).precision)
    assert average_precision(score, labels) == pytest.approx(np.mean(precisions))
    assert top_k(score, labels, k).precision == pytest.approx(np.mean(tops))


def test_metrics_without_events_are_nan():
    none = np.zeros(3)
    assert np.isnan(roc_auc(none, none))
    assert np.isnan(average_precision(none, none))
    assert np.isnan(top_k(none, none, 2).recall)
