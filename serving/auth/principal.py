"""The person or system that makes a request."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from serving.auth.roles import PERMISSIONS, SEPARATED, Permission, Role
from serving.errors import ApiError


class NotSignedIn(ApiError):
    """The request has no credentials, or invalid ones."""

    code = "not_signed_in"
    status = HTTPStatus.UNAUTHORIZED


class NotAllowed(ApiError):
    """The role, or the scopes of the token, lack the permission."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class OutsideRegion(ApiError):
    """The region is outside the principal's."""

    code = "outside_region"
    status = HTTPStatus.FORBIDDEN


class SecondFactorRequired(ApiError):
    """The office requires a second factor of this role, and the person has none."""

    code = "second_factor_required"
    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class Principal:
    """A person or system.

    Attributes:
        key: unique key, such as ``user:3``.
        region: prefix of the region codes they may see; empty for all.
        scopes: permissions of the role that a token is limited to; None for all of them.
        csrf: CSRF token of a browser session, required with every write.
        owner: the person behind a token; empty for people.
        must_enrol: the office requires a second factor that the person has not set up; until then
            they have no permission.
        separated: administration, audit and work are separated.
    """

    key: str
    name: str
    role: Role
    region: str = ""
    scopes: frozenset[Permission] | None = None
    csrf: str | None = None
    owner: str = ""
    must_enrol: bool = False
    separated: bool = False

    @property
    def person(self) -> str:
        """The name of the person who acts, also through a token."""
        return self.owner or self.name

    def has(self, permission: Permission) -> bool:
        """Return whether role and scopes include ``permission``."""
        in_scope = self.scopes is None or permission in self.scopes
        of_role = (SEPARATED if self.separated else PERMISSIONS)[self.role]
        return permission in of_role and in_scope and not self.must_enrol

    def require(self, permission: Permission) -> None:
        """Check that the principal has ``permission``.

        Raises:
            SecondFactorRequired: the person must set up a second factor first.
            NotAllowed: the principal lacks it.
        """
        if self.must_enrol:
            raise SecondFactorRequired()
        if not self.has(permission):
            raise NotAllowed(action=permission.value, role=self.role.value)


OFFICE = Principal("office", "office", Role.ADMIN)
"""The command line: its user can read the workspace's files anyway."""

LOCAL = Principal("local", "local", Role.SUPERVISOR)
"""The user of this machine while no user and no token exists."""
