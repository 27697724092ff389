"""/indicators: the eight rates by region and month, with their counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from risk.indicators import COUNTY, MONEY, TOWNSHIP
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.pagination import PageRequest
from serving.http.dependencies import settings_of
from serving.indicators.repository import CountyRates, list_rates
from serving.watchlists.reader import Document, reader_of
from serving.web.render import render

router = APIRouter(include_in_schema=False)

_MOST = 100_000


@router.get("/indicators")
def indicators(
    request: Request,
    principal: Annotated[Principal, require(Permission.READ_INDICATORS)],
    place: Annotated[str, Query(pattern=r"^\d{0,12}$")] = "",
    month: Annotated[str, Query(pattern=r"^(|\d{4}-\d{2})$")] = "",
) -> Response:
    """Counties, or the townships of one county, in a month."""
    engine = reader_of(request).database.engine
    counties = list_rates(engine, principal, PageRequest(_MOST), None, COUNTY).items
    codes = sorted({one.region_code for one in counties})
    county = place[:COUNTY] if place else (codes[0] if len(codes) == 1 else "")
    rows = counties
    if county:
        within = list_rates(engine, principal, PageRequest(_MOST), None, TOWNSHIP).items
        rows = [one for one in within if one.region_code.startswith(county)]
    months = sorted({one.month for one in (*counties, *rows)})
    chosen = next(
        (one for one in months if f"{one:%Y-%m}" == month), months[-1] if months else None
    )
    names = settings_of(request).indicators.rates
    return render(
        request,
        "indicators",
        principal,
        names=names,
        county=county,
        counties=codes,
        months=months[::-1],
        month=chosen,
        as_of=counties[0].as_of if counties else None,
        rows=[_row(one, names) for one in rows if one.month == chosen],
        whole=_sum([one for one in _of(counties, county) if one.month == chosen], names),
        trend=_trend(_of(counties, county), months, names),
    )


def share(rate: Document | None) -> float | None:
    """Return the share from 0 to 1; None if nothing was due or known."""
    return rate["kept"] / rate["due"] if rate and rate["due"] else None


def _of(rows: Sequence[CountyRates], county: str) -> list[CountyRates]:
    return [one for one in rows if one.region_code.startswith(county)]


def _row(one: CountyRates, names: Sequence[str]) -> Document:
    cells = [_cell(name, one.rates.get(name)) for name in names]
    return {"place": one.region_code, "cells": cells}


def _cell(name: str, rate: Document | None) -> Document:
    return {"rate": rate, "share": share(rate), "money": name in MONEY}


def _sum(rows: Sequence[CountyRates], names: Sequence[str]) -> list[Document]:
    """Return the rates of all regions together: sums, not a mean of shares."""
    cells: list[Document] = []
    for name in names:
        known = [one.rates[name] for one in rows if name in one.rates]
        rate = {key: sum(one[key] for one in known) for key in ("kept", "due")}
        cells.append(_cell(name, rate if known else None))
    return cells


def _trend(
    rows: Sequence[CountyRates], months: Sequence[dt.date], names: Sequence[str]
) -> Document:
    """Return the monthly shares of all regions together."""
    by_month = [_sum([one for one in rows if one.month == month], names) for month in months]
    return {
        "months": [f"{month:%Y-%m}" for month in months],
        "series": {
            name: [cells[place]["share"] for cells in by_month] for place, name in enumerate(names)
        },
    }
