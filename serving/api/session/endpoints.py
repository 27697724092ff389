"""/v1/session: signing in and out, and who one is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from serving.access.passwords import is_password
from serving.access.principal import Principal
from serving.access.roles import Action
from serving.access.sessions import COOKIE, HOURS, seal_session
from serving.api.doorkeeper import doorkeeper_of
from serving.api.failures import SignInFailed
from serving.api.problems import RESPONSES
from serving.api.session.schemas import Session, SignIn
from serving.api.state import PeopleOf
from serving.database.people import User

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
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=HOURS * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return _told(user.principal(session.csrf))


def _told(who: Principal) -> Session:
    return Session(
        name=who.name,
        role=who.role.value,
        region=who.region,
        actions=[action.value for action in Action if who.may(action)],
        csrf=who.csrf,
    )
