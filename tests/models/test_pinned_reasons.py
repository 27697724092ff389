"""Reasons, what is typical and novelty, worked out by hand on a few rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.feature_sets import ALL_FEATURES
from features.matrix import Matrix
from models.logistic import LogisticModel
from models.novelty import Unit, _group_of_employer, novel_units
from models.peer_medians import MIN_PEERS, Typical, cohort_medians, peer_groups, peer_medians
from models.reasons import (
    Basis,
    EvidenceItem,
    _leads,
    _may_be_stated,
    reasons,
    statement_of,
)

FEATURES = {one.name: one for one in ALL_FEATURES}
DAY = np.datetime64("2025-01-01")


def matrix_of(columns, rows, kind="project", days=None):
    names = tuple(f"P{number}" for number in range(len(rows)))
    days = np.full(len(rows), DAY) if days is None else np.array(days, dtype="datetime64[D]")
    return Matrix(days, names, tuple(columns), np.array(rows, dtype=float), kind)


SIZE = ("building_sector", "contract_amount_yuan", "complaints_90d")


def test_twenty_small_and_twenty_large_projects_have_a_median_each():
    """Contracts of 1 and 9 million; complaints 0 to 19 and 100 to 119: medians 9.5 and 109.5.

    Twenty small ones of another sector have 50 each.
    """
    rows = [[1, 1e6, n] for n in range(20)] + [[1, 9e6, 100 + n] for n in range(20)]
    rows += [[0, 1e6, 50] for _ in range(20)]
    assert MIN_PEERS == 20
    found = peer_medians(matrix_of(SIZE, rows))
    assert found.medians[:20, 2].tolist() == [9.5] * 20
    assert found.medians[20:, 2].tolist() == [109.5] * 20 + [50.0] * 20
    assert found.in_group.all()
    assert found.groups.tolist() == [11] * 20 + [12] * 20 + [1] * 20


def test_with_nineteen_known_values_a_group_has_the_median_of_all():
    """One of the large is unknown: of the 39 known values the median is the twentieth, 19."""
    rows = [[1, 1e6, n] for n in range(20)] + [[1, 9e6, 100 + n] for n in range(20)]
    rows[-1][2] = np.nan
    found = peer_medians(matrix_of(SIZE, rows))
    assert found.medians[:20, 2].tolist() == [9.5] * 20
    assert found.medians[20:, 2].tolist() == [19.0] * 20
    assert found.in_group[:, 2].tolist() == [True] * 20 + [False] * 20
    assert found.in_group[:, 1].all()


@pytest.mark.parametrize("last", [119.0, np.nan])
def test_medians_of_some_rows_are_those_of_the_cohort(last):
    rows = [[1, 1e6, n] for n in range(20)] + [[1, 9e6, 100 + n] for n in range(20)]
    rows[-1][2] = last
    matrix = matrix_of(SIZE, rows)
    whole, found = peer_medians(matrix), cohort_medians(matrix).of(np.array([39, 0]))
    for name in ("medians", "groups", "in_group"):
        assert getattr(found, name).tolist() == getattr(whole, name)[[39, 0]].tolist()
    assert found.medians[0, 2] == (109.5 if last == 119 else 19.0)


def test_peers_are_of_one_date_sector_and_third_by_size():
    """Of 1 to 9 million the thirds end at 3.67 and 6.33; what is unknown is a group of its own."""
    rows = [[1, million * 1e6, 0] for million in range(1, 10)]
    rows += [[0, 1e6, 0], [np.nan, 6e6, 0], [1, np.nan, 0], [np.nan, np.nan, 0]]
    days = ["2025-01-01"] * 9 + ["2025-02-01"] * 4
    # In February the only known sizes are 1 and 6 million: thirds end at 2.67 and 4.33 again.
    assert peer_groups(matrix_of(SIZE, rows, days=days)).tolist() == [
        *(10, 10, 10, 11, 11, 11, 12, 12, 12),
        *(0, 22, 13, 23),
    ]


def test_employers_are_peers_by_insured_staff():
    rows = [[staff] for staff in (1, 2, 3, np.nan)]
    found = peer_groups(matrix_of(("insured_staff",), rows, "employer"))
    assert found.tolist() == [0, 1, 2, 3]


def test_peers_of_another_date_do_not_count():
    rows = [[1, 1e6, n] for n in range(20)] * 2
    for number in range(20, 40):
        rows[number] = [1, 1e6, 50]
    days = ["2025-01-01"] * 20 + ["2025-02-01"] * 20
    found = peer_medians(matrix_of(SIZE, rows, days=days))
    assert found.medians[:, 2].tolist() == [9.5] * 20 + [50.0] * 20


COLUMNS = (
    *("unpaid_share_3m", "cash_share_3m"),  # payments
    *("complaints_90d", "dispute_open_days", "age_months"),  # complaints, disputes, stage
)
MODEL = LogisticModel(COLUMNS, ((0.0,),) * 5, (1.0,) * 5, (0.0,) * 5, 0.0)


def found_reasons(parts, values, typical, shown=COLUMNS, group=11, *, in_group=True):
    """The reasons of one project; the features ``shown`` have a record each."""
    matrix = matrix_of(COLUMNS, [values])
    item = EvidenceItem("payrolls", "R", dt.date(2024, 12, 1))
    evidence = {
        (statement.evidence, "P0"): (item,)
        for name in shown
        for sign in (1.0, -1.0)
        if (statement := statement_of(FEATURES[name], sign))
    }
    usual = Typical(np.array([typical], dtype=float), np.array([group]), np.array([[in_group] * 5]))
    (found,) = reasons(MODEL, matrix, np.array([[*parts, 0.0]]), evidence, usual)
    return found


def test_reasons_are_sums_of_families_strongest_first():
    """Payments 0.5 - 0.2, complaints -0.4, disputes 0.3 and stage 0: no reason.

    Of equal strength the first family by name; disputes is before payments.
    """
    parts = [0.5, -0.2, -0.4, 0.3, 0.0]
    found = found_reasons(parts, [0.4, 0.0, 0.0, 40, 5], [0.1, 0.5, 2, 0, 5])
    assert [(one.family, round(one.contribution, 6)) for one in found] == [
        ("complaints", -0.4),
        ("disputes", 0.3),
        ("payments", 0.3),
    ]
    complaints, disputes, payments = found
    assert (complaints.feature, complaints.basis) == ("complaints_90d", Basis.COMBINED)
    assert (disputes.feature, disputes.basis) == ("dispute_open_days", Basis.FACT)
    assert (disputes.value, disputes.typical, disputes.peers) == (40, 0, 11)
    assert (payments.feature, payments.value, payments.typical) == ("unpaid_share_3m", 0.4, 0.1)
    assert (payments.article, len(payments.evidence)) == (FEATURES["unpaid_share_3m"].article, 1)


@pytest.mark.parametrize("group", [0, 1, 2, 11, 23])
def test_a_reason_names_its_peers_unless_they_are_all(group):
    parts, values, typical = [0.5, 0, 0, 0, 0], [0.4, 0, 0, 0, 5], [0.1, 0, 0, 0, 5]
    (found,) = found_reasons(parts, values, typical, group=group)
    (of_all,) = found_reasons(parts, values, typical, group=group, in_group=False)
    assert (found.peers, of_all.peers) == (group, None)


def test_a_family_states_its_strongest_fact_not_its_strongest_feature():
    """The unpaid share contributes most but is typical; the share paid in cash is not."""
    parts = [0.5, 0.2, 0.0, 0.0, 0.0]
    (found,) = found_reasons(parts, [0.4, 0.6, 0, 0, 5], [0.4, 0.1, 0, 0, 5])
    assert (found.feature, found.basis, found.value) == ("cash_share_3m", Basis.FACT, 0.6)
    assert found.contribution == pytest.approx(0.7)


def test_a_fact_without_a_record_is_not_stated():
    parts, values, typical = [0.5, 0, 0, 0, 0], [0.4, 0, 0, 0, 5], [0.1, 0, 0, 0, 5]
    (found,) = found_reasons(parts, values, typical, shown=("dispute_open_days",))
    assert (found.basis, found.evidence, found.value) == (Basis.COMBINED, (), 0.4)


def test_an_unknown_feature_is_not_reported():
    parts = [0.5, 0.0, 0.0, 0.0, 0.0]
    (found,) = found_reasons(parts, [np.nan, 0.6, 0, 0, 5], [0.4, 0.1, 0, 0, 5])
    assert (found.feature, found.basis, found.value) == (
        *("unpaid_share_3m", Basis.NOT_REPORTED),
        None,
    )
    assert (found.typical, found.evidence) == (0.4, ())


def test_a_billionth_is_no_reason():
    values, typical = [0.4, 0, 0, 0, 5], [0.1, 0, 0, 0, 5]
    matrix = matrix_of(COLUMNS, [values])
    usual = Typical(np.array([typical]), np.array([1]), np.array([[True] * 5]))
    for part, count in ((1e-9, 0), (-1e-9, 0), (1.1e-9, 1)):
        (found,) = reasons(MODEL, matrix, np.array([[part, 0, 0, 0, 0, 0.0]]), {}, usual)
        assert len(found) == count


def test_the_lead_is_stated_before_known_before_unknown():
    """By row: contributions of three features, which are known, which may be stated, the lead."""
    yes, no = True, False
    rows = (
        ([0.9, 0.5, 0.4], (no, yes, yes), (no, no, yes), 2, True),
        ([0.9, 0.5, 0.4], (no, yes, yes), (no, no, no), 1, False),
        ([-0.9, 0.5, -0.4], (yes, yes, yes), (no, yes, yes), 2, True),  # -0.8 in all: lowers
        ([0.2, 0.6, -0.1], (no, no, no), (no, no, no), 1, False),
        ([0.3, 0.3, 0.1], (yes, yes, yes), (yes, yes, yes), 0, True),
        ([0.0, 0.4, 0.0], (yes, yes, yes), (yes, no, no), 1, False),  # what adds nothing
        ([0.0, 0.4, 0.0], (yes, no, no), (no, no, no), 1, False),
    )
    parts = np.array([row[0] for row in rows])
    known, may = (np.array([row[place] for row in rows]) for place in (1, 2))
    leads, stated = _leads(parts, known, may, parts.sum(axis=1))
    assert leads.tolist() == [row[3] for row in rows]
    assert stated.tolist() == [row[4] for row in rows]


def test_facts_of_several_projects_are_told_apart():
    """Complaints of 20 differ by a twentieth from 19, not quite from 19.5; shares are by project.

    The last two have 1 % of their project's contributions, and half of that.
    """
    rows = (([20, 0.0], [19, 0.0], [0.4, 0.0], True), ([20, 0.0], [19.5, 0.0], [0.4, 0.0], False),
            ([3, 0.0], [0, 0.0], [0.01, 0.99], True), ([3, 0.0], [0, 0.0], [0.01, 1.99], False),
            )  # fmt: skip
    values, typical, parts = (np.array([row[place] for row in rows]) for place in range(3))
    features = [FEATURES["complaints_90d"], FEATURES["age_months"]]
    found = _may_be_stated(features, values, typical, parts)
    assert found[:, 0].tolist() == [row[3] for row in rows]


@pytest.mark.parametrize(
    ("name", "value", "usual", "part", "stated"),
    [
        ("complaints_90d", 1, 0, 0.4, True),  # stated from 1 on
        ("complaints_90d", 0.9, 0, 0.4, False),
        ("unpaid_share_3m", 0.01, 0, 0.4, True),
        ("unpaid_share_3m", 0.009, 0, 0.4, False),
        ("unpaid_share_3m", 0, 0.2, -0.4, True),  # stated of 0 alone
        ("unpaid_share_3m", 0.001, 0.2, -0.4, False),
        ("unpaid_share_3m", 0, 0, -0.4, False),  # nothing unusual
        ("unpaid_share_3m", 0, np.nan, -0.4, True),
        ("account_open", 1, 0, -0.4, True),  # more of it means less risk
        ("account_open", 1, 0, 0.4, False),
    ],
)
def test_a_fact_is_within_the_bounds_of_its_sentence(name, value, usual, part, stated):
    values, typical, parts = (np.array([[one]], dtype=float) for one in (value, usual, part))
    assert _may_be_stated([FEATURES[name]], values, typical, parts).tolist() == [[stated]]


KIND = (("township", "420300101"),)
OTHER = (("township", "420300102"),)


@pytest.mark.parametrize(
    ("own", "others", "novel"),
    [
        (0, 29, None),  # too few to say
        (0, 30, {"U": KIND}),
        (0, 31, {"U": KIND}),
        (1, 29, {}),  # one of its own kind was looked into
        (1, 28, None),
    ],
)
def test_novel_is_a_kind_of_which_none_was_looked_into(own, others, novel):
    seen = [Unit(f"K{number}", KIND, looked_into=True) for number in range(own)]
    seen += [Unit(f"O{number}", OTHER, looked_into=True) for number in range(others)]
    found = novel_units([*seen, Unit("U", KIND, looked_into=False), Unit("V", OTHER, False)])
    assert (found and found.groups) == novel
    assert found is None or found.inspected == own + others


@pytest.mark.parametrize(
    ("region", "township"),
    [("420300101007", "420300101"), ("420300", "420300"), (None, None)],
)
def test_kinds_of_employers_are_townships(region, township):
    assert _group_of_employer("road", "private", 5, region) == (("township", township),)
