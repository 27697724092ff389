"""/supervision/people: administration of users and tokens."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Request, Response

from risk.errors import WagewatchError
from serving.auth.dependencies import Users, require
from serving.auth.jurisdiction import require_covers
from serving.auth.passwords import hash_password
from serving.auth.principal import Principal
from serving.auth.roles import Permission, Role
from serving.clock import now
from serving.errors import CommandError
from serving.users.service import new_account, parse_days
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

_DEFAULT_DAYS = "365"

Supervisor = Annotated[Principal, require(Permission.READ_AUDIT)]
Manager = Annotated[Principal, require(Permission.MANAGE_PEOPLE)]


class FormInvalid(CommandError):
    """The form asks for something this page does not do."""

    code = "form_invalid"


@router.get("/supervision/people")
def list_people(request: Request, principal: Supervisor, users: Users) -> Response:
    """Return the page of users and tokens."""
    return _people_page(request, principal, users)


@router.post("/supervision/people")
def change_people(request: Request, principal: Manager, users: Users, form: Form) -> Response:
    """Add or end a user or token and return the page with the outcome."""
    try:
        secret = _apply(form, principal, users)
    except WagewatchError as error:
        failure = error.message(page_language(request))
        return _people_page(request, principal, users, failure=failure)
    return _people_page(request, principal, users, secret=secret)


def _apply(form: dict[str, str], principal: Principal, users: Users) -> str | None:
    """Carry out the form; return the secret of a new token."""
    name, change = form.get("name", ""), form.get("does")
    if change == "disable":
        users.disable_user(name, now())
    elif change == "revoke":
        users.revoke_token(name, now())
    elif change == "add_token":
        return _add_token(form, name, principal, users)
    elif change == "add_user":
        _add_user(form, name, principal, users)
    else:
        raise FormInvalid()
    return None


def _add_token(form: dict[str, str], name: str, principal: Principal, users: Users) -> str:
    region = form.get("region", "")
    account = new_account(name, form.get("role", ""), region, principal.name, now())
    require_covers(principal, region)
    days = parse_days(form.get("days") or _DEFAULT_DAYS)
    return users.add_token(account, expires_at=account.created_at + dt.timedelta(days=days))


def _add_user(form: dict[str, str], name: str, principal: Principal, users: Users) -> None:
    region = form.get("region", "")
    account = new_account(name, form.get("role", ""), region, principal.name, now())
    require_covers(principal, region)
    hashed = hash_password(form.get("password", ""), account.name)
    users.add_user(account, password_hash=hashed, subject=None)


def _people_page(
    request: Request,
    principal: Principal,
    users: Users,
    secret: str | None = None,
    failure: str | None = None,
) -> Response:
    return render(
        request,
        "people",
        principal,
        users=[user for user in users.users() if user.region.startswith(principal.region)],
        tokens=[token for token in users.tokens() if token.region.startswith(principal.region)],
        roles=[role.value for role in Role],
        secret=secret,
        failure=failure,
        now=now(),
        tab="people",
    )
