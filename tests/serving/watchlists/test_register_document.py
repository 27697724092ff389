"""Registers read row by row give what the whole document holds."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.db.compression import compressed_body, opened
from serving.watchlists import register_document
from serving.watchlists.register_document import read_register

_SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
_ROWS = st.lists(st.dictionaries(st.text(), _SCALARS | st.lists(_SCALARS), max_size=3), max_size=4)
_REGISTERS = st.dictionaries(
    st.text(), _SCALARS | _ROWS | st.dictionaries(st.text(), _ROWS), max_size=5
)


@pytest.mark.parametrize("at_once", [1, 7, 100_000])
@given(register=_REGISTERS, indent=st.sampled_from([None, 1]))
def test_every_row_is_read_wherever_the_text_is_cut(at_once, register, indent):
    body = json.dumps(register, ensure_ascii=indent is None, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register_document, "_READ_AT_ONCE", at_once)
        assert read_register(io.BytesIO(body), lambda part, row: True) == register


def test_rows_that_are_not_wanted_are_left_out():
    register = {
        "as_of": "2025-03-01",
        "duties": {"P1": [{"code": "a"}]},
        "deposits": {"ending": [{"project_id": "P1"}]},
        "projects": [{"project_id": "P1", "n": 10}, {"project_id": "P2", "n": 100}],
    }
    body = io.BytesIO(json.dumps(register).encode())
    found = read_register(
        body, lambda part, row: part == "duties" or row.get("n") == 100 or part == "as_of"
    )
    assert found == {
        "as_of": "2025-03-01",
        "duties": {"P1": [{"code": "a"}]},
        "deposits": {"ending": []},
        "projects": [{"project_id": "P2", "n": 100}],
    }


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a": [1, 2', b'{"a" 1}', b'{"a": [1 2]}', b"{]"])
def test_what_is_no_whole_object_is_refused(body):
    with pytest.raises(json.JSONDecodeError):
        read_register(io.BytesIO(body), lambda part, row: True)


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_bodies_of_every_version_are_opened(size):
    body = json.dumps({"projects": ["项" * 10] * (size // 40)}, ensure_ascii=False).encode()
    parts = [body[place : place + 65_536] for place in range(0, len(body), 65_536)]
    for stored in (compressed_body(parts), gzip.compress(body), body):
        assert opened(stored).read() == body
