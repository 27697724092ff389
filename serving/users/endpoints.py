"""/v1/session: sign-in, sign-out and the current principal."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from serving.auth import oidc
from serving.auth.dependencies import Users, authenticator_of
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.auth.sessions import COOKIE
from serving.auth.sessions import Session as StartedSession
from serving.http.dependencies import settings_of
from serving.http.problems import RESPONSES
from serving.users import sign_in as service
from serving.users.schemas import PasswordChange, Session, SignIn

router = APIRouter(prefix="/v1/session", tags=["session"], responses=RESPONSES)


def current_principal(request: Request) -> Principal:
    """Return the principal of the request, whatever its permissions."""
    return authenticator_of(request).identify(request)


AnyPrincipal = Annotated[Principal, Depends(current_principal)]


@router.post("")
async def sign_in(request: Request, response: Response, credentials: SignIn) -> Session:
    """Sign in with a password."""
    started = await service.sign_in(
        request, credentials.name, credentials.password, credentials.code
    )
    return _start(request, response, started)


@router.put("/password", status_code=204)
async def change_password(
    request: Request, response: Response, principal: AnyPrincipal, change: PasswordChange
) -> None:
    """Change the own password; all other sessions end."""
    started = await service.change_password(request, principal, change.old, change.new)
    set_session_cookie(request, response, started.session)


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
    started = service.sign_in_as(request, users.user_by(subject=subject))
    response = RedirectResponse(request.app.state.home, status_code=303)
    response.delete_cookie(oidc.COOKIE, path="/", httponly=True, samesite="lax")
    set_session_cookie(request, response, started.session)
    return response


@router.get("")
def get_session(principal: AnyPrincipal) -> Session:
    """The current principal."""
    return _session(principal)


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response, principal: AnyPrincipal) -> None:
    """Sign out."""
    service.sign_out(request, principal)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def set_session_cookie(request: Request, response: Response, session: StartedSession) -> None:
    """Set the cookie of ``session`` on ``response``."""
    seconds = int(authenticator_of(request).sessions.limits.total.total_seconds())
    _set_cookie(request, response, (COOKIE, session.secret), seconds)


def _start(request: Request, response: Response, started: service.SignedIn) -> Session:
    set_session_cookie(request, response, started.session)
    return _session(authenticator_of(request).principal_of(started.user, started.session))


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
