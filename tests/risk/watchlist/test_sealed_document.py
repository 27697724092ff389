from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.tiers import Tier
from risk.watchlist import Sealed, seal, verify
from risk.watchlist.sealed_document import NotSealable

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
documents = st.dictionaries(words, values, max_size=5)


@given(documents, st.randoms())
def test_seal_is_independent_of_key_order(document, random):
    shuffled = dict(random.sample(list(document.items()), len(document)))
    assert seal(shuffled) == seal(document)


@given(documents)
def test_seal_is_stable_after_reading_back(document):
    sealed = seal(document)
    read = json.loads(sealed.body)
    assert read == document
    assert seal(read) == sealed
    assert verify(sealed)


@given(documents, st.data())
def test_verify_detects_one_changed_byte(document, data):
    sealed = seal(document)
    at = data.draw(st.integers(0, len(sealed.body) - 1))
    changed = bytearray(sealed.body)
    changed[at] ^= 1
    assert not verify(dataclasses.replace(sealed, body=bytes(changed)))


def test_seal_writes_canonical_json():
    document = {
        "b": [0.1, 1e-7, 2.0, -0.0],
        "a": {"薪": None, "x": True},
        "t": Tier.RED,
        "n": 10**20,
    }
    assert seal(document).body.decode() == (
        '{"a":{"x":true,"薪":null},"b":[0.1,1e-07,2.0,0.0],"n":100000000000000000000,"t":"red"}'
    )


def test_minus_zero_is_sealed_as_zero():
    assert seal({"a": [-0.0, -1.0]}).body == b'{"a":[0.0,-1.0]}'
    assert seal({"a": -0.0}).body == b'{"a":0.0}'


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"a": [1, float("nan")]}, "$.a[1]"),
        ({"a": float("inf")}, "$.a"),
        ({"a": {"b": dt.date(2025, 1, 1)}}, "$.a.b"),
        ({"a": {1: 2}}, "$.a"),
        ({1: 2}, "$"),
        ({"\ud800": 1}, "$"),
        ({"a": "\ud800"}, "$.a"),
        ({"a": {1, 2}}, "$.a"),
    ],
)
def test_seal_refuses_values_without_a_canonical_form(document, path):
    with pytest.raises(NotSealable) as refused:
        seal(document)
    assert refused.value.fields["path"] == path
    assert path in refused.value.message("zh")


def test_verify_rejects_a_non_ascii_digest():
    assert not verify(Sealed(b"{}", "é" * 64))
