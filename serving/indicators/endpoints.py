"""/v1/indicators: the eight rates by region and month."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from risk.indicator_sql import COUNTY, TOWNSHIP
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import DatabaseDep
from serving.http.parameters import AsOfQuery, CursorQuery, LimitQuery, page_request
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.indicators.repository import CountyRates, list_rates
from serving.indicators.schemas import CountyMonth, Rate

router = APIRouter(prefix="/v1/indicators", tags=["indicators"], responses=RESPONSES)


@router.get("")
def list_indicators(
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_INDICATORS)],
    as_of: AsOfQuery = None,
    level: Annotated[Literal["county", "township"], Query()] = "county",
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[CountyMonth]:
    """The eight indicators by county or township and month."""
    digits = COUNTY if level == "county" else TOWNSHIP
    found = list_rates(database.engine, principal, page_request(limit, cursor), as_of, digits)
    after = None if found.next is None else str(found.next)
    return Page(items=[_to_schema(one) for one in found.items], next=after)


def _to_schema(one: CountyRates) -> CountyMonth:
    rates = {
        name: Rate(**rate, share=rate["kept"] / rate["due"] if rate["due"] else None)
        for name, rate in one.rates.items()
    }
    return CountyMonth(as_of=one.as_of, region_code=one.region_code, month=one.month, rates=rates)
