"""Schemas of sign-in and session."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from serving.http.schemas import RequestSchema, Schema, example

RoleName = Literal["inspector", "briefer", "supervisor", "admin", "auditor", "system"]


class SignIn(RequestSchema):
    """Name and password of a user, and a code of the second factor if the user has one."""

    model_config = example(name="王主管", password="sehr-geheim-1")  # noqa: S106

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(max_length=40)] = ""


class PasswordChange(RequestSchema):
    """The present password of the user, and the new one."""

    model_config = example(old="sehr-geheim-1", new="sehr-geheim-2")

    old: Annotated[str, Field(min_length=1, max_length=200)]
    new: Annotated[str, Field(min_length=1, max_length=200)]


class Session(Schema):
    """The principal; in a browser session every write must send ``csrf`` as X-CSRF-Token."""

    name: str
    role: RoleName
    region: str
    actions: list[str]
    csrf: str | None
