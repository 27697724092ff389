"""Signing in and out, and the language of the pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from risk.locale import LANGUAGES
from serving.auth.dependencies import CsrfMissing, doorkeeper_of
from serving.auth.endpoints import enter
from serving.auth.passwords import is_password
from serving.auth.principal import NotSignedIn
from serving.auth.rate_limit import TooManyRequests
from serving.auth.sessions import COOKIE
from serving.http.dependencies import PeopleOf, settings_of
from serving.web.auth import Form, own_page, safe_next
from serving.web.render import LANGUAGE_COOKIE, render

router = APIRouter(include_in_schema=False)

_A_YEAR = 365 * 24 * 3600


@router.get("/")
def home(request: Request) -> Response:
    """The list is where everybody begins."""
    return RedirectResponse("/watchlist", status_code=303)


@router.get("/sign-in")
def form(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """The form."""
    return _form(request, next)


@router.post("/sign-in")
def sign_in(request: Request, people: PeopleOf, given: Form) -> Response:
    """Begin a session."""
    name, wanted = given.get("name", "")[:100], given.get("next")
    if not own_page(request):
        return _form(request, wanted, "refused", status=403)
    try:
        doorkeeper_of(request).slow_down(f"sign-in:{name}")
    except TooManyRequests:
        return _form(request, wanted, "too_often", status=429)
    user = people.user_by(name=name)
    known = user.password_hash if user else None
    if not is_password(known, given.get("password", "")) or user is None:
        return _form(request, wanted, "wrong", status=401)
    answer = RedirectResponse(safe_next(wanted), status_code=303)
    enter(request, answer, user)
    return answer


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session."""
    try:
        doorkeeper_of(request).identify(request)
    except (NotSignedIn, CsrfMissing):
        return RedirectResponse("/sign-in", status_code=303)
    answer = Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/language/{language}")
def choose_language(
    request: Request, language: str, back: Annotated[str, Query(max_length=2000)] = "/"
) -> Response:
    """Read the pages in another language from now on."""
    answer = RedirectResponse(safe_next(back), status_code=303)
    if language in LANGUAGES:
        secure = request.url.scheme == "https"
        answer.set_cookie(
            LANGUAGE_COOKIE, language, max_age=_A_YEAR, path="/", samesite="lax", secure=secure
        )
    return answer


def _form(
    request: Request, wanted: str | None, failure: str | None = None, status: int = 200
) -> Response:
    oidc = bool(settings_of(request).oidc.issuer)
    return render(
        request,
        "sign_in",
        None,
        status=status,
        next=safe_next(wanted),
        failure=failure,
        oidc=oidc,
    )
