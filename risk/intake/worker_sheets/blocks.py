"""Rows of one block of a worker-level sheet, added up per project, team and month as written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from risk.intake.cell_parsers import UNKNOWN
from risk.intake.cells import Cell, match_key
from risk.intake.spellings import UNKNOWN_WORDS
from risk.intake.units import Unit
from risk.intake.worker_sheets import amounts
from risk.intake.worker_sheets.heads import Head
from risk.intake.worker_sheets.labels import Labels
from risk.intake.worker_sheets.roles import Role

HOURS_ABOVE = 3
"""Numbers in day cells larger than this are hours."""

TOLERANCE = 100
"""Difference, in fen, by which a total may differ from the sum because of rounding."""

_PARTS = {"上午": "half", "下午": "half", "加班": "over", "加班时数": "over", "加点": "over"}


class Written(NamedTuple):
    """Project, team and month as written in the row of a worker; empty without such a column."""

    project: str = ""
    team: str = ""
    month: Cell = None


@dataclass
class Attendance:
    """Marks of one worker: their sum, how many are not understood, and the stated total."""

    marks: list[Cell] = field(default_factory=list)
    halves: list[Cell] = field(default_factory=list)
    stated: Decimal | None = None
    unclear: bool = False


class RosterEntry(NamedTuple):
    """One line of a roster; a day that could not be read is its text."""

    entered: dt.date | str | None
    left: dt.date | str | None
    contract: bool | None


@dataclass
class Paid:
    """Amount paid on one day, in fen, and to whom."""

    fen: int = 0
    persons: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)

    def add(self, fen: int, person: str, channel: str) -> None:
        """Add an amount paid to one person, by a way if that is stated."""
        self.fen += fen
        self.persons.add(person)
        if channel:
            self.channels.add(channel)


@dataclass
class Group:
    """Workers of one project, team and month. Persons are only held to count them.

    A day of payment without a year is its text. ``failed`` are payments that did not arrive.
    """

    persons: set[str] = field(default_factory=set)
    due: int = 0
    due_to: set[str] = field(default_factory=set)
    no_due: int = 0
    paid: dict[dt.date | str | None, Paid] = field(default_factory=dict)
    no_paid: int = 0
    failed: Paid = field(default_factory=Paid)
    corrections: int = 0
    attendance: dict[str, Attendance] = field(default_factory=dict)
    roster: dict[str, RosterEntry] = field(default_factory=dict)


@dataclass
class Sums:
    """Sums of a block since its start, or since the last subtotal: fen due, fen paid, days."""

    due: int = 0
    paid: int = 0
    days: Decimal = Decimal(0)

    def __iter__(self) -> Iterator[Decimal]:
        return iter((Decimal(self.due), Decimal(self.paid), self.days))


class Block:
    """Rows below one head. ``disagreeing`` lists totals in the sheet that differ from the sum."""

    def __init__(self, head: Head, labels: Labels, unit: Unit | None) -> None:
        self.head = head
        self.labels = labels
        self.groups: dict[Written, Group] = {}
        self.disagreeing: list[tuple[str, str, str]] = []
        self.confirmed: set[Role] = set()
        self.unit = unit
        self._index: Mapping[Role, int] = {one.role: one.index for one in head.columns[::-1]}
        self._all, self._page = Sums(), Sums()
        self._current: tuple[Written, str] | None = None

    def cell(self, cells: Sequence[Cell], role: Role) -> Cell:
        """Cell of the column with ``role``; None without one."""
        index = self._index.get(role)
        return cells[index] if index is not None and index < len(cells) else None

    def add(self, cells: Sequence[Cell], name: str) -> None:
        """Add the row of a worker."""
        person = _person(self.cell(cells, Role.IDENTITY), name)
        month = self.cell(cells, Role.MONTH)
        written = Written(
            _text(self.cell(cells, Role.PROJECT)),
            _text(self.cell(cells, Role.TEAM)),
            month if isinstance(month, str | int | dt.date) else None,
        )
        group = self.groups.setdefault(written, Group())
        group.persons.add(person)
        self._current = written, person
        if self.head.has_wages:
            self._add_wages(group, cells, person)
        if self.head.days:
            self._add_days(group, cells, person)
        if not self.head.has_wages and not self.head.days:
            group.roster[person] = RosterEntry(
                amounts.stay_day(self.cell(cells, Role.ENTERED)),
                amounts.stay_day(self.cell(cells, Role.LEFT)),
                amounts.signed(self.cell(cells, Role.CONTRACT)),
            )

    def add_more(self, cells: Sequence[Cell], *, merged: bool = False) -> None:
        """Add a further row of the worker before: the afternoon, or overtime.

        Its wages count only below a ``merged`` name: another row may be a total without a label.
        """
        if self._current is None:
            return
        written, person = self._current
        if merged and self.head.has_wages:
            self._add_wages(self.groups[written], cells, person, more=True)
        if not self.head.days:
            return
        attendance = self.groups[written].attendance.get(person)
        if attendance is None:
            return
        part = self._part(cells)
        if part == "half":
            attendance.halves += self._day_cells(cells)
        elif part is None and any(cell is not None for cell in self._day_cells(cells)):
            attendance.unclear = True

    def total(self, label: str, cells: Sequence[Cell]) -> None:
        """Compare a row of totals with the sums of the rows above it."""
        found: dict[Role, int | Decimal | None] = {
            Role.DUE: amounts.due_fen(self.cell(cells, Role.DUE), self.unit),
            Role.PAID: amounts.paid_fen(self.cell(cells, Role.PAID), self.unit),
            Role.DAYS: amounts.days(self.cell(cells, Role.DAYS)),
        }
        for (role, value), whole, page in zip(found.items(), self._all, self._page, strict=True):
            if value is None or (role is Role.DAYS and not whole):
                continue
            stated = Decimal(value)
            near = Decimal(TOLERANCE) if role is not Role.DAYS else Decimal("0.05")
            if abs(stated - whole) <= near:
                self.confirmed.add(role)
            elif abs(stated - page) > near:
                self.disagreeing.append((label, _shown(role, stated), _shown(role, whole)))
        self._page = Sums()

    def _add_wages(
        self, group: Group, cells: Sequence[Cell], person: str, *, more: bool = False
    ) -> None:
        """Add the wages in a row; in one that has ``more`` of a worker an empty amount is none."""
        due = amounts.due_fen(self.cell(cells, Role.DUE), self.unit)
        if due is None:
            group.no_due += not more
        elif due:
            group.due += due
            group.due_to.add(person)
        paid = amounts.paid_fen(self.cell(cells, Role.PAID), self.unit)
        if paid is None:
            group.no_paid += not more
        elif paid:
            self._payment(group, cells).add(paid, person, _text(self.cell(cells, Role.CHANNEL)))
        group.corrections += (due or 0) < 0 or (paid or 0) < 0
        days = amounts.days(self.cell(cells, Role.DAYS)) or Decimal(0)
        for sums in (self._all, self._page):
            if due:
                sums.due += due
            if paid:
                sums.paid += paid
            sums.days += days

    def _payment(self, group: Group, cells: Sequence[Cell]) -> Paid:
        """What the amount paid in a row of ``cells`` is a part of."""
        if self._has_failed(cells):
            return group.failed
        on = amounts.day_or_text(self.cell(cells, Role.PAID_ON))
        return group.paid.setdefault(on, Paid())

    def _has_failed(self, cells: Sequence[Cell]) -> bool:
        """Whether a row says that its payment did not arrive."""
        said = [(one.role, _text(cells[one.index])) for one in self.head.columns
                if one.role in _RESULTS and one.index < len(cells)]  # fmt: skip
        return any(
            amounts.failed(text) or (role is Role.FAILURE and match_key(text) not in _NO_FAILURE)
            for role, text in said
        )

    def _add_days(self, group: Group, cells: Sequence[Cell], person: str) -> None:
        attendance = group.attendance.setdefault(person, Attendance())
        own = self._day_cells(cells)
        if self._part(cells) == "half":
            attendance.halves += own
        else:
            attendance.marks += own
        stated = amounts.days(self.cell(cells, Role.DAYS))
        if stated is not None:
            attendance.stated = (attendance.stated or 0) + stated
            if not self.head.has_wages:
                self._all.days += stated
                self._page.days += stated

    def _day_cells(self, cells: Sequence[Cell]) -> list[Cell]:
        width = len(cells)
        return [cells[one.index] if one.index < width else None for one in self.head.days]

    def _part(self, cells: Sequence[Cell]) -> str | None:
        """Part of the day that a row is about, where a cell outside the days says so."""
        days = {one.index for one in self.head.days}
        texts = (match_key(c) for i, c in enumerate(cells) if i not in days and isinstance(c, str))
        return next((_PARTS[text] for text in texts if text in _PARTS), None)


_RESULTS = (Role.RESULT, Role.FAILURE, Role.REMARK)
_NO_FAILURE = UNKNOWN | UNKNOWN_WORDS
_IDENTITY_DIGITS = 8
_TOTAL = re.compile(
    r".{0,4}?(?:合计|小计|总计|累计|共计)(?:数|金额|人数)?[:：]?.{0,12}"
    r"|.{5,30}(?:合计|小计|总计|累计|共计)(?:数|金额|人数)?[:：]?"
    r"|(?:合计|总计|共计).*(?:大写|[元圆]整).*"
    r"|(?:以上|本页|本表|本月|全班|全队)?共\d+[人名].*|(?:工资|金额)?总(?:额|工资|金额)[:：]?"
)
_FOOTER = re.compile(
    r".{0,6}(?:制表|填表|制单|审核|复核|审批|班组长|负责人|项目经理|专管员|监理|说明|备注|签字|签章|盖章|承诺|无正文|以下空白|日期)"
    r".*|注[:：].*|续.*|(?:人民币|金额)?[(]?大写.*|.+[元圆]整|(?:总|工人|用工)?人数(?:合计)?|[暂本]?月?无|没有"
)
_NOTE = re.compile(r".*[,;。!?、].*|.*\d+[人名].*")
"""Text that is no name if it is all that a row has."""


def total_label(cells: Sequence[Cell], name: int) -> str | None:
    """Word for a total in a row, at the latest in the column of names; else None."""
    for cell in cells[: name + 1]:
        text = match_key(cell) if isinstance(cell, str) else ""
        if text and _TOTAL.fullmatch(text):
            return text[:8]
    return None


def person_name(cells: Sequence[Cell], name: int) -> str:
    """Name in the row of a worker; empty if the row is about nobody."""
    cell = cells[name] if name < len(cells) else None
    if not isinstance(cell, str):
        return ""
    text = match_key(cell)
    if ":" in text:
        return ""
    named = len(text) <= 30 and not text.isdigit() and any(map(str.isalpha, text))
    if not named or _FOOTER.fullmatch(text):
        return ""
    alone = sum(cell is not None and str(cell).strip() != "" for cell in cells) == 1
    return "" if alone and _NOTE.fullmatch(text) else text


def _person(identity: Cell, name: str) -> str:
    """What identifies a person: the identity, with the name where digits are hidden."""
    plain = match_key(str("" if identity is None else identity))
    if sum(map(str.isdigit, plain)) < _IDENTITY_DIGITS:
        return match_key(name)
    return f"{plain}{match_key(name)}" if "*" in plain else plain


def _text(cell: Cell) -> str:
    return " ".join(str(cell).split()) if isinstance(cell, str | int) else ""


def _shown(role: Role, value: Decimal) -> str:
    return f"{value:f}" if role is Role.DAYS else f"{value / 100:.2f}"
