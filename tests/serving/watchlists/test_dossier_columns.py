"""Dossiers are stored with their contributions by column, and read as they were."""

from __future__ import annotations

import json

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


VALUES = st.none() | st.floats(allow_nan=False) | st.text(max_size=3)
EQUAL_KEYS = st.sets(st.text(max_size=3), max_size=3).flatmap(
    lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, VALUES)), max_size=4)
)
ANY_KEYS = st.lists(st.dictionaries(st.text(max_size=2), VALUES, max_size=2), max_size=3)
PARTS = st.none() | st.fixed_dictionaries(
    {"base": st.floats(allow_nan=False)}, optional={"features": EQUAL_KEYS | ANY_KEYS | st.none()}
)


@given(st.fixed_dictionaries({"facts": VALUES}, optional={"contributions": PARTS}))
def test_a_dossier_is_read_as_it_was(dossier):
    stored = json.loads(json.dumps(by_column(dossier)))
    assert json.dumps(by_row(stored), sort_keys=True) == json.dumps(dossier, sort_keys=True)
    assert by_row(dossier) == dossier
