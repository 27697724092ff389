"""The eight rates of counties and townships in the service database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, insert, select

from serving.auth.jurisdiction import overlaps
from serving.auth.principal import Principal
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import INDICATORS


@dataclass(frozen=True)
class CountyRates:
    """The eight rates of a county or township in a month, as known at ``as_of``."""

    as_of: dt.date
    region_code: str
    month: dt.date
    rates: Mapping[str, Any]


def save_rates(connection: Connection, rates: Sequence[CountyRates]) -> None:
    """Insert the rates that are not stored yet."""
    rows = [
        {"as_of": one.as_of, "region_code": one.region_code, "month": one.month, "rates": one.rates}
        for one in rates
    ]
    known = {
        (row.region_code, row.month)
        for as_of in {one.as_of for one in rates}
        for row in connection.execute(
            select(INDICATORS.c.region_code, INDICATORS.c.month).where(INDICATORS.c.as_of == as_of)
        )
    }
    rows = [row for row in rows if (row["region_code"], row["month"]) not in known]
    if rows:
        connection.execute(insert(INDICATORS), rows)


def list_rates(
    engine: Engine, principal: Principal, request: PageRequest, as_of: dt.date | None, digits: int
) -> Page[CountyRates]:
    """Return a page of the rates of the region as of ``as_of``, the newest for None.

    ``digits`` is the length of the region codes: county or township.
    """
    newest = select(func.max(INDICATORS.c.as_of)).scalar_subquery()
    day = INDICATORS.c.as_of == (newest if as_of is None else as_of)
    here = overlaps(INDICATORS.c.region_code, principal)
    long = func.length(INDICATORS.c.region_code) == digits
    query = select(INDICATORS).where(and_(day, here, long))
    with engine.connect() as connection:
        rows, after = page(connection, query, INDICATORS.c.id, request)
    return Page([CountyRates(r.as_of, r.region_code, r.month, r.rates) for r in rows], after)
