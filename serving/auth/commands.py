"""``wagewatch users`` and ``wagewatch tokens``: who may sign in, which systems may call."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from risk.errors import WagewatchError
from serving.auth.passwords import hash_password
from serving.auth.roles import Action, Role
from serving.cli.context import Job, job_of, user_name
from serving.cli.options import Json
from serving.cli.output import as_json, line, note, plain, table
from serving.cli.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.auth.repository import Grant

USERS = typer.Typer(rich_markup_mode=None)
TOKENS = typer.Typer(rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME")]
RoleName = Annotated[str, typer.Option("--role", metavar="ROLE")]
Region = Annotated[str, typer.Option("--region", metavar="CODE")]

_LONGEST_NAME, _LONGEST_REGION = 100, 12


class RoleUnknown(WagewatchError):
    """There is no such role."""

    code = "role_unknown"


class ScopeUnknown(WagewatchError):
    """There is no such scope."""

    code = "scope_unknown"


class RegionInvalid(WagewatchError):
    """Not a region code."""

    code = "region_invalid"


class NameInvalid(WagewatchError):
    """A name is empty or too long."""

    code = "name_invalid"


@USERS.command("add")
def add_user(
    context: typer.Context,
    name: Name,
    role: RoleName,
    region: Region = "",
    subject: Annotated[str | None, typer.Option("--subject", metavar="TEXT")] = None,
) -> None:
    """Make a user; the password is asked for, or read from standard input."""
    from serving.auth.repository import People

    job = job_of(context)
    grant = _grant(name, role, region)
    hashed = None if subject else hash_password(_password(job))
    with open_database(job, open_settings(job)) as database:
        People(database.engine).add_user(grant, password_hash=hashed, subject=subject)
    line(job.say("user_added", name=name, role=role, region=region or "*"))


@USERS.command("password")
def set_password(context: typer.Context, name: Name) -> None:
    """Give a user another password and end their sessions."""
    from serving.auth.repository import People

    job = job_of(context)
    hashed = hash_password(_password(job))
    with open_database(job, open_settings(job)) as database:
        People(database.engine).set_password(name, hashed)
    line(job.say("password_set", name=name))


@USERS.command("list")
def list_users(context: typer.Context, json: Json = False) -> None:
    """All users."""
    from serving.auth.repository import People

    job = job_of(context)
    with open_database(job, open_settings(job)) as database:
        found = People(database.engine).users()
    _show(job, found, ("name", "role", "region", "subject", "created_at", "disabled_at"), json)


@USERS.command("revoke")
def revoke_user(context: typer.Context, name: Name) -> None:
    """End a user's access."""
    from serving.auth.repository import People

    job = job_of(context)
    with open_database(job, open_settings(job)) as database:
        People(database.engine).disable_user(name, _now())
    line(job.say("revoked", name=name))


@TOKENS.command("add")
def add_token(
    context: typer.Context,
    name: Name,
    role: RoleName,
    region: Region = "",
    scope: Annotated[list[str] | None, typer.Option("--scope", metavar="ACTION")] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650)] = None,
    json: Json = False,
) -> None:
    """Make a token for a system and show it once."""
    from serving.auth.repository import People

    job = job_of(context)
    grant = _grant(name, role, region)
    expires_at = None if days is None else grant.at + dt.timedelta(days=days)
    with open_database(job, open_settings(job)) as database:
        secret = People(database.engine).add_token(
            grant, scopes=_scopes(scope), expires_at=expires_at
        )
    if json:
        told = {"name": name, "role": role, "region": region, "token": secret}
        as_json({**told, "scopes": scope, "expires_at": expires_at})
        return
    note(job.say("token_added", name=name, role=role, region=region or "*"))
    line(secret)


@TOKENS.command("list")
def list_tokens(context: typer.Context, json: Json = False) -> None:
    """All tokens, without their secrets."""
    from serving.auth.repository import People

    job = job_of(context)
    with open_database(job, open_settings(job)) as database:
        found = People(database.engine).tokens()
    names = ("name", "role", "region", "scopes", "created_at", "expires_at", "revoked_at")
    _show(job, found, names, json)


@TOKENS.command("revoke")
def revoke_token(context: typer.Context, name: Name) -> None:
    """End a token."""
    from serving.auth.repository import People

    job = job_of(context)
    with open_database(job, open_settings(job)) as database:
        People(database.engine).revoke_token(name, _now())
    line(job.say("revoked", name=name))


def _grant(name: str, role: str, region: str) -> Grant:
    from serving.auth.repository import Grant

    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise NameInvalid(found=name, most=_LONGEST_NAME)
    if role not in tuple(Role):
        raise RoleUnknown(found=role, allowed=", ".join(Role))
    if region and not (region.isascii() and region.isdigit() and len(region) <= _LONGEST_REGION):
        raise RegionInvalid(found=region)
    return Grant(name, Role(role), region, user_name(), _now())


def _scopes(wanted: Sequence[str] | None) -> list[Action] | None:
    unknown = [one for one in wanted or () if one not in tuple(Action)]
    if unknown:
        raise ScopeUnknown(found=", ".join(unknown), allowed=", ".join(Action))
    return [Action(one) for one in wanted] if wanted else None


def _password(job: Job) -> str:
    if sys.stdin.isatty():
        asked: str = typer.prompt(
            job.say("password"), hide_input=True, confirmation_prompt=job.say("password_again")
        )
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _show(job: Job, found: Sequence[object], names: Sequence[str], json: bool) -> None:
    rows = [{name: getattr(one, name) for name in names} for one in found]
    if json:
        as_json(rows)
        return
    cells = [[_cell(value) for value in row.values()] for row in rows]
    table([job.say(f"access.{name}") for name in names], cells)


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return plain(value)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
