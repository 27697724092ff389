"""The deposit rows of a register, narrowed to what a reader may see and wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal

Row = Mapping[str, Any]
PARTS = ("advice", "ending")


def advice_rows(found: Mapping[str, Sequence[Row]], who: Principal, region: str = "") -> list[Row]:
    """Advice per contractor and county; where else it had events is not told outside a region."""
    return [
        {**row, "events": [_seen(event, who) for event in row["events"]]}
        for row in found.get("advice", ())
        if covers(who, row["region_code"]) and row["region_code"].startswith(region[:6])
    ]


def ending_rows(
    found: Mapping[str, Sequence[Row]], who: Principal, warn_days: int, region: str = ""
) -> list[Row]:
    """Deposits missing, expired, or running out within ``warn_days``."""
    return [
        row
        for row in found.get("ending", ())
        if covers(who, row["region_code"])
        and row["region_code"].startswith(region)
        and (row["state"] != "ending" or row["days_left"] <= warn_days)
    ]


def in_yuan(row: Row) -> Row:
    """A row of the second part with its money in yuan."""
    amounts = {name: row[name] for name in ("amount", "required_amount")}
    return {**row, **{name: None if fen is None else fen / 100 for name, fen in amounts.items()}}


def _seen(event: Row, who: Principal) -> Row:
    if not who.region or covers(who, event["region_code"]):
        return event
    return {**event, "project_id": None, "record_id": None, "region_code": None}
