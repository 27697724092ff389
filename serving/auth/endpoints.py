"""/v1/session: signing in and out, and who one is."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from serving.auth import oidc
from serving.auth.dependencies import doorkeeper_of
from serving.auth.passwords import is_password
from serving.auth.principal import Principal
from serving.auth.repository import User
from serving.auth.roles import Action
from serving.auth.schemas import Session, SignIn
from serving.auth.sessions import COOKIE, HOURS, seal_session
from serving.http.dependencies import PeopleOf, settings_of
from serving.http.failures import SignInFailed
from serving.http.problems import RESPONSES

router = APIRouter(prefix="/v1/session", tags=["session"], responses=RESPONSES)


def anybody(request: Request) -> Principal:
    """Whoever asks, whatever they may do."""
    return doorkeeper_of(request).identify(request)


@router.post("")
def sign_in(request: Request, response: Response, people: PeopleOf, wanted: SignIn) -> Session:
    """Sign in with a password / 登录。"""
    keeper = doorkeeper_of(request)
    keeper.slow_down(f"sign-in:{wanted.name}")
    user = people.user_by(name=wanted.name)
    if not is_password(user.password_hash if user else None, wanted.password) or user is None:
        raise SignInFailed()
    return enter(request, response, user)


@router.get("/oidc", response_class=RedirectResponse, status_code=303)
def begin_oidc(request: Request) -> RedirectResponse:
    """Sign in through the configured OpenID provider / 通过统一身份认证登录。"""
    url, begun = oidc.begin(_registration(request), _redirect_uri(request))
    answer = RedirectResponse(url, status_code=303)
    _set_cookie(
        request,
        answer,
        (oidc.COOKIE, begun.sealed(doorkeeper_of(request).key)),
        oidc.MINUTES * 60,
    )
    return answer


@router.get("/oidc/callback", response_class=RedirectResponse, status_code=303)
def finish_oidc(
    request: Request,
    people: PeopleOf,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str, Query(max_length=4000)],
) -> RedirectResponse:
    """Where the provider sends the browser back to / 统一身份认证回调。"""
    key = doorkeeper_of(request).key
    begun = oidc.remembered(key, request.cookies.get(oidc.COOKIE, ""))
    if begun is None or not hmac.compare_digest(begun.state.encode(), state.encode()):
        raise oidc.OidcFailed(detail="state")
    subject = oidc.finish(_registration(request), _redirect_uri(request), begun, code)
    user = people.user_by(subject=subject)
    if user is None:
        raise SignInFailed()
    answer = RedirectResponse(request.app.state.home, status_code=303)
    answer.delete_cookie(oidc.COOKIE, path="/", httponly=True, samesite="lax")
    enter(request, answer, user)
    return answer


@router.get("")
def get_session(who: Annotated[Principal, Depends(anybody)]) -> Session:
    """Who you are to the service / 当前身份。"""
    return _told(who)


@router.delete("", status_code=204)
def sign_out(response: Response, who: Annotated[Principal, Depends(anybody)]) -> None:
    """Sign out / 退出登录。"""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def enter(request: Request, response: Response, user: User) -> Session:
    """Begin a session of ``user``: the cookie, and what the page has to know."""
    cookie, session = seal_session(doorkeeper_of(request).key, user.id, user.stamp)
    _set_cookie(request, response, (COOKIE, cookie), HOURS * 3600)
    return _told(user.principal(session.csrf))


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
    known = settings_of(request).oidc
    secret = known.client_secret.get_secret_value()
    return oidc.Registration(known.issuer, known.client_id, secret, known.claim)


def _redirect_uri(request: Request) -> str:
    return str(request.url_for("finish_oidc"))


def _told(who: Principal) -> Session:
    return Session(
        name=who.name,
        role=who.role.value,
        region=who.region,
        actions=[action.value for action in Action if who.may(action)],
        csrf=who.csrf,
    )
