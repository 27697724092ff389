"""Parameters common to several resources; dates are accepted as YYYY-MM-DD only."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import Header, Path, Query
from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from risk.unit_kinds import Kind
from serving.db.pagination import PageRequest

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    # Pydantic also accepts seconds since 1970, as number and as text.
    is_date = isinstance(value, dt.date)
    if not is_date and not (isinstance(value, str) and _ISO_DATE.fullmatch(value)):
        raise ValueError(value)
    return value


def _iso_or_latest(value: object) -> object:
    return value if value == "latest" else _in_range(dt.date.fromisoformat(str(_iso(value))))


def _in_range(day: dt.date) -> dt.date:
    # Terms of years are added and subtracted, and dates end with the year 9999.
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(day.isoformat())
    return day


FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2999, 12, 31)

IsoDate = Annotated[dt.date, BeforeValidator(_iso), AfterValidator(_in_range)]

AsOfPath = Annotated[
    dt.date | Literal["latest"],
    BeforeValidator(_iso_or_latest),
    Path(description="api.parameters.as_of_or_latest"),
]

AsOfQuery = Annotated[
    IsoDate | None,
    Query(description="api.parameters.as_of"),
]

RegionQuery = Annotated[
    str,
    Query(
        pattern=r"^(\d{1,12})?$",
        description="api.parameters.region",
    ),
]


KindQuery = Annotated[
    Kind,
    Query(description="api.parameters.kind"),
]


class LiteralOf:
    """Annotation of a string that must be one of ``names``; shown as an enum in OpenAPI."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.names))


NamePath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[\w.:-]+$")]
"""An id or name assigned by the service."""

ProjectPath = Annotated[
    str,
    Path(min_length=1, max_length=200, description="api.parameters.project_id"),
]

CursorQuery = Annotated[
    str | None,
    Query(pattern=r"^\d{1,18}$", description="api.parameters.cursor"),
]

LimitQuery = Annotated[int, Query(ge=1, le=500, description="api.parameters.limit")]

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="api.parameters.idempotency_key",
    ),
]


def page_request(limit: int, cursor: str | None) -> PageRequest:
    """Return the page of a list that the parameters request."""
    return PageRequest(limit, None if cursor is None else int(cursor))
