"""The eight rates as they are sent."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from risk.indicators import DEFINITIONS
from serving.http.parameters import LiteralOf
from serving.http.schemas import Schema

RateName = Annotated[str, LiteralOf(DEFINITIONS)]


class Rate(Schema):
    """``kept`` of ``due``; ``share`` is null where nothing was due or known."""

    kept: int
    due: int
    share: float | None


class CountyMonth(Schema):
    """The rates of a place in a month, as known at ``as_of``; unknown ones are left out."""

    as_of: dt.date
    region_code: str
    month: dt.date
    rates: dict[RateName, Rate]
