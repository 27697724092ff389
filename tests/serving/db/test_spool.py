"""Bodies on their way into the database."""

from __future__ import annotations

import gc

import pytest

from serving.db import spool
from serving.db.spool import Spool, SpooledRows


def test_bodies_are_read_as_they_were_added_in_memory_or_on_disk(monkeypatch):
    monkeypatch.setattr(spool, "_IN_MEMORY", 10)
    found = Spool()
    found.add("B", b"12345")
    assert found["B"] == b"12345"
    found.add("A", b"")
    found.add("C", b"x" * 20)  # now on disk
    found.add("D", b"end")
    assert list(found.items()) == [("B", b"12345"), ("A", b""), ("C", b"x" * 20), ("D", b"end")]
    assert (len(found), found.get("none")) == (4, None)


def test_the_file_goes_with_the_spool():
    found = Spool()
    file = found._file
    del found
    gc.collect()
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_spooled_rows_are_the_rows_that_were_given():
    rows = [{"name": "工程", "amount": n, "none": None, "list": [n]} for n in range(3)]
    found = SpooledRows(iter(rows))
    assert found == rows
    assert (len(found), found[1], found[-1], found[1:]) == (3, rows[1], rows[2], rows[1:])
    assert found != rows[:2]
    with pytest.raises(IndexError):
        found[3]
