"""Counterfactual scores with duties met, one at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from features.feature_sets import ALL_FAMILIES, ALL_FEATURES, FEATURE_SETS
from features.matrix import Matrix, compute, matrix_table, to_matrix
from models import counterfactuals
from models.cohort_scores import read_cohort, score_records
from models.counterfactuals import ALL_DUTIES, LEVERS, MIN_EFFECT, lever_effects, levers_of
from models.logistic import LogisticModel
from risk.locale import LANGUAGES, catalogue
from risk.store.store import RecordStore

AS_OF = dt.date(2025, 9, 1)


WAGES = (
    *("unpaid_share_1m", "unpaid_share_3m", "unpaid_share_12m", "unpaid_months"),
    *("unpaid_overdue_share", "unpaid_amount", "unpaid_per_worker", "oldest_unpaid_days"),
    *("open_roll_share_3m", "open_teams_share", "worst_team_unpaid_share", "workers_unpaid"),
    *("months_not_full_6m", "people_unpaid_share", "present_unpaid_share"),
)
TRANSFERS = (
    *("transfer_short_share_3m", "transfer_short_share_12m", "transfer_open_months"),
    *("transfer_open_months_3m", "transfer_oldest_days", "transfer_short_amount"),
)
REPORTS = (
    *("payroll_silent_days", "attendance_silent_days", "payroll_months_missing_6m"),
    *("attendance_months_missing_6m", "present_without_payroll_months"),
)
EXPECTED = [
    ("wages_paid", "31", dict.fromkeys(WAGES, 0.0)),
    ("paid_by_bank", "31", {"cash_share_3m": 0.0, "foreman_share_3m": 0.0}),
    ("labour_cost_passed_on", "29", dict.fromkeys(TRANSFERS, 0.0)),
    ("account_open", "26", {"account_open": 1.0}),
    (
        *("deposit_stored", "32"),
        {"deposit_valid": 1.0, "deposit_lapsed_days": 0.0, "deposit_drawn": 0.0},
    ),
    (
        *("workers_registered", "28"),
        {"registered_share": 1.0, "contract_signed_share": 1.0, "present_unlisted_share": 0.0},
    ),
    ("rectified", "39", {"rectification_overdue": 0.0}),
    ("notice_board", "34", {"notice_board": 1.0}),
    ("reported", "15", dict.fromkeys(REPORTS, 0.0)),
]
"""The levers in published snapshots: code, article, features with the duty met, in order."""


COMPLIANT = sorted({one.name for one in ALL_FEATURES if one.compliant_value is not None})
FEATURES = {one.name: one for one in ALL_FEATURES}


@pytest.fixture(scope="module")
def matrix(county):
    with RecordStore(county.records, read_only=True) as store:
        engine = compute(store, [AS_OF])
        try:
            return to_matrix(matrix_table(engine))
        finally:
            engine.close()


def test_levers_are_the_published_ones():
    assert [(lever.code, lever.article, dict(lever.met)) for lever in LEVERS] == EXPECTED


def test_a_lever_needs_a_duty_and_its_compliant_value():
    """Of three features one has both, one only the duty, one only the value."""
    family = next(one for one in ALL_FAMILIES if any(f.duty for f in one.features))
    whole = next(one for one in family.features if one.duty and one.compliant_value is not None)
    features = (
        whole,
        replace(whole, name="without_value", compliant_value=None),
        replace(whole, name="without_duty", duty=None),
    )
    (lever,) = levers_of([replace(family, features=features)])
    assert (lever.code, lever.article) == (whole.duty.code, whole.duty.article)
    assert lever.met == {whole.name: whole.compliant_value}


def test_every_lever_moves_known_features_and_has_words():
    names = {feature.name for feature in FEATURE_SETS["project"].features}
    assert LEVERS
    for lever in LEVERS:
        assert set(lever.met) <= names
        assert all(f"pages.levers.{lever.code}" in catalogue(one) for one in LANGUAGES)


def test_an_effect_is_the_score_of_the_changed_row(matrix, county_trained):
    model = county_trained.model
    effects = lever_effects(model, matrix)
    now = model.calibration.probability(model.raw(matrix))
    row = max(range(len(effects)), key=lambda i: len(effects[i]))
    assert len(effects[row]) > 2
    for effect in effects[row]:
        values = matrix.values.copy()
        met = {n: v for lever in LEVERS for n, v in lever.met.items()}
        if effect.code != ALL_DUTIES:
            met = next(lever.met for lever in LEVERS if lever.code == effect.code)
        for name, value in met.items():
            column = matrix.columns.index(name)
            direction = FEATURES[name].direction
            if direction * values[row, column] > direction * value:
                values[row, column] = value
        changed = type(matrix)(matrix.as_ofs, matrix.project_ids, matrix.columns, values)
        then = model.calibration.probability(model.raw(changed))
        assert effect.probability == pytest.approx(then[row])
        assert now[row] - effect.probability >= MIN_EFFECT
    assert effects[row][-1].code == ALL_DUTIES


def test_what_is_unknown_stays_unknown(matrix, county_trained):
    unknown = type(matrix)(
        matrix.as_ofs, matrix.project_ids, matrix.columns, np.full_like(matrix.values, np.nan)
    )
    assert set(lever_effects(county_trained.model, unknown)) == {()}


def test_a_cohort_reads_the_levers_of_a_project_when_asked(county, county_trained, monkeypatch):
    monkeypatch.setattr("risk.store.staged.AT_ONCE", 7)
    with RecordStore(county.records, read_only=True) as store:
        records = read_cohort(store, AS_OF)
        cohort = score_records(records, county_trained.model)
        every = lever_effects(county_trained.model, records.matrix)
        found = [cohort.levers[project_id] for project_id in records.matrix.project_ids]
    assert found == every
    assert any(every)
    assert cohort.levers.get("no such project") is None


def rows_of(columns, rows):
    days = np.full(len(rows), np.datetime64(AS_OF))
    ids = tuple(f"P{number}" for number in range(len(rows)))
    return Matrix(days, ids, columns, np.array(rows, dtype=float))


def model_of(weights, intercept=0.0):
    """Each feature counts -1 below, 0 at and 1 above its compliant value, times its weight."""
    edges = tuple((met - 1, met, met + 1) for met in (FEATURES[n].compliant_value for n in weights))
    return LogisticModel(
        tuple(weights), edges, tuple(weights.values()), (0.0,) * len(weights), intercept
    )


@pytest.mark.parametrize("name", COMPLIANT)
def test_every_compliant_value_lowers_the_risk_and_never_raises_it(name):
    """One worse than compliant has log-odds 1, so 0.7311; compliant 0, so 0.5."""
    feature = FEATURES[name]
    met, worse = feature.compliant_value, feature.compliant_value + feature.direction
    assert (feature.direction, met) in {(1, 0.0), (-1, 1.0)}
    better = met - feature.direction  # more workers registered than were present
    matrix = rows_of((name,), [[worse], [met], [better], [np.nan]])
    first, *others = lever_effects(model_of({name: float(feature.direction)}), matrix)
    assert others == [(), (), ()]
    own, every = first
    assert (own.code, own.article) == (feature.duty.code, feature.duty.article)
    assert (every.code, every.article) == (ALL_DUTIES, None)
    assert own.probability == every.probability == pytest.approx(0.5)


def test_a_duty_met_better_than_it_must_be_does_not_hide_what_is_missing():
    """Two registered for each one present, but no contract signed: log-odds -1 + 1.

    With the contracts signed, -1 + 0: a probability of 0.2689. Were the registered share lowered to
    1 as well, it would stay at 0.5 and the duty would look met.
    """
    columns = ("registered_share", "contract_signed_share")
    model = model_of(dict.fromkeys(columns, -1.0))
    (effects,) = lever_effects(model, rows_of(columns, [[2.0, 0.0]]))
    assert [(one.code, round(one.probability, 4)) for one in effects] == [
        ("workers_registered", 0.2689),
        (ALL_DUTIES, 0.2689),
    ]


def test_effects_are_sorted_and_small_ones_are_left_out():
    """Log-odds 3 now; without its parts 2.5, 1.8 and 0.8, and -0.9 without all of them.

    In the second row a share of 0.002 moves the log-odds by 0.0024, so 0.0005 of probability; in
    the third one of 0.006 by 0.0072, so 0.0015.
    """
    columns = ("unpaid_months", "cash_share_3m", "notice_board")
    weights = dict(zip(columns, (0.5, 1.2, -2.2), strict=True))
    model = model_of(weights, intercept=-0.9)
    rows = [[1.0, 1.0, 0.0], [np.nan, 0.002, 1.0], [np.nan, 0.006, 1.0]]
    first, second, third = lever_effects(model, rows_of(columns, rows))
    assert [one.code for one in first] == ["notice_board", "paid_by_bank", "wages_paid", ALL_DUTIES]
    expected = 1 / (1 + np.exp(-np.array([0.8, 1.8, 2.5, -0.9])))
    assert [one.probability for one in first] == pytest.approx(expected)
    assert second == ()
    assert [one.code for one in third] == ["paid_by_bank", ALL_DUTIES]


def test_an_effect_of_the_bound_itself_is_kept(monkeypatch):
    """The bound is set to the effect that is found."""
    columns = ("cash_share_3m",)
    model, matrix = model_of({"cash_share_3m": 1.0}), rows_of(columns, [[1.0]])
    ((own, every),) = lever_effects(model, matrix)
    (now,) = model.calibration.probability(model.raw(matrix))
    monkeypatch.setattr(counterfactuals, "MIN_EFFECT", float(now) - own.probability)
    assert lever_effects(model, matrix) == [(own, every)]
    monkeypatch.setattr(counterfactuals, "MIN_EFFECT", np.nextafter(now - own.probability, 1))
    assert lever_effects(model, matrix) == [()]
