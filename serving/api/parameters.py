"""Parameters that several resources take. A date is written YYYY-MM-DD and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BeforeValidator

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    # Pydantic would also take a number of seconds since 1970.
    if isinstance(value, str) and not _ISO_DATE.fullmatch(value):
        raise ValueError(value)
    return value


def _iso_or_latest(value: object) -> object:
    return value if value == "latest" else dt.date.fromisoformat(str(_iso(value)))


IsoDate = Annotated[dt.date, BeforeValidator(_iso)]

AsOfPath = Annotated[
    dt.date | Literal["latest"],
    BeforeValidator(_iso_or_latest),
    Path(description="Date of the list, or `latest` / 名单日期，或 latest"),
]

AsOfQuery = Annotated[
    IsoDate | None,
    Query(description="Date of the publication; newest if left out / 发布日期，缺省为最新"),
]

RegionQuery = Annotated[
    str,
    Query(
        pattern=r"^(\d{1,12})?$",
        description="Region the list was published for; empty: all / 名单所属行政区划，空为全部",
    ),
]

ProjectPath = Annotated[
    str,
    Path(min_length=1, max_length=200, description="Project code as in the records / 项目编码"),
]
