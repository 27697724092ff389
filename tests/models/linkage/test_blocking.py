"""Blocking: the candidates that share most, whichever way they are found."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.linkage.blocking import _GROUPS, Blocking, _largest, block
from models.linkage.equal_names import NameMatch
from models.linkage.snapshot import Candidate, ComplaintText

DAY = dt.date(2025, 6, 1)


def project(name, completed=None):
    return Candidate(name, None, (name,), (), None, completed)


def said(site):
    return ComplaintText("K", DAY, site, "", None, None, None, None)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=3 * _GROUPS),
    st.integers(1, 30),
)
@settings(max_examples=60)
def test_largest_values_of_many_are_those_of_sorting_all(values, count):
    found = _largest(np.array(values, dtype=np.float32), count)
    best = sorted((-value, place) for place, value in enumerate(values) if value)
    assert found.tolist() == [place for _, place in best[:count]]


def test_the_third_of_many_values_is_among_the_three_largest():
    """The best of each group of places are 5, 4, 3 and ones; the last places are in no group."""
    values = np.ones(2 * _GROUPS + 3, dtype=np.float32)
    values[[0, 1, _GROUPS + 2]] = 5, 4, 3
    assert _largest(values, 3).tolist() == [0, 1, _GROUPS + 2]
    values[-1] = 6
    assert _largest(values, 3).tolist() == [len(values) - 1, 0, 1]


def test_of_equally_like_candidates_the_first_are_compared():
    pairs = block([said("云渡小学")], [project("云渡小学")] * 5, limit=3)
    assert pairs.candidates.tolist() == [[0, 1, 2]]


def test_a_completed_project_counts_for_less_and_an_equal_name_comes_first():
    candidates = [project("云渡小学", dt.date(2020, 1, 1)), project("云渡小学"), project("石桥")]
    pairs = block([said("云渡小学")], candidates, equal=[NameMatch((2,), "equal")])
    assert pairs.candidates.tolist() == [[2, 1, 0]]
    assert pairs.site.tolist() == [[0, 1, 1]]


def test_complaints_without_a_name_have_no_candidate_and_nothing_is_indexed_for_them():
    index = Blocking([project("云渡小学")])
    pairs = block([said(""), said("")], index)
    assert pairs.candidates.tolist() == [[-1], [-1]]
    assert not {"_sites", "_firms"} & set(vars(index))
