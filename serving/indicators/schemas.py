"""Schemas of the eight rates."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from risk.indicators import DEFINITIONS
from serving.http.parameters import LiteralOf
from serving.http.schemas import Schema

RateName = Annotated[str, LiteralOf(DEFINITIONS)]


class Rate(Schema):
    """``kept`` out of ``due``; ``share`` is null if nothing was due or known."""

    kept: int
    due: int
    share: float | None


class CountyMonth(Schema):
    """Rates of a region in a month, as known at ``as_of``; unknown ones are left out."""

    as_of: dt.date
    region_code: str
    month: dt.date
    rates: dict[RateName, Rate]
