"""/indicators: the eight rates by region and month, with their counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from risk.calendar.dates import add_months
from risk.calendar.spring_festival import SpringFestivalUnknown, spring_festival
from risk.indicator_sql import COUNTY, TOWNSHIP
from risk.indicators import (
    COUNTERPARTS,
    MONEY,
    Rate,
    add_up,
    is_short,
    newest_months,
)
from risk.locale import text
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.pagination import PageRequest
from serving.http.dependencies import settings_of
from serving.indicators.repository import CountyRates, list_rates
from serving.watchlists.reader import Document, reader_of
from serving.web.line_plot import LinePlot, line_plot
from serving.web.render import page_language, render

router = APIRouter(include_in_schema=False)

_MOST = 100_000
_MONTHS = 12


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
    settings = settings_of(request).indicators
    names = settings.rates
    inside = _of(counties, county)
    when = _months(inside, names, chosen if month else None)
    spring = text("pages.indicators.spring", page_language(request))
    return render(
        request,
        "indicators",
        principal,
        names=names,
        county=county,
        counties=codes,
        months=months[::-1],
        month=chosen if month else None,
        shown=when,
        grace=settings.transfer_days,
        as_of=counties[0].as_of if counties else None,
        rows=_rows(rows, when),
        whole=_cells(inside, when),
        plots=_plots(inside, months, names, spring),
        tab="indicators",
    )


Months = Mapping[str, dt.date | None]


def _of(rows: Sequence[CountyRates], county: str) -> list[CountyRates]:
    return [one for one in rows if one.region_code.startswith(county)]


def _months(rows: Sequence[CountyRates], names: Sequence[str], chosen: dt.date | None) -> Months:
    """Return the month shown of each rate: the chosen one, else its newest known one."""
    if chosen is not None:
        return dict.fromkeys(names, chosen)
    newest = newest_months({month: _whole(rows, month) for month in {one.month for one in rows}})
    return {name: newest.get(name) for name in names}


def _whole(rows: Sequence[CountyRates], month: dt.date | None) -> Mapping[str, Rate]:
    """Return the rates of all places together: sums, not a mean of shares."""
    return add_up(_parse(one.rates) for one in rows if one.month == month)


def _parse(stored: Mapping[str, Document]) -> Mapping[str, Rate]:
    return {name: Rate(**rate) for name, rate in stored.items()}


def _rows(rows: Sequence[CountyRates], months: Months) -> list[Document]:
    places = sorted({one.region_code for one in rows})
    cells = {
        place: _cells([one for one in rows if one.region_code == place], months) for place in places
    }
    return [
        {"place": place, "cells": row}
        for place, row in cells.items()
        if any(cell["rate"] for cell in row)
    ]


def _cells(rows: Sequence[CountyRates], months: Months) -> list[Document]:
    by_month = {month: _whole(rows, month) for month in set(months.values())}
    return [_cell(name, by_month[month]) for name, month in months.items()]


def _cell(name: str, rates: Mapping[str, Rate]) -> Document:
    """Return a rate with its share, the other basis, and whether it is short."""
    rate = rates.get(name)
    other = rates.get(COUNTERPARTS.get(name, ""))
    return {
        "rate": rate,
        "share": rate.share if rate else None,
        "money": name in MONEY,
        "other": other.share if other else None,
        "short": is_short(name, rates) if rate else False,
    }


def _plots(
    rows: Sequence[CountyRates], months: Sequence[dt.date], names: Sequence[str], mark: str
) -> Mapping[str, LinePlot | None]:
    """Return a plot for each rate: the last twelve months beside those of the year before."""
    shown = months[-_MONTHS:]
    rates = {month: _whole(rows, month) for month in {*shown, *map(_year_before, shown)}}

    def share(name: str, month: dt.date) -> float | None:
        rate = rates[month].get(name)
        return rate.share if rate else None

    marks = {f"{month:%Y-%m}": mark for month in shown if _has_spring_festival(month)}
    return {
        name: line_plot(
            [f"{month:%Y-%m}" for month in shown],
            {
                "now": [share(name, month) for month in shown],
                "before": [share(name, _year_before(month)) for month in shown],
            },
            top=1.0,
            marks=marks,
        )
        for name in names
    }


def _year_before(month: dt.date) -> dt.date:
    return add_months(month, -_MONTHS)


def _has_spring_festival(month: dt.date) -> bool:
    try:
        return spring_festival(month.year).month == month.month
    except SpringFestivalUnknown:
        return False
