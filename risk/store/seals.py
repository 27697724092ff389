"""Lists sealed so far, as the record store knows them when undated records are imported.

A list is sealed through its as_of. Undated records that arrive later in a feed the list was built
from must not change what was known before that day, so they are known no earlier.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from risk.store.store import RecordStore


@dataclass(frozen=True)
class Seal:
    """A list by its digest; ``arrival`` is the last row there was at its sealing.

    ``arrival`` is None for a list that was built from another history of records, which binds no
    record of this store.
    """

    digest: str
    through: dt.date
    arrival: int | None


def seals(store: RecordStore) -> list[Seal]:
    """All seals recorded in ``store``."""
    rows = store.rows("SELECT digest, sealed_through, arrival FROM main.seals ORDER BY ALL")
    return [Seal(*row) for row in rows]


def record_seal(store: RecordStore, seal: Seal) -> None:
    """Record a seal in ``store``."""
    store.rows("INSERT INTO main.seals VALUES (?, ?, ?)", [seal.digest, seal.through, seal.arrival])


def sealed_day(
    found: Collection[Seal], first_arrivals: Mapping[str | None, int], county: str | None
) -> dt.date | None:
    """The day from which undated rows of one table and ``county`` are known at the earliest. It is
    None if no list binds them.

    ``first_arrivals`` are the smallest arrival numbers of the table by county, None for rows of no
    county. These belong to the whole office: with them the feed was present in every county, and
    they are bound if it was present in any.

    >>> march, june = (Seal("a", dt.date(2026, 3, 1), 10), Seal("b", dt.date(2026, 6, 1), 20))
    >>> first = {"330102": 4, "330106": 15}
    >>> [str(sealed_day([march, june], first, one)) for one in ("330102", "330106", None)]
    ['2026-06-01', '2026-06-01', '2026-06-01']
    >>> [str(sealed_day([march], first, one)) for one in ("330102", "330106", None)]
    ['2026-03-01', 'None', '2026-03-01']
    """
    of_county = [
        arrival
        for place, arrival in first_arrivals.items()
        if county is None or place in (county, None)
    ]
    if not of_county:
        return None
    binding = (
        seal.through
        for seal in found
        if seal.arrival is not None and min(of_county) <= seal.arrival
    )
    return max(binding, default=None)
