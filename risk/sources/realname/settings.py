"""Settings of a source of kind ``realname``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from risk.sources.settings import SourceSettings

MOST_PAGE_SIZE = 10_000


class RealnameSettings(SourceSettings):
    """Settings of a construction-worker platform.

    ``projects`` are the codes to pull, by default all that the platform lists. ``page_size`` 0
    means the largest of the dialect, which is the file ``dialect`` below the workspace, by default
    the national one. Wages fall due ``due_months`` after their month, on ``due_day`` or the last
    day of a shorter month. The attendance of a month is final ``closing_days`` after its end.
    """

    allowed: ClassVar[Mapping[str, str]] = {
        "url": "realname_url",
        "appid": "realname_appid",
        "projects": "realname_projects",
        "page_size": "realname_page_size",
        "dialect": "realname_dialect",
        "requests_per_second": "requests_per_second",
        "due_months": "due_months",
        "due_day": "due_day",
        "closing_days": "closing_days",
    }

    url: Annotated[str, Field(pattern=r"^https?://[^\s@]+$", max_length=500)]
    appid: Annotated[str, Field(min_length=1, max_length=200)]
    projects: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()
    page_size: Annotated[int, Field(ge=0, le=MOST_PAGE_SIZE)] = 0
    requests_per_second: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 5.0
    dialect: Annotated[str, Field(max_length=500)] = ""
    due_months: Annotated[int, Field(ge=0, le=12)] = 1
    due_day: Annotated[int, Field(ge=1, le=31)] = 31
    closing_days: Annotated[int, Field(ge=0, le=365)] = 5

    @model_validator(mode="after")
    def _has_secret(self) -> Self:
        if not (self.secret_file or self.secret_env):
            raise ValueError("realname_secret")
        return self
