"""Roles of the columns of worker-level sheets, by heading."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum

from risk.intake.cells import Cell, match_key
from risk.intake.units import plain_brackets
from risk.intake.worker_sheets.words import words


class Role(StrEnum):
    """What a column of a worker-level sheet contains."""

    NAME = "name"
    IDENTITY = "identity"
    PERSONAL = "personal"
    TEAM = "team"
    PROJECT = "project"
    MONTH = "month"
    DUE = "due"
    PAID = "paid"
    PAID_ON = "paid_on"
    CHANNEL = "channel"
    DAYS = "days"
    DAY = "day"
    HALF = "half"
    ENTERED = "entered"
    LEFT = "left"
    CONTRACT = "contract"
    CRAFT = "craft"
    RESULT = "result"
    FAILURE = "failure"
    REMARK = "remark"
    OTHER = "other"


NEVER_KEPT = (Role.NAME, Role.IDENTITY, Role.PERSONAL)
"""Roles of columns about the person."""

_PATTERNS = {Role(role): re.compile("|".join(parts)) for role, parts in words("roles").items()}
_BRACKETS = re.compile(r"\([^()]*\)")
_NOISE = re.compile(r"[*:_\"'“”★※.、/|]")
_DAY = re.compile(r"(?:\d{1,2}月)?(3[01]|[12]?\d)(?:日|号)?")


def role_of(heading: str) -> Role:
    """Role of a column by its plain heading; ``OTHER`` if it has none.

    >>> role_of("身份证号码"), role_of("应发工资"), role_of("日工资")
    (<Role.IDENTITY: 'identity'>, <Role.DUE: 'due'>, <Role.OTHER: 'other'>)
    """
    return next((role for role, one in _PATTERNS.items() if one.fullmatch(heading)), Role.OTHER)


def plain_heading(cell: Cell) -> str:
    """Heading without brackets, spaces and punctuation.

    >>> plain_heading("应发 工资\\n（元）")
    '应发工资'
    """
    text = match_key(plain_brackets(str("" if cell is None else cell)[:100]))
    return _NOISE.sub("", _BRACKETS.sub("", text))


def day_of_month(cell: Cell) -> int | None:
    """Day that a heading of an attendance sheet names: 7, "7", 7日, or a date."""
    if isinstance(cell, dt.date):
        return cell.day
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return int(cell) if cell == int(cell) and 1 <= cell <= 31 else None
    found = _DAY.fullmatch(match_key(str(cell)[:20]))
    return int(found[1]) if found and int(found[1]) else None
