"""Reading users and tokens; :mod:`serving.auth.accounts` writes them."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update

from serving.auth.principal import Principal
from serving.auth.roles import Permission, Role
from serving.auth.secrets import token_hash
from serving.db.engine import utc
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
    real_name: str | None = None


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
    real_name: str | None

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
    owner: str = ""

    def principal(self) -> Principal:
        """Return the principal of the token."""
        scopes = None if self.scopes is None else frozenset(self.scopes)
        key = f"token:{self.id}"
        return Principal(key, self.name, self.role, self.region, scopes, owner=self.owner)

    def valid_at(self, now: dt.datetime) -> bool:
        """Return whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def real_names(engine: Engine) -> dict[str, str]:
    """Return the real names of users by the names they sign in with, as far as they are known."""
    query = select(USERS.c.name, USERS.c.real_name).where(USERS.c.real_name.is_not(None))
    with engine.connect() as connection:
        return {row.name: row.real_name for row in connection.execute(query)}


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
