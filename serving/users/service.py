"""Validation of new users and tokens, shared by the commands and the administration page."""

from __future__ import annotations

import datetime as dt

from serving.auth.names import clean_name
from serving.auth.repository import NewAccount
from serving.auth.roles import Role
from serving.errors import CommandError

MAX_REGION = 12
MIN_DAYS, MAX_DAYS = 1, 3650
"""Range of the days a token is valid."""


class RoleUnknown(CommandError):
    """No role has this name."""

    code = "role_unknown"


class RegionInvalid(CommandError):
    """Not a region code."""

    code = "region_invalid"


class DaysInvalid(CommandError):
    """The days a token is to be valid are no whole number in the allowed range."""

    code = "days_invalid"


def new_account(
    name: str,
    role: str,
    region: str,
    created_by: str,
    created_at: dt.datetime,
    real_name: str = "",
) -> NewAccount:
    """Return the values of a new user or token; only users have a ``real_name``.

    Raises:
        NameInvalid, RoleUnknown, RegionInvalid: a value is not allowed.
    """
    name = clean_name(name)
    if role not in tuple(Role):
        raise RoleUnknown(found=role, allowed=", ".join(Role))
    if region and not (region.isascii() and region.isdigit() and len(region) <= MAX_REGION):
        raise RegionInvalid(found=region)
    return NewAccount(name, Role(role), region, created_by, created_at, clean_real_name(real_name))


def clean_real_name(name: str) -> str | None:
    """Return the real name of a user as it is stored; None if it is blank.

    Raises:
        NameInvalid: it has characters that names cannot have, or too many.
    """
    return clean_name(name) if name.strip() else None


def parse_days(value: str) -> int:
    """Return the number of days a token is to be valid.

    Raises:
        DaysInvalid: not a whole number from 1 to 3650.
    """
    if not (value.isascii() and value.isdigit() and MIN_DAYS <= int(value[:5]) <= MAX_DAYS):
        raise DaysInvalid(found=value, least=MIN_DAYS, most=MAX_DAYS)
    return int(value)
