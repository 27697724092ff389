"""/supervision/people: administration of users and tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response

from risk.errors import WagewatchError
from serving.auth.dependencies import Users, require
from serving.auth.jurisdiction import require_covers
from serving.auth.passwords import hash_password
from serving.auth.principal import Principal
from serving.auth.roles import Permission, Role
from serving.clock import now
from serving.db.database import Database
from serving.errors import CommandError
from serving.http.dependencies import DatabaseDep, settings_of
from serving.users.service import new_account, parse_days
from serving.web.region_choices import region_choices
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

_DEFAULT_DAYS = "365"

Supervisor = Annotated[Principal, require(Permission.READ_AUDIT)]
Manager = Annotated[Principal, require(Permission.MANAGE_PEOPLE)]


@dataclass(frozen=True)
class FormFailure:
    """Why a form was refused: the form (``user``, ``token``), the field, and what was typed."""

    message: str
    kind: str
    field: str | None
    form: Mapping[str, str]


_FIELDS = {
    "name_invalid": "name",
    "name_taken": "name",
    "role_unknown": "role",
    "region_invalid": "region",
    "outside_region": "region",
    "password_too_short": "password",
    "password_too_common": "password",
    "days_invalid": "days",
}
"""Field of the form that each error is about."""


class FormInvalid(CommandError):
    """The form asks for something this page does not do."""

    code = "form_invalid"


@router.get("/supervision/people")
def list_people(
    request: Request, principal: Supervisor, users: Users, database: DatabaseDep
) -> Response:
    """Return the page of users and tokens."""
    return _people_page(request, principal, users, database)


@router.post("/supervision/people")
def change_people(
    request: Request, principal: Manager, users: Users, database: DatabaseDep, form: Form
) -> Response:
    """Add or end a user or token and return the page with the outcome."""
    try:
        secret = _apply(form, principal, users)
    except WagewatchError as error:
        message, kind = error.message(page_language(request)), form.get("does", "")
        typed = {name: value for name, value in form.items() if name != "password"}
        failure = FormFailure(message, kind.removeprefix("add_"), _FIELDS.get(error.code), typed)
        return _people_page(request, principal, users, database, failure=failure)
    return _people_page(request, principal, users, database, secret=secret)


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
    database: Database,
    secret: str | None = None,
    failure: FormFailure | None = None,
) -> Response:
    return render(
        request,
        "people",
        principal,
        users=[user for user in users.users() if user.region.startswith(principal.region)],
        tokens=[token for token in users.tokens() if token.region.startswith(principal.region)],
        roles=[role.value for role in Role],
        regions=region_choices(database.engine, principal, settings_of(request).places),
        secret=secret,
        failure=failure,
        now=now(),
        tab="people",
    )
