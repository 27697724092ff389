"""Totals of a block, with what is unknown left unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from risk.calendar.dates import month_end
from risk.intake.cells import Cell
from risk.intake.worker_sheets.amounts import day_until
from risk.intake.worker_sheets.blocks import (
    HOURS_ABOVE,
    Attendance,
    Block,
    Group,
    Paid,
    RosterEntry,
)
from risk.intake.worker_sheets.marks import HOURS_PER_DAY, NONE, DayMarks
from risk.intake.worker_sheets.roles import Role

_MOST_DAYS = 31


@dataclass(frozen=True)
class Days:
    """Days of the workers of a group.

    ``days`` is None if marks were not understood; ``disagreeing`` counts workers whose stated total
    differs from their marks.
    """

    present: int | None
    days: int | None
    unclear: int
    disagreeing: int


@dataclass(frozen=True)
class Registered:
    """Workers on a roster in a month; ``with_contract`` is None if it is not stated for all.

    ``unclear`` counts those whose days on the site cannot be read; ``workers`` is None then.
    """

    workers: int | None
    with_contract: int | None
    unclear: int = 0


def count_days(group: Group, marks: DayMarks, *, hours: bool) -> Days:
    """Workers present and days worked, rounded half up."""
    total, present, unclear, disagreeing = Decimal(0), 0, 0, 0
    for one in group.attendance.values():
        own, stated = _days_of(one, marks, hours=hours), one.stated
        if own is None or (not own and stated):
            if stated is None:
                unclear += 1
                continue
            own = _stated_days(stated, hours=hours)
        elif stated is not None and stated not in (own, own * HOURS_PER_DAY):
            disagreeing += 1
        total += own
        present += own > 0
    if unclear or not present:
        return Days(None, None, unclear, disagreeing)
    return Days(present, int(total.to_integral_value(ROUND_HALF_UP)), 0, disagreeing)


def counts_hours(block: Block, marks: DayMarks) -> bool:
    """Whether the numbers in the day cells of a block are hours."""
    return any(
        _is_number(cell) and (marks.value(cell) or NONE) > HOURS_ABOVE for cell in _cells(block)
    )


def is_ticked(block: Block) -> bool:
    """Whether a block has plain marks of presence, so that circles and strokes mean absence."""
    plain = DayMarks()
    return any((plain.value(cell) or NONE) > NONE for cell in _cells(block))


def count_registered(group: Group, month: dt.date, *, asked: bool) -> Registered:
    """Workers on the site in ``month``; ``asked`` if the roster has a column about contracts."""
    there = [(one, _is_there(one, month)) for one in group.roster.values()]
    unclear = sum(is_there is None for _, is_there in there)
    if unclear:
        return Registered(None, None, unclear)
    here = [one for one, is_there in there if is_there]
    known = asked and all(one.contract is not None for one in here)
    return Registered(len(here), sum(bool(one.contract) for one in here) if known else None)


def _is_there(one: RosterEntry, month: dt.date) -> bool | None:
    """Whether a worker was on the site in ``month``; None if that is unclear."""
    entered, left = (
        (one.entered and day_until(one.entered, month)),
        (one.left and day_until(one.left, month)),
    )
    if (entered and entered > month_end(month)) or (left and left < month):
        return False
    unread = (one.entered and not entered) or (one.left and not left)
    return None if unread else True


def amount_due(block: Block, group: Group) -> int | None:
    """Fen due to all workers; None if an amount is missing and no total confirms the sum."""
    if block.head.index(Role.DUE) is None:
        return None
    unknown = group.no_due and Role.DUE not in block.confirmed
    return None if unknown or group.due < 0 else group.due


def amounts_paid(block: Block, group: Group) -> Mapping[dt.date | str | None, Paid] | None:
    """Fen paid by day, as for :func:`amount_due`."""
    if block.head.index(Role.PAID) is None:
        return None
    unknown = group.no_paid and Role.PAID not in block.confirmed
    return None if unknown or any(one.fen < 0 for one in group.paid.values()) else group.paid


def _days_of(one: Attendance, marks: DayMarks, *, hours: bool) -> Decimal | None:
    if one.unclear:
        return None
    total = Decimal(0)
    for weight, cells in ((Decimal(1), one.marks), (Decimal("0.5"), one.halves)):
        for cell in cells:
            value = marks.value(cell)
            if value is None:
                return None
            total += value / HOURS_PER_DAY if hours and _is_number(cell) else value * weight
    return total


def _stated_days(stated: Decimal, *, hours: bool) -> Decimal:
    return stated / HOURS_PER_DAY if hours and stated > _MOST_DAYS else stated


def _cells(block: Block) -> Iterator[Cell]:
    for group in block.groups.values():
        for one in group.attendance.values():
            yield from one.marks
            yield from one.halves


def _is_number(cell: Cell) -> bool:
    return str(cell).strip()[:1].isdigit()
