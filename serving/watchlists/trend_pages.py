"""/indicators/trend: a region from list to list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from risk.locale import text
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.watchlists.reader import reader_of
from serving.watchlists.trend import MATTERS, TIERS, festival_marks, in_wan, region_trend
from serving.web.line_plot import line_plot
from serving.web.render import page_language, render

router = APIRouter(include_in_schema=False)


@router.get("/indicators/trend")
def trend(
    request: Request, principal: Annotated[Principal, require(Permission.READ_INDICATORS)]
) -> Response:
    """Plots of tiers, wages owed and open matters, one for each question."""
    points = region_trend(reader_of(request).database, principal)
    labels = [point.as_of.isoformat() for point in points]
    spring = text("pages.indicators.spring", page_language(request))
    marks = festival_marks(points, spring)
    return render(
        request,
        "trend",
        principal,
        points=points,
        owed=line_plot(labels, {"owed": [in_wan(point.owed) for point in points]}, marks=marks),
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
