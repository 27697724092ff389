"""Undated rows of a feed that sealed lists were built from are known no earlier than these lists.

The rule holds per table and county. A feed that is new to a county was in no list of it, so its
records unfold as history. A list of one region binds every county: its features also read other
projects of the same contractors.
"""

from __future__ import annotations

from dataclasses import dataclass

from risk.contract import DatedBy, Table
from risk.store.record_places import places_sql
from risk.store.seals import sealed_day, seals
from risk.store.store import RecordStore

_UNDATED = ", ".join(f"'{one.value}'" for one in (DatedBy.UNFOLDED, DatedBy.STATED, DatedBy.IMPORT))
_DAYS = "intake_sealed_days"
_COUNTY_DIGITS = 6


@dataclass(frozen=True)
class SealedRows:
    """``moved`` undated versions were known earlier by their rule; ``new_in`` are the counties
    whose lists had no such feed, so that its records unfolded as history."""

    moved: int = 0
    new_in: tuple[str, ...] = ()


def move_behind_seals(store: RecordStore, table: Table, first_arrival: int) -> SealedRows:
    """Move undated versions stored from ``first_arrival`` on behind the lists sealed so far.

    Call it in the transaction that stored them.
    """
    found = [seal for seal in seals(store) if seal.arrival is not None]
    if not found:
        return SealedRows()
    new = f"(FROM ({counties_sql(table)}) WHERE arrival >= {int(first_arrival)} AND is_undated)"
    counties = [row[0] for row in store.rows(f"SELECT DISTINCT county FROM {new} ORDER BY county")]
    if not counties:
        return SealedRows()
    first_arrivals = dict(
        store.rows(
            f"SELECT county, min(arrival) FROM ({counties_sql(table)}) WHERE arrival < ?"
            " GROUP BY county",
            [first_arrival],
        )
    )
    days = {county: sealed_day(found, first_arrivals, county) for county in counties}
    new_in = tuple(str(county) for county, day in days.items() if county and not day)
    store.rows(f"CREATE OR REPLACE TEMP TABLE {_DAYS} (county VARCHAR, day DATE)")
    for county, day in days.items():
        store.rows(f"INSERT INTO {_DAYS} VALUES (?, ?)", [county, day])
    moved: int = store.rows(
        f"""
        UPDATE main.{table.name} AS stored
        SET known_at = late.day, dated_by = '{DatedBy.SEALED.value}'
        FROM (
          SELECT new.arrival, d.day
          FROM {new} new JOIN {_DAYS} d ON d.county IS NOT DISTINCT FROM new.county
        ) late
        WHERE stored.arrival = late.arrival AND stored.known_at < late.day
        """
    )[0][0]
    store.rows(f"DROP TABLE {_DAYS}")
    return SealedRows(moved, new_in)


def counties_sql(table: Table) -> str:
    """SQL for ``arrival``, ``is_undated`` and ``county`` of every row of ``table``.

    The county is that of the project, else of the organization; NULL if neither is known.
    """
    return (
        f"SELECT arrival, dated_by IN ({_UNDATED}) AS is_undated,"
        f" substr(place, 1, {_COUNTY_DIGITS}) AS county FROM ({places_sql(table)})"
    )
