"""Requests of browsers: pages or API, form fields, same-origin check, redirect targets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from serving.errors import ApiError
from serving.http.storable_text import is_storable

_API_PATHS = ("/v1", "/health", "/ready", "/metrics", "/docs", "/openapi.json")
MAX_FIELDS = 500


class FormUnreadable(ApiError):
    """The form has more than ``most`` fields, or a NUL character."""

    code = "form_unreadable"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def is_page(request: Request) -> bool:
    """Return whether a browser requests a page, rather than a program the API."""
    if request.url.path.startswith(_API_PATHS):
        return False
    from_htmx = request.headers.get("hx-request") == "true"
    return from_htmx or "text/html" in request.headers.get("accept", "")


async def form_of(request: Request) -> dict[str, str]:
    """Return the non-empty fields of a form; of repeated names the last value.

    Raises:
        FormUnreadable: it has too many fields, or text that cannot be stored.
    """
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qsl(body, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise FormUnreadable(most=MAX_FIELDS) from error
    if not all(is_storable(text) for field in fields for text in field):
        raise FormUnreadable(most=MAX_FIELDS)
    return {name: value.strip() for name, value in fields}


Form = Annotated[dict[str, str], Depends(form_of)]
"""Type of an endpoint parameter that receives the form fields."""


def is_same_origin(request: Request) -> bool:
    """Return whether a form was sent from one of our own pages."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False


def safe_next(target: str | None) -> str:
    """Return ``target`` if it is a path of this site, else ``/``; for redirects after sign-in.

    >>> safe_next("/map"), safe_next("//evil.example"), safe_next("https://evil.example")
    ('/map', '/', '/')
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    return target
