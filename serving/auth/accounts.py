"""Writes of users and tokens, each limited to what the principal who makes it may administer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from serving.auth.jurisdiction import require_covers, within
from serving.auth.names import look_of
from serving.auth.principal import OFFICE, Principal
from serving.auth.repository import NameTaken, NameUnknown, NewAccount
from serving.auth.roles import Permission, Role
from serving.auth.second_factors import (
    SecondFactors,
    end_sessions,
    new_recovery_codes,
    remove,
)
from serving.auth.secrets import new_token, token_hash
from serving.db.tables import TOKENS, USERS
from serving.errors import ApiError


class LastAdmin(ApiError):
    """The user is the only one left who may administer all regions."""

    code = "last_admin"
    status = HTTPStatus.CONFLICT


class Accounts:
    """Users and tokens that ``by`` may administer, in the transaction of ``connection``."""

    def __init__(self, connection: Connection, by: Principal) -> None:
        """Lock the users and tokens against other administrators until the transaction ends.

        Raises:
            NotAllowed: the principal may not administer people.
        """
        by.require(Permission.MANAGE_PEOPLE)
        self._connection = connection
        self._by = by
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE users, tokens IN SHARE ROW EXCLUSIVE MODE"))

    def add_user(
        self, account: NewAccount, *, password_hash: str | None, subject: str | None
    ) -> None:
        """Create a user.

        Raises:
            OutsideRegion: the region is not in that of the principal.
            NameTaken: another user has a name that looks the same, or the subject.
        """
        extra = {
            "password_hash": password_hash,
            "subject": subject,
            "stamp": 1,
            "real_name": account.real_name,
        }
        self._add(USERS, account, extra)

    def add_token(
        self,
        account: NewAccount,
        *,
        scopes: Sequence[Permission] | None = None,
        expires_at: dt.datetime | None = None,
        owner: str = "",
    ) -> str:
        """Create a token and return its secret; only the secret's hash is stored.

        Args:
            owner: the person behind the token; by default the one who creates it.

        Raises:
            OutsideRegion: the region is not in that of the principal.
            NameTaken: a token has a name that looks the same.
        """
        secret = new_token()
        names = None if scopes is None else [scope.value for scope in scopes]
        creator = account.created_by if self._by == OFFICE else self._by.person
        extra = {
            "secret_hash": token_hash(secret),
            "scopes": names,
            "expires_at": expires_at,
            "owner": owner or creator,
        }
        self._add(TOKENS, account, extra)
        return secret

    def set_password(self, name: str, password_hash: str) -> None:
        """Change a user's password and end their sessions.

        Raises:
            NameUnknown: there is no such active user in the region.
        """
        values = {"password_hash": password_hash, "stamp": USERS.c.stamp + 1}
        self._change(USERS, name, values, USERS.c.disabled_at.is_(None))

    def set_second_factor(
        self, name: str, factors: SecondFactors, secret: str, at: dt.datetime
    ) -> tuple[str, ...]:
        """Give a user a second factor in place of any other, and return recovery codes.

        Raises:
            NameUnknown: there is no such active user in the region.
        """
        user_id = self._active_user(name)
        factors.store(self._connection, user_id, secret, at)
        end_sessions(self._connection, user_id)
        return new_recovery_codes(self._connection, user_id)

    def remove_second_factor(self, name: str) -> None:
        """Remove a user's second factor, and end their sessions.

        Raises:
            NameUnknown: there is no such active user in the region, or they have none.
        """
        user_id = self._active_user(name)
        if not remove(self._connection, user_id):
            raise NameUnknown(name=name)
        end_sessions(self._connection, user_id)

    def set_real_name(self, name: str, real_name: str | None) -> None:
        """Set the name that pages show for a user; None shows the name to sign in with.

        Raises:
            NameUnknown: there is no such active user in the region.
        """
        self._change(USERS, name, {"real_name": real_name}, USERS.c.disabled_at.is_(None))

    def disable_user(self, name: str, at: dt.datetime) -> None:
        """End a user's access.

        Raises:
            NameUnknown: there is no such active user in the region.
            LastAdmin: nobody else may administer all regions.
        """
        values = {"disabled_at": at, "stamp": USERS.c.stamp + 1}
        had_admin = self._has_admin()
        self._change(USERS, name, values, USERS.c.disabled_at.is_(None))
        if had_admin and not self._has_admin():
            raise LastAdmin(name=name)

    def enable_user(self, name: str) -> None:
        """Give a disabled user access again.

        Raises:
            NameUnknown: there is no such disabled user in the region.
        """
        values = {"disabled_at": None, "stamp": USERS.c.stamp + 1}
        self._change(USERS, name, values, USERS.c.disabled_at.is_not(None))

    def revoke_token(self, name: str, at: dt.datetime) -> None:
        """End a token.

        Raises:
            NameUnknown: there is no such active token in the region.
        """
        self._change(TOKENS, name, {"revoked_at": at}, TOKENS.c.revoked_at.is_(None))

    def _add(self, table: Table, account: NewAccount, extra: Mapping[str, object]) -> None:
        require_covers(self._by, account.region)
        look = look_of(account.name)
        names = self._connection.scalars(select(table.c.name))
        if any(look_of(taken) == look for taken in names):
            raise NameTaken(name=account.name)
        values = {
            "name": account.name,
            "role": account.role.value,
            "region": account.region,
            "created_at": account.created_at,
            "created_by": account.created_by,
            **extra,
        }
        try:
            self._connection.execute(insert(table).values(values))
        except IntegrityError as error:
            raise NameTaken(name=account.name) from error

    def _change(self, table: Table, name: str, values: dict[str, Any], state: Any) -> None:
        mine = within(table.c.region, self._by)
        statement = update(table).where(table.c.name == name, state, mine).values(values)
        if self._connection.execute(statement).rowcount == 0:
            raise NameUnknown(name=name)

    def _active_user(self, name: str) -> int:
        query = select(USERS.c.id).where(
            USERS.c.name == name, USERS.c.disabled_at.is_(None), within(USERS.c.region, self._by)
        )
        found = self._connection.execute(query).scalar_one_or_none()
        if found is None:
            raise NameUnknown(name=name)
        return int(found)

    def _has_admin(self) -> bool:
        query = select(func.count()).where(
            USERS.c.role == Role.ADMIN.value, USERS.c.region == "", USERS.c.disabled_at.is_(None)
        )
        return bool(self._connection.execute(query).scalar_one())
