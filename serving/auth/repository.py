"""Repository of users and tokens."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from serving.auth.names import look_of
from serving.auth.principal import Principal
from serving.auth.roles import Permission, Role
from serving.auth.secrets import new_token, token_hash
from serving.db.engine import utc, writing
from serving.db.tables import TOKENS, USERS
from serving.errors import CommandError


class NameTaken(CommandError):
    """A user or token of this name exists."""

    code = "name_taken"


class NameUnknown(CommandError):
    """No active user or token has this name."""

    code = "name_unknown"


@dataclass(frozen=True)
class NewAccount:
    """The common values of a user or token to be created."""

    name: str
    role: Role
    region: str
    created_by: str
    created_at: dt.datetime


@dataclass(frozen=True)
class User:
    """A user; ``disabled_at`` is None while they may sign in."""

    id: int
    name: str
    role: Role
    region: str
    password_hash: str | None
    subject: str | None
    stamp: int
    created_at: dt.datetime
    created_by: str
    disabled_at: dt.datetime | None

    def principal(self, csrf: str | None = None) -> Principal:
        """Return the principal of the user."""
        return Principal(f"user:{self.id}", self.name, self.role, self.region, None, csrf)


@dataclass(frozen=True)
class Token:
    """A token of a system, without its secret."""

    id: int
    name: str
    role: Role
    region: str
    scopes: tuple[Permission, ...] | None
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def principal(self) -> Principal:
        """Return the principal of the token."""
        scopes = None if self.scopes is None else frozenset(self.scopes)
        return Principal(f"token:{self.id}", self.name, self.role, self.region, scopes)

    def valid_at(self, now: dt.datetime) -> bool:
        """Return whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class UserRepository:
    """The users and tokens of a service database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def has_any(self) -> bool:
        """Return whether any user or token was ever created."""
        with self._engine.connect() as connection:
            return any(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (USERS, TOKENS)
            )

    def add_user(
        self, account: NewAccount, *, password_hash: str | None, subject: str | None
    ) -> None:
        """Create a user.

        Raises:
            NameTaken: another user has the name or the subject.
        """
        extra = {"password_hash": password_hash, "subject": subject, "stamp": 1}
        self._add(USERS, account, extra)

    def add_token(
        self,
        account: NewAccount,
        *,
        scopes: Sequence[Permission] | None = None,
        expires_at: dt.datetime | None = None,
    ) -> str:
        """Create a token and return its secret; only the secret's hash is stored.

        Raises:
            NameTaken: a token has the name.
        """
        secret = new_token()
        names = None if scopes is None else [scope.value for scope in scopes]
        extra = {"secret_hash": token_hash(secret), "scopes": names, "expires_at": expires_at}
        self._add(TOKENS, account, extra)
        return secret

    def region_of(self, name: str) -> str:
        """Return the region of a user.

        Raises:
            NameUnknown: there is no such user.
        """
        query = select(USERS.c.region).where(USERS.c.name == name, USERS.c.disabled_at.is_(None))
        with self._engine.connect() as connection:
            region = connection.execute(query).scalar_one_or_none()
        if region is None:
            raise NameUnknown(name=name)
        return str(region)

    def set_password(self, name: str, password_hash: str) -> None:
        """Change a user's password and end their sessions.

        Raises:
            NameUnknown: there is no such user.
        """
        values = {"password_hash": password_hash, "stamp": USERS.c.stamp + 1}
        self._change(USERS, name, values, USERS.c.disabled_at)

    def disable_user(self, name: str, at: dt.datetime) -> None:
        """End a user's access.

        Raises:
            NameUnknown: there is no such user.
        """
        values = {"disabled_at": at, "stamp": USERS.c.stamp + 1}
        self._change(USERS, name, values, USERS.c.disabled_at)

    def revoke_token(self, name: str, at: dt.datetime) -> None:
        """End a token.

        Raises:
            NameUnknown: there is no such token.
        """
        self._change(TOKENS, name, {"revoked_at": at}, TOKENS.c.revoked_at)

    def users(self) -> list[User]:
        """Return all users by name, disabled ones included."""
        with self._engine.connect() as connection:
            return [
                to_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))
            ]

    def tokens(self) -> list[Token]:
        """Return all tokens by name, revoked and expired ones included."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(TOKENS).order_by(TOKENS.c.name))
            return [_token(row) for row in rows]

    def user_by(self, **values: object) -> User | None:
        """Return the active user whose columns have these values, None if there is none."""
        query = select(USERS).where(USERS.c.disabled_at.is_(None))
        for name, value in values.items():
            query = query.where(USERS.c[name] == value)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return to_user(row) if row else None

    def user_to_sign_in(self, name: str) -> User | None:
        """Return the active user of this name as typed, or as names are stored; None if none."""
        spellings = dict.fromkeys((name, unicodedata.normalize("NFKC", name).strip()))
        found = (self.user_by(name=one) for one in spellings)
        return next((user for user in found if user), None)

    def token_by_secret(self, secret: str) -> Token | None:
        """Return the token with this secret, valid or not; None if there is none."""
        query = select(TOKENS).where(TOKENS.c.secret_hash == token_hash(secret))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _token(row) if row else None

    def _add(self, table: Table, account: NewAccount, extra: Mapping[str, object]) -> None:
        values = {
            "name": account.name,
            "role": account.role.value,
            "region": account.region,
            "created_at": account.created_at,
            "created_by": account.created_by,
            **extra,
        }
        try:
            with writing(self._engine).begin() as connection:
                _require_free(connection, table, account.name)
                connection.execute(insert(table).values(values))
        except IntegrityError as error:
            raise NameTaken(name=account.name) from error

    def _change(self, table: Table, name: str, values: dict[str, Any], ended: Any) -> None:
        statement = update(table).where(table.c.name == name, ended.is_(None)).values(values)
        with writing(self._engine).begin() as connection:
            if connection.execute(statement).rowcount == 0:
                raise NameUnknown(name=name)


def _require_free(connection: Connection, table: Table, name: str) -> None:
    """Check that no row of ``table``, also an ended one, has a name that looks like ``name``.

    Raises:
        NameTaken: one has.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
    look = look_of(name)
    if any(look_of(taken) == look for taken in connection.scalars(select(table.c.name))):
        raise NameTaken(name=name)


def store_password(connection: Connection, user: User, password_hash: str) -> User:
    """Store the password that ``user`` changed, and return the user; all sessions end.

    Raises:
        NameUnknown: the user was changed or disabled meanwhile.
    """
    changed = replace(user, password_hash=password_hash, stamp=user.stamp + 1)
    statement = (
        update(USERS)
        .where(USERS.c.id == user.id, USERS.c.stamp == user.stamp, USERS.c.disabled_at.is_(None))
        .values(password_hash=password_hash, stamp=changed.stamp)
    )
    if connection.execute(statement).rowcount == 0:
        raise NameUnknown(name=user.name)
    return changed


def to_user(row: Row[Any]) -> User:
    """Return the user of a row of the table, which may have further columns."""
    return User(**_values(row, User))


def _token(row: Row[Any]) -> Token:
    values = _values(row, Token)
    scopes = values["scopes"]
    values["scopes"] = None if scopes is None else tuple(Permission(scope) for scope in scopes)
    return Token(**values)


def _values(row: Row[Any], kind: type[User] | type[Token]) -> dict[str, Any]:
    values = {field.name: row._mapping[field.name] for field in fields(kind)}
    values["role"] = Role(values["role"])
    for name, value in values.items():
        if isinstance(value, dt.datetime):
            values[name] = utc(value)
    return values
