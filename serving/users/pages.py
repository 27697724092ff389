"""/supervision/people: administration of users and tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response

from risk.errors import WagewatchError
from serving.audit.writes import write_audited
from serving.auth.accounts import Accounts
from serving.auth.dependencies import Users, require
from serving.auth.jurisdiction import require_covers
from serving.auth.passwords import hash_password
from serving.auth.principal import Principal
from serving.auth.repository import NewAccount
from serving.auth.roles import Permission, Role
from serving.auth.second_factors import users_with_second_factor
from serving.clock import now
from serving.db.database import Database
from serving.errors import CommandError, page_message
from serving.http.dependencies import DatabaseDep, settings_of
from serving.users.service import clean_real_name, new_account, parse_days
from serving.web.region_choices import region_choices
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

_DEFAULT_DAYS = "365"

Reader = Annotated[Principal, require(Permission.READ_PEOPLE)]
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
    request: Request, principal: Reader, users: Users, database: DatabaseDep
) -> Response:
    """Return the page of users and tokens."""
    return _people_page(request, principal, users, database)


@router.post("/supervision/people")
def change_people(
    request: Request, principal: Manager, users: Users, database: DatabaseDep, form: Form
) -> Response:
    """Add or end a user or token and return the page with the outcome."""
    try:
        change = _change(form, principal)
        secrets: list[str | None] = []
        write_audited(
            *(request, database, principal),
            lambda connection: secrets.append(change.apply(Accounts(connection, principal))),
            change.subject,
        )
    except WagewatchError as error:
        message, kind = page_message(error, page_language(request)), form.get("does", "")
        typed = {name: value for name, value in form.items() if name != "password"}
        failure = FormFailure(message, kind.removeprefix("add_"), _FIELDS.get(error.code), typed)
        return _people_page(request, principal, users, database, failure=failure)
    return _people_page(request, principal, users, database, secret=secrets[0])


@dataclass(frozen=True)
class _Change:
    """What the form asks for; ``apply`` returns the secret of a new token."""

    subject: str
    apply: Callable[[Accounts], str | None]


def _change(form: dict[str, str], principal: Principal) -> _Change:
    name, change = form.get("name", ""), form.get("does")
    made: dict[str | None, Callable[[], _Change]] = {
        "disable": lambda: _Change(
            f"disable user {name}", lambda found: found.disable_user(name, now())
        ),
        "enable": lambda: _Change(f"enable user {name}", lambda found: found.enable_user(name)),
        "name_user": lambda: _naming(name, form.get("real_name", "")),
        "reset_factor": lambda: _Change(
            f"reset factor {name}", lambda found: found.remove_second_factor(name)
        ),
        "revoke": lambda: _Change(
            f"revoke token {name}", lambda found: found.revoke_token(name, now())
        ),
        "add_token": lambda: _new_token(form, name, principal),
        "add_user": lambda: _new_user(form, name, principal),
    }
    if change in made:
        return made[change]()
    raise FormInvalid()


def _new_token(form: dict[str, str], name: str, principal: Principal) -> _Change:
    account = _account(form, name, principal)
    days = parse_days(form.get("days") or _DEFAULT_DAYS)
    expires_at = account.created_at + dt.timedelta(days=days)
    return _Change(
        f"add token {_described(account)}",
        lambda found: found.add_token(account, expires_at=expires_at),
    )


def _new_user(form: dict[str, str], name: str, principal: Principal) -> _Change:
    account = _account(form, name, principal)
    hashed = hash_password(form.get("password", ""), account.name)
    return _Change(
        f"add user {_described(account)}",
        lambda found: found.add_user(account, password_hash=hashed, subject=None),
    )


def _naming(name: str, real_name: str) -> _Change:
    cleaned = clean_real_name(real_name)
    return _Change(f"name user {name}", lambda found: found.set_real_name(name, cleaned))


def _account(form: dict[str, str], name: str, principal: Principal) -> NewAccount:
    region = form.get("region", "")
    account = new_account(
        name, form.get("role", ""), region, principal.name, now(), form.get("real_name", "")
    )
    # Before the password is hashed, which takes long.
    require_covers(principal, region)
    return account


def _described(account: NewAccount) -> str:
    return f"{account.name} {account.role.value} {account.region or '*'}"


def _people_page(
    request: Request,
    principal: Principal,
    users: Users,
    database: Database,
    secret: str | None = None,
    failure: FormFailure | None = None,
) -> Response:
    with database.engine.connect() as connection:
        with_factor = users_with_second_factor(connection)
    return render(
        request,
        "people",
        principal,
        users=[user for user in users.users() if user.region.startswith(principal.region)],
        tokens=[token for token in users.tokens() if token.region.startswith(principal.region)],
        roles=[role.value for role in Role],
        regions=region_choices(database.engine, principal, settings_of(request).places),
        with_factor=with_factor,
        secret=secret,
        failure=failure,
        now=now(),
        tab="people",
    )
