"""``wagewatch users`` and ``wagewatch tokens``: administration of users and tokens."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from serving.auth.passwords import hash_password
from serving.auth.principal import OFFICE
from serving.auth.roles import Permission
from serving.clock import now, office_time
from serving.errors import CommandError
from serving.terminal.context import CliContext, cli_context, os_user_name
from serving.terminal.options import JsonFlag
from serving.terminal.output import cell_text, print_json, print_line, print_note, print_table
from serving.terminal.resources import open_database, open_settings

if TYPE_CHECKING:
    from serving.auth.accounts import Accounts

USERS = typer.Typer(rich_markup_mode=None)
TOKENS = typer.Typer(rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME")]
RoleName = Annotated[str, typer.Option("--role", metavar="ROLE")]
Region = Annotated[str, typer.Option("--region", metavar="CODE")]


class ScopeUnknown(CommandError):
    """No permission has this name."""

    code = "scope_unknown"


@USERS.command("add")
def add_user(
    context: typer.Context,
    name: Name,
    role: RoleName,
    region: Region = "",
    subject: Annotated[str | None, typer.Option("--subject", metavar="TEXT")] = None,
    real_name: Annotated[str, typer.Option("--real-name", metavar="TEXT")] = "",
) -> None:
    """Create a user; the password is prompted for, or read from standard input."""
    from serving.users.service import new_account

    cli = cli_context(context)
    account = new_account(name, role, region, os_user_name(), now(), real_name)
    hashed = None if subject else hash_password(_password(cli), account.name)
    with _accounts(cli, f"users add {account.name} {role} {region or '*'}") as accounts:
        accounts.add_user(account, password_hash=hashed, subject=subject)
    print_line(cli.text("user_added", name=name, role=role, region=region or "*"))


@USERS.command("password")
def set_password(context: typer.Context, name: Name) -> None:
    """Change a user's password and end their sessions."""
    cli = cli_context(context)
    hashed = hash_password(_password(cli), name)
    with _accounts(cli, f"users password {name}") as accounts:
        accounts.set_password(name, hashed)
    print_line(cli.text("password_set", name=name))


@USERS.command("name")
def set_real_name(
    context: typer.Context,
    name: Name,
    real_name: Annotated[str, typer.Argument(metavar="REAL_NAME")],
) -> None:
    """Set the name that pages show for a user."""
    from serving.users.service import clean_real_name

    cli = cli_context(context)
    cleaned = clean_real_name(real_name)
    with _accounts(cli, f"users name {name}") as accounts:
        accounts.set_real_name(name, cleaned)
    print_line(cli.text("real_name_set", name=name, real_name=cleaned or name))


@USERS.command("list")
def list_users(context: typer.Context, json: JsonFlag = False) -> None:
    """List all users."""
    from serving.auth.repository import UserRepository

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        users = UserRepository(database.engine).users()
    _show(
        cli,
        users,
        ("name", "real_name", "role", "region", "subject", "created_at", "disabled_at"),
        json,
    )


@USERS.command("revoke")
def revoke_user(context: typer.Context, name: Name) -> None:
    """Disable a user."""
    cli = cli_context(context)
    with _accounts(cli, f"users revoke {name}") as accounts:
        accounts.disable_user(name, now())
    print_line(cli.text("revoked", name=name))


@USERS.command("enable")
def enable_user(context: typer.Context, name: Name) -> None:
    """Give a revoked user access again."""
    cli = cli_context(context)
    with _accounts(cli, f"users enable {name}") as accounts:
        accounts.enable_user(name)
    print_line(cli.text("enabled", name=name))


@USERS.command("second-factor")
def second_factor(
    context: typer.Context,
    name: Name,
    remove: Annotated[bool, typer.Option("--remove")] = False,
) -> None:
    """Give a user a second factor and print its key and recovery codes once, or remove it."""
    from serving.auth.second_factors import KEY_FILE, SecondFactors, grouped
    from serving.auth.secrets import signing_key
    from serving.auth.totp import enrolment_uri, new_secret
    from serving.users.qr_code import as_text

    cli = cli_context(context)
    if remove:
        with _accounts(cli, f"users second-factor {name} --remove") as accounts:
            accounts.remove_second_factor(name)
        print_line(cli.text("second_factor_removed", name=name))
        return
    secret = new_secret()
    with _accounts(cli, f"users second-factor {name}") as accounts:
        factors = SecondFactors(signing_key(cli.workspace.root / KEY_FILE))
        codes = accounts.set_second_factor(name, factors, secret, now())
    print_note(cli.text("second_factor_added", name=name))
    uri = enrolment_uri(secret, name)
    if sys.stdout.isatty():
        print_note(as_text(uri))
    for line in (grouped(secret), uri, *codes):
        print_line(line)


@TOKENS.command("add")
def add_token(
    context: typer.Context,
    name: Name,
    role: RoleName,
    region: Region = "",
    *,
    scope: Annotated[list[str] | None, typer.Option("--scope", metavar="ACTION")] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650)] = None,
    owner: Annotated[str, typer.Option("--owner", metavar="NAME")] = "",
    json: JsonFlag = False,
) -> None:
    """Create a token of a system and print it once."""
    from serving.users.service import new_account

    cli = cli_context(context)
    account = new_account(name, role, region, os_user_name(), now())
    expires_at = None if days is None else account.created_at + dt.timedelta(days=days)
    scopes = _scopes(scope)
    with _accounts(cli, f"tokens add {account.name} {role} {region or '*'}") as accounts:
        secret = accounts.add_token(account, scopes=scopes, expires_at=expires_at, owner=owner)
    if json:
        values = {"name": name, "role": role, "region": region, "token": secret}
        print_json({**values, "scopes": scope, "expires_at": expires_at})
        return
    print_note(cli.text("token_added", name=name, role=role, region=region or "*"))
    print_line(secret)


@TOKENS.command("list")
def list_tokens(context: typer.Context, json: JsonFlag = False) -> None:
    """List all tokens, without their secrets."""
    from serving.auth.repository import UserRepository

    cli = cli_context(context)
    with open_database(cli, open_settings(cli)) as database:
        tokens = UserRepository(database.engine).tokens()
    names = ("name", "role", "region", "scopes", "owner", "created_at", "expires_at", "revoked_at")
    _show(cli, tokens, names, json)


@TOKENS.command("revoke")
def revoke_token(context: typer.Context, name: Name) -> None:
    """Revoke a token."""
    cli = cli_context(context)
    with _accounts(cli, f"tokens revoke {name}") as accounts:
        accounts.revoke_token(name, now())
    print_line(cli.text("revoked", name=name))


@contextmanager
def _accounts(cli: CliContext, subject: str) -> Iterator[Accounts]:
    """Open the accounts in a transaction that ends with an audit entry about ``subject``."""
    from serving.audit.command_entry import command_entry
    from serving.audit.repository import add_audit_entries
    from serving.auth.accounts import Accounts
    from serving.db.engine import writing

    with (
        open_database(cli, open_settings(cli)) as database,
        writing(database.engine).begin() as connection,
    ):
        yield Accounts(connection, OFFICE)
        add_audit_entries(connection, [command_entry(Permission.MANAGE_PEOPLE, subject)])


def _scopes(names: Sequence[str] | None) -> list[Permission] | None:
    unknown = [name for name in names or () if name not in tuple(Permission)]
    if unknown:
        raise ScopeUnknown(found=", ".join(unknown), allowed=", ".join(Permission))
    return [Permission(name) for name in names] if names else None


def _password(cli: CliContext) -> str:
    if sys.stdin.isatty():
        password: str = typer.prompt(
            cli.text("password"), hide_input=True, confirmation_prompt=cli.text("password_again")
        )
        return password
    return sys.stdin.readline().rstrip("\r\n")


def _show(cli: CliContext, accounts: Sequence[object], names: Sequence[str], json: bool) -> None:
    rows = [{name: getattr(account, name) for name in names} for account in accounts]
    if json:
        print_json(rows)
        return
    cells = [[_cell(value) for value in row.values()] for row in rows]
    print_table([cli.text(f"access.{name}") for name in names], cells)


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return f"{office_time(value):%Y-%m-%d %H:%M}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return cell_text(value)
