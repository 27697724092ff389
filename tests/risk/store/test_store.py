"""The record store shows the same versions whichever way it finds what is superseded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from risk.contract import STORED_TABLES
from risk.store.store import RecordStore
from risk.unit_kinds import KINDS

from ...histories import tell, tellings


def versions(store: RecordStore) -> dict[str, list[tuple[object, ...]]]:
    return {
        name: store.rows(f"SELECT arrival, superseded_at FROM {name}_versions ORDER BY ALL")
        for name in STORED_TABLES
    }


@given(told=st.lists(tellings(), max_size=12), kind=st.sampled_from(KINDS))
def test_superseded_rows_found_once_are_those_found_at_every_reading(told, kind):
    with RecordStore(":memory:") as stored:
        tell(stored, told)
        store = stored.for_kind(kind)
        before = versions(store)
        store.cache_superseded()
        assert versions(store) == before
