"""Whoever makes a request, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from risk.errors import WagewatchError
from serving.auth.roles import MAY, Action, Role


class NotSignedIn(WagewatchError):
    """Nobody is named, or the name is not proven."""

    code = "not_signed_in"


class NotAllowed(WagewatchError):
    """The role, or the scope of the token, does not include this."""

    code = "not_allowed"


class OutsideRegion(WagewatchError):
    """The region lies outside that of whoever asks."""

    code = "outside_region"


@dataclass(frozen=True)
class Principal:
    """A person or system. ``region`` is the beginning of the region codes they may see.

    ``key`` tells principals apart (``user:3``); ``scopes`` narrows the role, None for all of it;
    ``csrf`` is set for a browser session and must come back with every write.
    """

    key: str
    name: str
    role: Role
    region: str = ""
    scopes: frozenset[Action] | None = None
    csrf: str | None = None

    def may(self, action: Action) -> bool:
        """Whether the role and the scopes include ``action``."""
        return action in MAY[self.role] and (self.scopes is None or action in self.scopes)

    def require(self, action: Action) -> None:
        """Nothing, if they may.

        Raises:
            NotAllowed: they may not.
        """
        if not self.may(action):
            raise NotAllowed(action=action.value, role=self.role.value)


OFFICE = Principal("office", "office", Role.ADMIN)
"""The command line: whoever can read the workspace's files."""

LOCAL = Principal("local", "local", Role.SUPERVISOR)
"""Whoever sits at the machine while no user and no token was made yet."""
