"""Who one is, and how one signs in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from serving.http.schemas import Schema, example

RoleName = Literal["inspector", "briefer", "supervisor", "admin", "system"]


class SignIn(Schema):
    """Name and password of a user."""

    model_config = example(name="王主管", password="sehr-geheim-1")  # noqa: S106

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class Session(Schema):
    """Who asks. In a browser session ``csrf`` must come back as X-CSRF-Token with every write."""

    name: str
    role: RoleName
    region: str
    actions: list[str]
    csrf: str | None
