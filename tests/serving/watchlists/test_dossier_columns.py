"""Dossiers are stored with their contributions by column, and read as they were."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.watchlists.dossier_columns import by_column, by_row

FEATURES = [
    {"name": "unpaid_share", "family": "payments", "value": 0.5, "contribution": 0.25},
    {"name": "age", "family": "stage", "value": None, "contribution": -0.0},
]


def test_features_are_stored_by_column():
    dossier = {"facts": {}, "contributions": {"base": -1.5, "features": FEATURES}}
    assert by_column(dossier)["contributions"] == {
        "base": -1.5,
        "features": {
            "name": ["unpaid_share", "age"],
            "family": ["payments", "stage"],
            "value": [0.5, None],
            "contribution": [0.25, -0.0],
        },
    }
    assert dossier["contributions"]["features"] is FEATURES


def test_features_without_a_figure_are_stored_as_they_are():
    dossier = {"contributions": {"features": [{}]}}
    assert by_row(by_column(dossier)) == dossier


def test_records_are_stored_by_column_of_their_table():
    first = {"fields": {"workers": 7, "due_on": "2025-01-05"}, "region": "990101"}
    second = {"fields": {"workers": 9, "due_on": "2025-02-05"}, "region": None}
    third = {"fields": {"workers": None}, "region": "990101"}
    records = {"payrolls/a/1": first, "payrolls/b": third, "payrolls/c": second}
    stored = by_column({"records": records})["records"]
    dates = ["2025-01-05", "2025-02-05"]
    assert stored == [
        *[["payrolls", ["a/1", "c"], ["990101", None], {"due_on": dates, "workers": [7, 9]}]],
        *[["payrolls", ["b"], ["990101"], {"workers": [None]}]],
    ]
    assert list(by_row({"records": stored})["records"].items()) == list(records.items())


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (1 / 3, [1, 3]),
        (-53 / 80 + 1e-17, -0.6625),
        (-13 / 81, [-13, 81]),
        (56.583333333333336, [679, 12]),
        (56.583333333333314, 56.583333333333314),
        (0.0027726423109600682, 0.0027726423109600682),
        (123456789.0, [123456789, 1]),
        (1.5e300, 1.5e300),
        *[(12.0, 12.0), (0.0, 0.0), (None, None), ("1/3", "1/3"), (7, 7)],
    ],
)
def test_ratios_of_small_numbers_are_stored_as_such(value, stored):
    dossier = {"contributions": {"features": [{"value": value}]}}
    found = by_column(dossier)["contributions"]["features"]["value"]
    assert found == [stored]
    assert by_row(by_column(dossier)) == dossier


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ([0.123457, -0.000001, 0.0], [123457, -1, 0]),
        ([2.5, 1e-6], [2_500_000, 1]),
        # More decimals, a zero with a sign, what is no number or too large stay figures.
        *[([0.25, value], None) for value in (0.1234567, -0.0, None, "1", 1, 1e305)],
    ],
)
def test_rounded_contributions_are_stored_as_whole_numbers(values, stored):
    dossier = {"contributions": {"features": [{"contribution": value} for value in values]}}
    found = by_column(dossier)["contributions"]["features"]
    assert found == ({"contribution_e6": stored} if stored else {"contribution": values})
    assert json.dumps(by_row(by_column(dossier))) == json.dumps(dossier)


RECORD = st.fixed_dictionaries(
    {
        "fields": st.dictionaries(st.text(max_size=2), st.none() | st.integers(), max_size=2),
        "region": st.none() | st.text(max_size=2),
    },
    optional={"other": st.none()},
)
KEYS = st.sampled_from(["a/1", "a/2", "b/1/2", "b/", "/", "a", "ab/1"])
RATIOS = st.builds(lambda p, q: p / q, st.integers(-9_999, 9_999), st.integers(1, 9_999))
ROUNDED = st.floats(-9, 9).map(lambda value: round(value, 6))
VALUES = st.none() | st.floats(allow_nan=False) | RATIOS | ROUNDED | st.text(max_size=3)
NAMES = st.sampled_from(["value", "contribution"]) | st.text(max_size=3)
EQUAL_KEYS = st.sets(NAMES, max_size=3).flatmap(
    lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, VALUES)), max_size=4)
)
ANY_KEYS = st.lists(st.dictionaries(st.text(max_size=2), VALUES, max_size=2), max_size=3)
PARTS = st.none() | st.fixed_dictionaries(
    {"base": st.floats(allow_nan=False)}, optional={"features": EQUAL_KEYS | ANY_KEYS | st.none()}
)


@given(
    st.fixed_dictionaries(
        {"facts": VALUES},
        optional={"contributions": PARTS, "records": st.none() | st.dictionaries(KEYS, RECORD)},
    )
)
def test_a_dossier_is_read_as_it_was(dossier):
    stored = json.loads(json.dumps(by_column(dossier)))
    assert json.dumps(by_row(stored), sort_keys=True) == json.dumps(dossier, sort_keys=True)
    assert by_row(dossier) == dossier
