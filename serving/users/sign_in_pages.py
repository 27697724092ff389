"""Pages to sign in and out, and the choice of the pages' language."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from risk.locale import LANGUAGES
from serving.auth.dependencies import CsrfMissing, authenticator_of
from serving.auth.names import MAX_LENGTH
from serving.auth.principal import NotSignedIn
from serving.auth.rate_limit import TooManyRequests
from serving.auth.sessions import COOKIE
from serving.errors import ApiError, page_message
from serving.http.dependencies import settings_of
from serving.users import sign_in as service
from serving.users.endpoints import AnyPrincipal, set_session_cookie
from serving.web.render import LANGUAGE_COOKIE, menu_of, page_language, render
from serving.web.requests import Form, is_same_origin, safe_next

router = APIRouter(include_in_schema=False)


class PasswordsDiffer(ApiError):
    """The new password was typed in two ways."""

    code = "passwords_differ"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


_A_YEAR = 365 * 24 * 3600


@router.get("/")
def home(request: Request) -> Response:
    """Redirect to the watchlist, or to the first page that the reader may open."""
    try:
        menu = menu_of(authenticator_of(request).identify(request))
    except NotSignedIn:
        menu = []
    hrefs = [item.href for item in menu]
    home = hrefs[0] if hrefs else request.app.state.home
    return RedirectResponse(home, status_code=303)


@router.get("/sign-in")
def sign_in_page(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Return the sign-in form."""
    return _sign_in_page(request, next)


@router.post("/sign-in")
async def sign_in(request: Request, form: Form) -> Response:
    """Start a session and redirect to the page asked for, or return the form with the failure."""
    name, target = form.get("name", "")[:MAX_LENGTH], form.get("next")
    if not is_same_origin(request):
        return _sign_in_page(request, target, "refused", status=403, name=name)
    proof = form.get("proof", "")
    try:
        if proof:
            started = await service.sign_in_with_code(request, proof, form.get("code", ""))
        else:
            started = await service.sign_in(request, name, form.get("password", ""))
    except service.SecondFactorNeeded as needed:
        return _sign_in_page(request, target, proof=needed.proof)
    except TooManyRequests as error:
        failure = "paused" if proof else "too_often"
        return _sign_in_page(request, target, failure, status=error.status, name=name, proof=proof)
    except service.CodeWrong as error:
        return _sign_in_page(request, target, "code", status=error.status, proof=proof)
    except service.SignInFailed as error:
        failure = "proof" if proof else "wrong"
        return _sign_in_page(request, target, failure, status=error.status, name=name)
    response = RedirectResponse(safe_next(target), status_code=303)
    set_session_cookie(request, response, started.session)
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session."""
    try:
        principal = authenticator_of(request).identify(request)
    except (NotSignedIn, CsrfMissing):
        return RedirectResponse("/sign-in", status_code=303)
    service.sign_out(request, principal)
    response = Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


@router.get("/password")
def password_page(request: Request, principal: AnyPrincipal, changed: bool = False) -> Response:
    """Return the form to change the own password."""
    return render(request, "password", principal, failure=None, changed=changed)


@router.post("/password")
async def change_password(request: Request, principal: AnyPrincipal, form: Form) -> Response:
    """Change the own password, or return the form with the failure."""
    try:
        if form.get("new") != form.get("again"):
            raise PasswordsDiffer()
        started = await service.change_password(
            request, principal, form.get("old", ""), form.get("new", "")
        )
    except ApiError as error:
        failure = page_message(error, page_language(request))
        return render(request, "password", principal, failure=failure, changed=False)
    # The page is loaded anew because the session, and with it the CSRF token, is another.
    response = Response(status_code=204, headers={"HX-Redirect": "/password?changed=true"})
    set_session_cookie(request, response, started.session)
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
    request: Request,
    target: str | None,
    failure: str | None = None,
    status: int = 200,
    name: str = "",
    proof: str = "",
) -> Response:
    oidc = bool(settings_of(request).oidc.issuer)
    return render(
        request,
        "sign_in",
        None,
        status=status,
        next=safe_next(target),
        failure=failure,
        name=name,
        oidc=oidc,
        proof=proof,
    )
