"""/v1/session: sign-in, sign-out and the current principal."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from serving.auth import oidc
from serving.auth.dependencies import Users, authenticator_of
from serving.auth.passwords import is_password
from serving.auth.principal import Principal
from serving.auth.repository import User
from serving.auth.roles import Permission
from serving.auth.sessions import COOKIE, HOURS, seal_session
from serving.errors import ApiError
from serving.http.dependencies import settings_of
from serving.http.problems import RESPONSES
from serving.users.schemas import Session, SignIn

router = APIRouter(prefix="/v1/session", tags=["session"], responses=RESPONSES)


class SignInFailed(ApiError):
    """Wrong user name or password; the message does not reveal which."""

    code = "sign_in_failed"
    status = HTTPStatus.UNAUTHORIZED


def current_principal(request: Request) -> Principal:
    """Return the principal of the request, whatever its permissions."""
    return authenticator_of(request).identify(request)


AnyPrincipal = Annotated[Principal, Depends(current_principal)]


@router.post("")
def sign_in(request: Request, response: Response, users: Users, credentials: SignIn) -> Session:
    """Sign in with a password."""
    authenticator_of(request).count_sign_in(f"sign-in:{credentials.name}")
    user = users.user_by(name=credentials.name)
    hashed = user.password_hash if user else None
    if not is_password(hashed, credentials.password) or user is None:
        raise SignInFailed()
    return start_session(request, response, user)


@router.get("/oidc", response_class=RedirectResponse, status_code=303)
def begin_oidc(request: Request) -> RedirectResponse:
    """Sign in through the configured OpenID provider."""
    url, pending = oidc.begin(_registration(request), _redirect_uri(request))
    response = RedirectResponse(url, status_code=303)
    _set_cookie(
        request,
        response,
        (oidc.COOKIE, pending.to_cookie(authenticator_of(request).key)),
        oidc.MINUTES * 60,
    )
    return response


@router.get("/oidc/callback", response_class=RedirectResponse, status_code=303)
def finish_oidc(
    request: Request,
    users: Users,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str, Query(max_length=4000)],
) -> RedirectResponse:
    """Callback of the OpenID provider."""
    key = authenticator_of(request).key
    pending = oidc.read_cookie(key, request.cookies.get(oidc.COOKIE, ""))
    if pending is None or not hmac.compare_digest(pending.state.encode(), state.encode()):
        raise oidc.OidcFailed(detail="state")
    subject = oidc.finish(_registration(request), _redirect_uri(request), pending, code)
    user = users.user_by(subject=subject)
    if user is None:
        raise SignInFailed()
    response = RedirectResponse(request.app.state.home, status_code=303)
    response.delete_cookie(oidc.COOKIE, path="/", httponly=True, samesite="lax")
    start_session(request, response, user)
    return response


@router.get("")
def get_session(principal: AnyPrincipal) -> Session:
    """The current principal."""
    return _session(principal)


@router.delete("", status_code=204)
def sign_out(response: Response, principal: AnyPrincipal) -> None:
    """Sign out."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def start_session(request: Request, response: Response, user: User) -> Session:
    """Set the session cookie of ``user`` on ``response`` and return the session."""
    cookie, session = seal_session(authenticator_of(request).key, user.id, user.stamp)
    _set_cookie(request, response, (COOKIE, cookie), HOURS * 3600)
    return _session(user.principal(session.csrf))


def _set_cookie(
    request: Request, response: Response, cookie: tuple[str, str], seconds: int
) -> None:
    response.set_cookie(
        *cookie,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _registration(request: Request) -> oidc.Registration:
    settings = settings_of(request).oidc
    secret = settings.client_secret.get_secret_value()
    return oidc.Registration(settings.issuer, settings.client_id, secret, settings.claim)


def _redirect_uri(request: Request) -> str:
    return str(request.url_for("finish_oidc"))


def _session(principal: Principal) -> Session:
    return Session(
        name=principal.name,
        role=principal.role.value,
        region=principal.region,
        actions=[permission.value for permission in Permission if principal.has(permission)],
        csrf=principal.csrf,
    )
