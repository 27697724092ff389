"""Deposit rows of a register, filtered by permission and request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal

Row = Mapping[str, Any]
PARTS = ("advice", "ending", "returns")


def advice_rows(
    found: Mapping[str, Sequence[Row]], principal: Principal, region: str = ""
) -> list[Row]:
    """Return advice per contractor and county; events outside the region are redacted."""
    return [
        {**row, "events": [_redact(event, principal) for event in row["events"]]}
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


def fen_to_yuan(row: Row) -> Row:
    """Return a row with amounts in yuan."""
    amounts = {name: row[name] for name in ("amount", "required_amount", "cap") if name in row}
    return {**row, **{name: None if fen is None else fen / 100 for name, fen in amounts.items()}}


def _redact(event: Row, principal: Principal) -> Row:
    if not principal.region or covers(principal, event["region_code"]):
        return event
    return {**event, "project_id": None, "record_id": None, "region_code": None}
