"""/indicators/trend: a region by month and from list to list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from risk.locale import text
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.watchlists.reader import reader_of
from serving.watchlists.trend import (
    MATTERS,
    TIERS,
    festival_marks,
    festival_months,
    in_wan,
    region_by_month,
    region_trend,
)
from serving.web.line_plot import line_plot
from serving.web.render import page_language, render

router = APIRouter(include_in_schema=False)


@router.get("/indicators/trend")
def trend(
    request: Request, principal: Annotated[Principal, require(Permission.READ_INDICATORS)]
) -> Response:
    """Plots of wages owed, events, tiers and open matters, one for each question."""
    database = reader_of(request).database
    points, by_month = region_trend(database, principal), region_by_month(database, principal)
    labels = [point.as_of.isoformat() for point in points]
    spring = text("pages.indicators.spring", page_language(request))
    marks = festival_marks(points, spring)
    months = [one.month for one in by_month]
    festivals = festival_months(months, spring)
    return render(
        request,
        "trend",
        principal,
        points=points,
        months=months,
        owed=line_plot(months, {"owed": [in_wan(one.owed) for one in by_month]}, marks=festivals),
        events=line_plot(months, {"events": [one.events for one in by_month]}, marks=festivals),
        tiers=line_plot(
            labels, {name: [point.tiers[name] for point in points] for name in TIERS}, marks=marks
        ),
        matters=line_plot(
            labels,
            {name: [point.matters[name] for point in points] for name in MATTERS},
            marks=marks,
        ),
        tab="trend",
    )
