"""The person or system that makes a request."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from serving.auth.roles import PERMISSIONS, Permission, Role
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


@dataclass(frozen=True)
class Principal:
    """A person or system.

    Attributes:
        key: unique key, such as ``user:3``.
        region: prefix of the region codes they may see; empty for all.
        scopes: permissions of the role that a token is limited to; None for all of them.
        csrf: CSRF token of a browser session, required with every write.
    """

    key: str
    name: str
    role: Role
    region: str = ""
    scopes: frozenset[Permission] | None = None
    csrf: str | None = None

    def has(self, permission: Permission) -> bool:
        """Return whether role and scopes include ``permission``."""
        in_scope = self.scopes is None or permission in self.scopes
        return permission in PERMISSIONS[self.role] and in_scope

    def require(self, permission: Permission) -> None:
        """Check that the principal has ``permission``.

        Raises:
            NotAllowed: the principal lacks it.
        """
        if not self.has(permission):
            raise NotAllowed(action=permission.value, role=self.role.value)


OFFICE = Principal("office", "office", Role.ADMIN)
"""The command line: its user can read the workspace's files anyway."""

LOCAL = Principal("local", "local", Role.SUPERVISOR)
"""The user of this machine while no user and no token exists."""
