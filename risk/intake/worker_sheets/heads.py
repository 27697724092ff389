"""Recognition of worker-level sheets by their head."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from risk.intake.cells import Cell, Row
from risk.intake.worker_sheets.roles import NEVER_KEPT, Role, day_of_month, plain_heading, role_of

MIN_DAYS = 10
"""Number of consecutive days from which columns count as an attendance sheet."""

_RECORD_KEYS = re.compile(
    r"(?:投诉|受理|案件|立案|工单|诉求|信访|检查|举报|反映|信用代码|合同金额|开户|列入|争议).*"
)
_CLAIMS = re.compile(r"欠薪|拖欠|欠付|讨薪|清欠|投诉|上访")
_ROSTER = re.compile(r"花名册|名册|实名制(?:登记|信息|管理)|人员登记|人员信息|人员名单")
_BANK_LIST = re.compile(r"回单|代发|代付|网银|转账|交易明细|交易流水")
_PAYEE = re.compile("收款(?:人|方|户)(?:户名|姓名|名称)?|户名")
_OF_WAGES = re.compile("代发|工资(?:批量|支付|发放)*(?:明细|清单|名单|回单|表|单|册)|发(?:放)?工资")
"""Words without which who is paid by a bank need be no worker."""
_WAGE_SHEET = re.compile(r"工资(?:支付|发放|结算)?(?:表|单|册)")
_WEEKDAYS = frozenset("一二三四五六日天")
_DAY_TOTAL = re.compile(r"(?:本月)?(?:合计|总计|小计|累计)")
_FINAL = re.compile(r"合计|总计|总额|总金额")


@dataclass(frozen=True)
class Column:
    """Column of a head."""

    index: int
    heading: str
    role: Role


@dataclass(frozen=True)
class Head:
    """Head of a worker-level sheet: its row, how many rows it has, and its columns."""

    row: int
    rows: int
    columns: tuple[Column, ...]
    is_roster: bool
    is_claims: bool

    def index(self, role: Role) -> int | None:
        """Index of the column with ``role``; None without one."""
        return next((one.index for one in self.columns if one.role is role), None)

    @property
    def days(self) -> tuple[Column, ...]:
        """Day columns of an attendance sheet."""
        return tuple(one for one in self.columns if one.role is Role.DAY)

    @property
    def has_wages(self) -> bool:
        """Whether the sheet has amounts per worker."""
        return self.index(Role.DUE) is not None or self.index(Role.PAID) is not None


def read_head(row: Row, below: Sequence[Cell], titles: Sequence[Cell]) -> Head | None:
    """Head at ``row``, with ``below`` as its second row where that continues it; None if none.

    ``titles`` are the cells above, which may say what kind of sheet it is.
    """
    number, cells = row
    if not any(isinstance(c, str) and ("名" in c or "收款人" in c) for c in cells):  # fast path
        return None
    plain = [plain_heading(cell) for cell in cells]
    said = "".join(str(cell) for cell in (*titles, *cells) if isinstance(cell, str))
    names = [index for index, text in enumerate(plain) if role_of(text) is Role.NAME]
    by_payee = not names and _OF_WAGES.search(said) is not None
    if by_payee:
        names = [index for index, text in enumerate(plain) if _PAYEE.fullmatch(text)]
    if len(names) != 1 or any(_RECORD_KEYS.fullmatch(text) for text in plain):
        return None
    two = _continues(below, names[0])
    columns = tuple(
        replace(one, role=Role.NAME) if one.index == names[0] else one
        for one in _columns(cells, below if two else ())
    )
    roster = bool(_ROSTER.search(said))
    head = _with_day_totals(Head(number, 1 + two, columns, roster, bool(_CLAIMS.search(said))))
    head = _as_payments(head, said)
    if by_payee and head.index(Role.PAID) is None:
        return None
    if head.has_wages or head.days:
        return head if _about_persons(head) else None
    return head if _is_roster(head) else None


def _with_day_totals(head: Head) -> Head:
    """``head`` with the column 合计 of an attendance sheet as its total of days."""
    if not head.days or head.has_wages or head.index(Role.DAYS) is not None:
        return head
    columns = tuple(
        replace(one, role=Role.DAYS)
        if one.role is Role.OTHER and _DAY_TOTAL.fullmatch(plain_heading(one.heading))
        else one
        for one in head.columns
    )
    return replace(head, columns=_single(columns))


def _as_payments(head: Head, said: str) -> Head:
    """``head`` with the column 金额 of a bank's list of payments as what was paid."""
    due = next((one for one in head.columns if one.role is Role.DUE), None)
    if due is None or not _vague_due(due) or head.index(Role.PAID) is not None:
        return head
    results = any(head.index(role) is not None for role in (Role.RESULT, Role.FAILURE))
    if not results and (_WAGE_SHEET.search(said) or not _BANK_LIST.search(said)):
        return head
    columns = (replace(one, role=Role.PAID) if one is due else one for one in head.columns)
    return replace(head, columns=tuple(columns))


def _vague_due(column: Column) -> bool:
    return plain_heading(column.heading) in ("金额", "工资")


def _about_persons(head: Head) -> bool:
    """Whether, besides names and amounts, something says that rows are workers."""
    if head.days or (head.index(Role.DUE) is not None and head.index(Role.PAID) is not None):
        return True
    wanted = (Role.IDENTITY, Role.PERSONAL, Role.CRAFT, Role.DAYS, Role.TEAM)
    return any(head.index(role) is not None for role in wanted)


def _is_roster(head: Head) -> bool:
    own = (Role.ENTERED, Role.LEFT, Role.CONTRACT)
    dated = any(head.index(role) is not None for role in own)
    persons = (Role.IDENTITY, Role.PERSONAL, Role.CRAFT, Role.TEAM)
    known = any(head.index(role) is not None for role in persons)
    return known and (dated or head.is_roster or head.is_claims)


def _continues(below: Sequence[Cell], name: int) -> bool:
    """Whether ``below`` is the second row of a head: no person, but days or headings."""
    if name < len(below) and plain_heading(below[name]):
        return False
    filled = [cell for cell in below if plain_heading(cell)]
    if _day_columns(below):
        return True
    if len(filled) >= MIN_DAYS and all(str(cell).strip()[-1:] in _WEEKDAYS for cell in filled):
        return True
    roles = [role_of(plain_heading(cell)) for cell in filled if isinstance(cell, str)]
    known = [role for role in roles if role not in (Role.OTHER, Role.REMARK)]
    return bool(known) and len(filled) == len(roles)


def _columns(top: Sequence[Cell], below: Sequence[Cell]) -> tuple[Column, ...]:
    days = _day_columns(below) or _day_columns(top)
    found: list[Column] = []
    group: Cell = None
    for index in range(max(len(top), len(below))):
        upper = top[index] if index < len(top) else None
        lower = below[index] if index < len(below) else None
        if plain_heading(upper):
            group = upper
        own = lower if plain_heading(lower) else upper
        if index in days:
            found.append(Column(index, str(own), Role.DAY))
        elif plain_heading(own):
            found.append(_column(index, own, group))
    return _single(found)


def _column(index: int, cell: Cell, group: Cell) -> Column:
    own, above = plain_heading(cell), plain_heading(group)
    heading = " ".join(str(cell).split())[:40]
    role = role_of(own)
    if above != own:
        joined = role_of(above + own)
        role = joined if joined is not Role.OTHER else role
        if role is Role.OTHER and role_of(above) in NEVER_KEPT:
            role = Role.PERSONAL
    return Column(index, heading, role)


def _single(columns: Sequence[Column]) -> tuple[Column, ...]:
    """``columns`` with one column per role: of several, one that says total, else the first."""
    best: dict[Role, Column] = {}
    for one in columns:
        held = best.get(one.role)
        if held is None or (_rank(one) > _rank(held)):
            best[one.role] = one
    several = (*NEVER_KEPT, Role.DAY, Role.RESULT, Role.FAILURE, Role.REMARK, Role.OTHER)
    return tuple(
        one
        if one.role in several or best[one.role] is one
        else Column(one.index, one.heading, Role.OTHER)
        for one in columns
    )


def _rank(column: Column) -> tuple[bool, bool]:
    """Whether a heading says clearly what its role says, and whether it says total."""
    text = plain_heading(column.heading)
    vague = {
        Role.DUE: _vague_due(column),
        Role.PAID: "补发" in text,
        Role.CONTRACT: text.endswith("编号"),
    }
    return not vague.get(column.role), bool(_FINAL.search(text))


def _day_columns(cells: Sequence[Cell]) -> Collection[int]:
    """Indices of columns of consecutive days of a month, at least ``MIN_DAYS`` of them."""
    best: dict[int, int] = {}
    run: dict[int, int] = {}
    before: int | None = None
    for index, cell in enumerate(cells):
        if (day := day_of_month(cell)) is None:
            continue
        if before is not None and not (day == before + 1 or (day == 1 and before >= 28)):
            run = {}
        run[index] = before = day
        best = max(best, run, key=len)
    return best if len(best) >= MIN_DAYS else ()
