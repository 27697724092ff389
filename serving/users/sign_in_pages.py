"""Pages to sign in and out, and the choice of the pages' language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from risk.locale import LANGUAGES
from serving.auth.dependencies import CsrfMissing, Users, authenticator_of
from serving.auth.passwords import is_password
from serving.auth.principal import NotSignedIn
from serving.auth.rate_limit import TooManyRequests
from serving.auth.sessions import COOKIE
from serving.http.dependencies import settings_of
from serving.users.endpoints import start_session
from serving.web.render import LANGUAGE_COOKIE, render
from serving.web.requests import Form, is_same_origin, safe_next

router = APIRouter(include_in_schema=False)

_A_YEAR = 365 * 24 * 3600


@router.get("/")
def home(request: Request) -> Response:
    """Redirect to the watchlist."""
    return RedirectResponse("/watchlist", status_code=303)


@router.get("/sign-in")
def sign_in_page(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Return the sign-in form."""
    return _sign_in_page(request, next)


@router.post("/sign-in")
def sign_in(request: Request, users: Users, form: Form) -> Response:
    """Start a session and redirect to the page asked for, or return the form with the failure."""
    name, target = form.get("name", "")[:100], form.get("next")
    if not is_same_origin(request):
        return _sign_in_page(request, target, "refused", status=403)
    try:
        authenticator_of(request).count_sign_in(f"sign-in:{name}")
    except TooManyRequests:
        return _sign_in_page(request, target, "too_often", status=429)
    user = users.user_by(name=name)
    hashed = user.password_hash if user else None
    if not is_password(hashed, form.get("password", "")) or user is None:
        return _sign_in_page(request, target, "wrong", status=401)
    response = RedirectResponse(safe_next(target), status_code=303)
    start_session(request, response, user)
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session."""
    try:
        authenticator_of(request).identify(request)
    except (NotSignedIn, CsrfMissing):
        return RedirectResponse("/sign-in", status_code=303)
    response = Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


@router.get("/language/{language}")
def choose_language(
    request: Request, language: str, back: Annotated[str, Query(max_length=2000)] = "/"
) -> Response:
    """Set the language of the pages and return to the page."""
    response = RedirectResponse(safe_next(back), status_code=303)
    if language in LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=_A_YEAR, path="/", samesite="lax", secure=secure
        )
    return response


def _sign_in_page(
    request: Request, target: str | None, failure: str | None = None, status: int = 200
) -> Response:
    oidc = bool(settings_of(request).oidc.issuer)
    return render(
        request,
        "sign_in",
        None,
        status=status,
        next=safe_next(target),
        failure=failure,
        oidc=oidc,
    )
