"""Parameters common to several resources; dates are accepted as YYYY-MM-DD only."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import Header, Path, Query
from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from risk.unit_kinds import Kind
from serving.db.pagination import PageRequest

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: object) -> object:
    # Pydantic also accepts seconds since 1970.
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


KindQuery = Annotated[
    Kind,
    Query(description="What the list is of / 名单的监管对象：project 项目，employer 用人单位"),
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
    Path(min_length=1, max_length=200, description="Project code as in the records / 项目编码"),
]

CursorQuery = Annotated[
    str | None,
    Query(pattern=r"^\d{1,18}$", description="`next` of the page before / 上一页的 next"),
]

LimitQuery = Annotated[int, Query(ge=1, le=500, description="At most so many items / 每页最多条数")]

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this write; sent again it writes nothing / 幂等键，重发不会重复写入",
    ),
]


def page_request(limit: int, cursor: str | None) -> PageRequest:
    """Return the page of a list that the parameters request."""
    return PageRequest(limit, None if cursor is None else int(cursor))
