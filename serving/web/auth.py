"""Who may open a page; whoever may not is shown the way, not a document for programs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from serving.web.render import page_language, render

_PROGRAMS = ("/v1", "/health", "/ready", "/metrics", "/docs", "/openapi.json")
MOST_FIELDS = 500


def is_page(request: Request) -> bool:
    """Whether a person asks in a browser, rather than a program."""
    if request.url.path.startswith(_PROGRAMS):
        return False
    asked_by_htmx = request.headers.get("hx-request") == "true"
    return asked_by_htmx or "text/html" in request.headers.get("accept", "")


def tell(request: Request, status: int, told: dict[str, str]) -> Response:
    """A failure as a page; not being signed in leads to the sign-in page."""
    if status == 401:
        back = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        where = f"/sign-in?next={back}"
        if request.headers.get("hx-request") == "true":
            return Response(status_code=204, headers={"HX-Redirect": where})
        return RedirectResponse(where, status_code=303)
    who = request.scope.get("state", {}).get("principal")
    language = page_language(request)
    return render(request, "failure", who, status=status, code=status, message=told[language])


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name; empty ones are left out."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: value.strip() for name, value in parse_qsl(body, max_num_fields=MOST_FIELDS)}


Form = Annotated[dict[str, str], Depends(form_of)]
"""An argument of this type gives an endpoint the fields of the form that was sent."""


def own_page(request: Request) -> bool:
    """Whether a form comes from one of our pages; another site's would name its own origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def safe_next(wanted: str | None) -> str:
    """Where to go after signing in: a path of this site, nothing else.

    >>> safe_next("/map"), safe_next("//evil.example"), safe_next("https://evil.example")
    ('/map', '/', '/')
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    return wanted
