"""Deposit rows of a register, filtered by permission and request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.db.database import Database
from serving.deposits.repository import Condition, DepositRows, Part
from serving.watchlists.repository import ListSummary

Row = Mapping[str, Any]
PARTS = ("advice", "ending", "returns")


def advice_rows(
    found: Mapping[str, Sequence[Row]], principal: Principal, region: str = ""
) -> list[Row]:
    """Return advice per contractor and county; events outside the region are redacted."""
    return [
        _redacted(row, principal)
        for row in found.get("advice", ())
        if covers(principal, row["region_code"]) and row["region_code"].startswith(region[:6])
    ]


def ending_rows(
    found: Mapping[str, Sequence[Row]], principal: Principal, warn_days: int, region: str = ""
) -> list[Row]:
    """Return deposits that are missing, expired, or expire within ``warn_days``."""
    return [
        row
        for row in found.get("ending", ())
        if covers(principal, row["region_code"])
        and row["region_code"].startswith(region)
        and (row["state"] != "ending" or row["days_left"] <= warn_days)
    ]


def return_rows(
    found: Mapping[str, Sequence[Row]], principal: Principal, region: str = ""
) -> list[Row]:
    """Return deposits still stored for completed projects."""
    return [
        row
        for row in found.get("returns", ())
        if covers(principal, row["region_code"]) and row["region_code"].startswith(region)
    ]


@dataclass(frozen=True)
class Found:
    """The first rows of the three tables, and how many rows each has."""

    advice: Sequence[Row]
    ending: Sequence[Row]
    returns: Sequence[Row]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class DepositFilter:
    """Filters of the tables; ``step`` and ``q`` are of the advice.

    Of each table come at most ``most`` rows after the first ``skip``.
    """

    warn_days: int
    region: str = ""
    step: str = ""
    q: str = ""
    most: int | None = None
    skip: int = 0


def deposits_of(
    database: Database, principal: Principal, summary: ListSummary, wanted: DepositFilter
) -> Found:
    """Return advice per contractor and county, deposits that are missing, expired or expire, and
    deposits still stored for completed projects. Events outside the region are redacted.
    """
    rows = DepositRows(database, summary, principal)
    where = _conditions(rows, wanted)
    advised, advice = rows.page("advice", where["advice"], wanted.most, wanted.skip)
    endings, ending = rows.page("ending", where["ending"], wanted.most, wanted.skip)
    returned, returns = rows.page("returns", where["returns"], wanted.most, wanted.skip)
    return Found(
        [_redacted(row, principal) for row in advice],
        ending,
        returns,
        {"advice": advised, "ending": endings, "returns": returned},
    )


def each_deposit(
    database: Database, principal: Principal, summary: ListSummary, wanted: DepositFilter
) -> Mapping[Part, Iterator[Row]]:
    """Return all rows of the three tables, as :func:`deposits_of`, read while they are asked for.

    ``most`` and ``skip`` are of pages, and are not looked at.
    """
    rows = DepositRows(database, summary, principal)
    where = _conditions(rows, wanted)
    return {
        "advice": (_redacted(row, principal) for row in rows.each("advice", where["advice"])),
        "ending": rows.each("ending", where["ending"]),
        "returns": rows.each("returns", where["returns"]),
    }


def _conditions(rows: DepositRows, wanted: DepositFilter) -> Mapping[Part, list[Condition]]:
    region = rows.of_region(wanted.region)
    of_advice = [rows.of_region(wanted.region[:6])]
    if wanted.step:
        of_advice.append(rows.with_step(wanted.step))
    if wanted.q.strip():
        of_advice.append(rows.named(wanted.q))
    return {
        "advice": of_advice,
        "ending": [region, rows.within_days(wanted.warn_days)],
        "returns": [region],
    }


def fen_to_yuan(row: Row) -> Row:
    """Return a row with amounts in yuan."""
    amounts = {name: row[name] for name in ("amount", "required_amount", "cap") if name in row}
    return {**row, **{name: None if fen is None else fen / 100 for name, fen in amounts.items()}}


def _redacted(row: Row, principal: Principal) -> Row:
    return {**row, "events": [_redact(one, principal) for one in row["events"]]}


def _redact(event: Row, principal: Principal) -> Row:
    if not principal.region or covers(principal, event["region_code"]):
        return event
    return {**event, "project_id": None, "record_id": None, "region_code": None}
