"""The day up to which sealed lists bind the records of a county, at its edges."""

from __future__ import annotations

import datetime as dt

from risk.store.seals import Seal, sealed_day

MARCH, JUNE = dt.date(2026, 3, 1), dt.date(2026, 6, 1)
FIRST = {"330102": 4, "330106": 15}


def test_a_list_binds_a_county_whose_first_record_it_could_show():
    assert sealed_day([Seal("a", MARCH, 4)], FIRST, "330102") == MARCH
    assert sealed_day([Seal("a", MARCH, 3)], FIRST, "330102") is None
    assert sealed_day([Seal("a", MARCH, None)], FIRST, "330102") is None
    assert sealed_day([Seal("a", MARCH, 10)], FIRST, None) == MARCH
    assert sealed_day([Seal("a", JUNE, 20), Seal("b", MARCH, 20)], FIRST, "330106") == JUNE
    assert sealed_day([Seal("a", JUNE, 20)], FIRST, "330203") is None
    assert sealed_day([Seal("a", JUNE, 20)], {None: 7}, "330203") == JUNE
