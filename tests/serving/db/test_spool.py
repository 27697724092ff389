"""Bodies on their way into the database."""

from __future__ import annotations

import gc

import pytest

from serving.db import spool
from serving.db.spool import Spool


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
