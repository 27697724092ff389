"""Worker-level sheets of a file as totals per project, team and month."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from risk.calendar.dates import add_months, month_end
from risk.contract import STORED_TABLES
from risk.intake.account_notes import Note
from risk.intake.identifiers import canonical_identifier
from risk.intake.imported_files import SourceFile, has_content
from risk.intake.layouts.side_panels import SheetPanel
from risk.intake.name_ids import made_id, name_key
from risk.intake.readers import Sheet
from risk.intake.report import SheetReport
from risk.intake.worker_sheets import amounts
from risk.intake.worker_sheets.blocks import Block, Group, Paid, Written
from risk.intake.worker_sheets.counted_batches import counted_batches
from risk.intake.worker_sheets.errors import (
    WorkerClaims,
    WorkerPaidUnplaced,
    WorkerSheetUnplaced,
)
from risk.intake.worker_sheets.heads import Head
from risk.intake.worker_sheets.labels import Label, Labels
from risk.intake.worker_sheets.marks import DayMarks
from risk.intake.worker_sheets.paid_lists import known_payrolls, payroll_paid, project_of_account
from risk.intake.worker_sheets.places import (
    KnownProjects,
    SourceNames,
    find_batch,
    find_month,
    find_project,
    find_team,
    month_of,
)
from risk.intake.worker_sheets.roles import NEVER_KEPT, Role
from risk.intake.worker_sheets.rows import (
    ATTENDANCE_FACTS,
    TeamMonth,
    TotalsSheet,
    attendance_contract,
    completed_attendance,
    contract_of,
    stored_due,
)
from risk.intake.worker_sheets.sheet_reader import SheetBlocks, find_head, read_blocks
from risk.intake.worker_sheets.totals import (
    amount_due,
    amounts_paid,
    count_days,
    count_registered,
    counts_hours,
    is_ticked,
)
from risk.store.store import RecordStore

_DUE_DAY = re.compile(r"(?:每月|次月|下月)的?(\d{1,2})[日号]")
_PAYROLLS = STORED_TABLES["payrolls"]
_FOLDERS = 2
_SHOWN = 3


@dataclass(frozen=True)
class WorkerSheets:
    """Totals of a file's worker-level sheets as sheets of tables, and what the account says."""

    totals: tuple[TotalsSheet, ...]
    sheets: tuple[SheetReport, ...]
    notes: tuple[Note, ...]


def worker_level(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The visible sheets with one row per worker."""
    return [one for one in sheets if not one.hidden and find_head(one) is not None]


def read_worker_sheets(store: RecordStore, path: Path, sheets: Sequence[Sheet]) -> WorkerSheets:
    """Totals of worker-level ``sheets`` of the file at ``path``.

    Raises:
        WorkerSheetUnplaced: no total can be attributed to a project and month.
        WorkerClaims: the sheets are lists of wages owed.
    """
    reading = _Reading(store, path)
    for sheet in sheets:
        # The total of panels next to one another is below the first of them.
        reading.add(read_blocks(sheet), check_totals=not isinstance(sheet, SheetPanel))
    return reading.result()


@dataclass
class _Wages:
    """Wages of one team and month, from ``sheet``; None where an amount is missing."""

    sheet: str
    due: int | None = None
    due_to: set[str] = field(default_factory=set)
    paid: dict[dt.date, Paid] = field(default_factory=dict)
    due_on: dt.date | None = None

    @property
    def fen_paid(self) -> int:
        """Sum of what was paid."""
        return sum(one.fen for one in self.paid.values())

    def add(self, other: _Wages) -> None:
        """Add wages whose amounts are known."""
        self.due = (self.due or 0) + (other.due or 0)
        self.due_to |= other.due_to
        self.due_on = self.due_on or other.due_on
        for on, paid in other.paid.items():
            self.pay(on, paid)

    def pay(self, on: dt.date, paid: Paid) -> None:
        """Add a payment."""
        held = self.paid.setdefault(on, Paid())
        held.fen += paid.fen
        held.persons |= paid.persons
        held.channels |= paid.channels


class _Reading:
    """Totals of one file."""

    def __init__(self, store: RecordStore, path: Path) -> None:
        self._store = store
        self._path = path
        self._projects = KnownProjects(store)
        self._wages: dict[TeamMonth, _Wages] = {}
        self._attendance: dict[TeamMonth, dict[str, int | None]] = {}
        self._persons: dict[tuple[str, TeamMonth], set[str]] = {}
        self._companies: dict[TeamMonth, str] = {}
        self._reports: list[SheetReport] = []
        self._notes: list[Note] = []
        self._lacking: dict[str, None] = {}
        self._claims = self._unclear_marks = self._paid_undated = False
        self._paid_unplaced: Mapping[str, str | int] = {}

    def add(self, found: SheetBlocks, *, check_totals: bool = True) -> None:
        """Add the totals of one sheet, compared with those it states if ``check_totals``."""
        people: set[str] = set()
        placed: dict[TeamMonth, None] = {}
        lacking: dict[str, None] = {}
        for block in found.blocks:
            labels = _with_payment(block.labels, found.below)
            if block.head.is_claims:
                self._claims = True
                self._note("worker_claims", found.name, needs_answer=True)
                continue
            marks = DayMarks(found.legend, ticked=is_ticked(block))
            hours = counts_hours(block, marks)
            if hours:
                self._note("worker_hours", found.name)
            for written, group in block.groups.items():
                key = self._place(found.name, written, labels, block, lacking)
                if key is None:
                    continue
                placed[key] = None
                people |= group.persons
                self._companies.setdefault(key, labels.text(Label.COMPANY))
                self._add_group(found.name, key, block, group, labels, marks, hours=hours)
            if check_totals:
                self._check_totals(found.name, block)
        if lacking:
            self._lacking |= lacking
            self._note("worker_unplaced", found.name, needs_answer=True, lacking="、".join(lacking))
        if found.unsaved:
            self._note("worker_unsaved", found.name, needs_answer=True, cells=found.unsaved)
        if found.struck:
            self._note("worker_struck", found.name, needs_answer=True, workers=found.struck)
        self._account(found, len(people), len(placed))

    def result(self) -> WorkerSheets:
        """All totals.

        Raises:
            WorkerSheetUnplaced, WorkerClaims: there are none.
        """
        self._join_counted_batches()
        totals = [
            TotalsSheet("payrolls", [*self._payrolls()]),
            TotalsSheet("payments", [*self._payments()]),
            TotalsSheet("attendance", [*self._attendances()]),
        ]
        totals = [one for one in totals if one.records]
        if not totals and self._claims and not self._lacking:
            raise WorkerClaims(file=self._path.name)
        if not totals and self._paid_unplaced and not self._lacking:
            lacking = _PAYROLLS.zh
            raise WorkerPaidUnplaced(file=self._path.name, lacking=lacking, **self._paid_unplaced)
        if not totals:
            other = "考勤符号的说明" if self._unclear_marks else "应发工资、出勤、进场日期"
            other = STORED_TABLES["payments"].field("paid_on").zh if self._paid_undated else other
            lacking = "、".join(self._lacking) or other
            raise WorkerSheetUnplaced(file=self._path.name, lacking=lacking)
        return WorkerSheets(tuple(totals), tuple(self._reports), tuple(self._notes))

    def _place(
        self,
        sheet: str,
        written: Written,
        labels: Labels,
        block: Block,
        lacking: dict[str, None],
    ) -> TeamMonth | None:
        """Project, team and month of a group; what is missing is added to ``lacking``."""
        folders = [one for one in self._path.parts[:-1] if one not in ("/", "..", ".")]
        names = SourceNames(sheet, self._path.stem, tuple(folders[::-1][:_FOLDERS]))
        project = find_project(self._projects, written.project, labels, names)
        if project is None and (account := labels.text(Label.ACCOUNT)):
            project = project_of_account(self._store, canonical_identifier(account))
        roster = not block.head.has_wages and not block.head.days
        month = find_month(written.month, labels, names, snapshot=roster)
        if project is None:
            lacking["项目名称"] = None
        if month is None:
            lacking["考勤月份" if block.head.days or roster else "工资月份"] = None
        if project is None or month is None:
            return None
        named = month_of(self._path.stem, None)
        if named is not None and named != month:
            self._note("worker_other_month", sheet, taken=f"{month:%Y-%m}", named=f"{named:%Y-%m}")
        team = find_team(written.team, labels, names, self._projects.names(project))
        batch = find_batch(labels, names) if block.head.has_wages else ""
        return TeamMonth(project, name_key(team), month, batch)

    def _add_group(
        self,
        sheet: str,
        key: TeamMonth,
        block: Block,
        group: Group,
        labels: Labels,
        marks: DayMarks,
        *,
        hours: bool,
    ) -> None:
        head = block.head
        kind = "wages" if head.has_wages else "days" if head.days else "roster"
        held = self._persons.setdefault((kind, key), set())
        if twice := len(held & group.persons):
            self._note("worker_twice", sheet, needs_answer=True, workers=twice)
        held |= group.persons
        if head.has_wages:
            self._add_wages(sheet, key, block, group, labels)
        if head.days:
            self._add_days(sheet, key, group, marks, hours=hours)
        if kind == "roster":
            self._add_roster(sheet, key, block, group)

    def _add_wages(
        self, sheet: str, key: TeamMonth, block: Block, group: Group, labels: Labels
    ) -> None:
        fresh = key not in self._wages
        wages = self._wages.setdefault(key, _Wages(sheet))
        wages.due_on = wages.due_on or _due_on(labels, key.month)
        self._note_oddities(sheet, group)
        due = amount_due(block, group)
        if block.head.index(Role.DUE) is None:
            self._note("worker_no_due_column", sheet, needs_answer=True)
        elif due is None:
            self._note("worker_no_due", sheet, needs_answer=True, workers=group.no_due)
        if due is not None and (fresh or wages.due is not None):
            wages.due = (wages.due or 0) + due
        else:
            wages.due = None
        wages.due_to |= group.due_to
        paid = amounts_paid(block, group)
        if paid is None:
            if block.head.index(Role.PAID) is not None:
                self._note("worker_no_paid", sheet, needs_answer=True, workers=group.no_paid)
            return
        self._add_paid(sheet, key, paid, labels)

    def _note_oddities(self, sheet: str, group: Group) -> None:
        if (failed := group.failed).fen:
            workers, amount = len(failed.persons), _yuan(failed.fen)
            self._note("worker_failed", sheet, workers=workers, amount=amount)
        if group.corrections:
            self._note("worker_corrections", sheet, rows=group.corrections)

    def _add_paid(self, sheet: str, key: TeamMonth, paid: Any, labels: Labels) -> None:
        wages = self._wages[key]
        stated = amounts.day_for_month(labels.values.get(Label.PAID_ON), key.month)
        undated = 0
        for on, one in paid.items():
            day = amounts.day_for_month(on, key.month) or stated
            if day is None:
                undated += one.fen
                continue
            channels = one.channels or {labels.text(Label.CHANNEL)}
            wages.pay(day, replace(one, channels=channels))
        if undated:
            self._paid_undated = True
            self._note("worker_no_paid_on", sheet, needs_answer=True, amount=_yuan(undated))

    def _add_days(
        self, sheet: str, key: TeamMonth, group: Group, marks: DayMarks, *, hours: bool
    ) -> None:
        days = count_days(group, marks, hours=hours)
        if days.unclear:
            self._unclear_marks = True
            self._note("worker_days_unclear", sheet, needs_answer=True, workers=days.unclear)
        if days.disagreeing:
            self._note("worker_days_differ", sheet, needs_answer=True, workers=days.disagreeing)
        self._put(key, {"workers_present": days.present, "worker_days": days.days})

    def _add_roster(self, sheet: str, key: TeamMonth, block: Block, group: Group) -> None:
        asked = block.head.index(Role.CONTRACT) is not None
        found = count_registered(group, key.month, asked=asked)
        if found.unclear:
            self._note("worker_stay_unclear", sheet, needs_answer=True, workers=found.unclear)
        elif asked and found.with_contract is None:
            self._note("worker_contracts_unclear", sheet, needs_answer=True)
        self._put(
            key,
            {"workers_registered": found.workers, "workers_with_contract": found.with_contract},
        )

    def _put(self, key: TeamMonth, facts: dict[str, int | None]) -> None:
        """Add facts about attendance; a fact that is unknown for a part is unknown."""
        held = self._attendance.setdefault(key, {})
        for name, value in facts.items():
            before = held.get(name, 0)
            held[name] = None if value is None or before is None else before + value

    def _check_totals(self, sheet: str, block: Block) -> None:
        for label, stated, added in block.disagreeing[:_SHOWN]:
            self._note(
                "worker_total_differs",
                sheet,
                needs_answer=True,
                label=label,
                stated=stated,
                added=added,
            )

    def _payrolls(self) -> Iterator[dict[str, Any]]:
        by_rule = changed = 0
        without_team = False
        for key, wages in self._wages.items():
            if wages.due is None:
                continue
            before = stored_due(self._store, key.payroll_id)
            if before is not None and before != wages.due:
                changed += 1
                without_team |= not key.team
            by_rule += wages.due_on is None
            yield {
                "payroll_id": key.payroll_id,
                "project_id": key.project,
                "contract_id": contract_of(self._store, key, self._companies.get(key, "")),
                "period": key.month,
                "workers": len(wages.due_to),
                "amount_due": _yuan(wages.due),
                "due_on": wages.due_on or month_end(add_months(key.month, 1)),
            }
        if by_rule:
            self._notes.append(Note("worker_due_by_rule", {"totals": by_rule}))
        if changed:
            # Without the name of a team it may be another team's sheet.
            self._notes.append(Note("worker_changed", {"totals": changed}, without_team))

    def _payments(self) -> Iterator[dict[str, Any]]:
        for key, wages in self._wages.items():
            payroll_id = self._payroll_paid(key, wages)
            if payroll_id is None:
                continue
            for on, paid in sorted(wages.paid.items()):
                channels = {one for one in paid.channels if one}
                yield {
                    "payment_id": _payment_id(payroll_id, on),
                    "payroll_id": payroll_id,
                    "paid_on": on,
                    "amount": _yuan(paid.fen),
                    "workers_paid": len(paid.persons),
                    "channel": channels.pop() if len(channels) == 1 else None,
                }

    def _payroll_paid(self, key: TeamMonth, wages: _Wages) -> str | None:
        """Id of the payroll that was paid; None if it is not known, or nothing was paid."""
        if wages.due is not None or stored_due(self._store, key.payroll_id) is not None:
            return key.payroll_id
        if not wages.paid:
            return None
        known = [] if key.team else known_payrolls(self._store, key.project, key.month)
        payments = [_payment_id(one.payroll_id, on) for one in known for on in wages.paid]
        found = payroll_paid(self._store, known, wages.fen_paid, payments)
        amount, month = _yuan(wages.fen_paid), f"{key.month:%Y-%m}"
        if found is not None:
            self._note("worker_paid_linked", wages.sheet, amount=amount, month=month)
        else:
            count = len(known_payrolls(self._store, key.project, key.month))
            self._paid_unplaced = {"amount": amount, "month": month, "payrolls": count}
            self._note(
                *("worker_paid_unplaced", wages.sheet),
                needs_answer=True,
                amount=amount,
                month=month,
                payrolls=count,
            )
        return found

    def _join_counted_batches(self) -> None:
        """Give batches of a file that is stored as one payroll the id of that payroll."""
        dues = {key: wages.due for key, wages in self._wages.items()}
        for whole, keys in [*counted_batches(self._store, dues)]:
            if not has_content(self._store, _PAYROLLS, SourceFile(self._path)):
                batches = sum(bool(key.batch) for key in keys)
                self._note(
                    *("worker_batches_counted", self._wages[keys[-1]].sheet),
                    needs_answer=True,
                    batches=batches,
                    month=f"{whole.month:%Y-%m}",
                )
                continue
            parts = [self._wages.pop(key) for key in keys]
            self._wages[whole] = _Wages(parts[0].sheet)
            for part in parts:
                self._wages[whole].add(part)

    def _attendances(self) -> Iterator[dict[str, Any]]:
        for key, facts in self._attendance.items():
            if all(facts.get(name) is None for name in ATTENDANCE_FACTS):
                continue
            contract = contract_of(self._store, key, self._companies.get(key, ""))
            record = {
                "project_id": key.project,
                "contract_id": attendance_contract(self._store, key, contract),
                "period": key.month,
                **facts,
            }
            yield dict(completed_attendance(self._store, record))

    def _account(self, found: SheetBlocks, people: int, totals: int) -> None:
        heads = [block.head for block in found.blocks]
        columns = [one for head in heads for one in head.columns]
        personal = dict.fromkeys(one.heading for one in columns if one.role in NEVER_KEPT)
        shown = dict(_SHOWN_AS) | ({Role.DAYS: "出勤工日"} if any(h.days for h in heads) else {})
        used = {one.heading: shown[one.role] for one in columns if one.role in shown}
        ignored = dict.fromkeys(
            one.heading
            for one in columns
            if one.role not in (*NEVER_KEPT, Role.DAY) and one.heading not in used
        )
        self._reports.append(
            SheetReport(
                found.name,
                header_row=heads[0].row if heads else 0,
                columns={
                    **used,
                    **{_span(head): "出勤工日" for head in heads if head.days},
                },
                ignored=tuple(ignored),
                blocks=len(heads),
            )
        )
        if totals:
            listed = "、".join(personal)
            self._note("worker_totals", found.name, people=people, totals=totals, columns=listed)

    def _note(
        self, code: str, sheet: str, *, needs_answer: bool = False, **fields: str | int
    ) -> None:
        note = Note(code, {"sheet": sheet or self._path.name, **fields}, needs_answer)
        if note not in self._notes:
            self._notes.append(note)


_SHOWN_AS = {
    Role.TEAM: "班组",
    Role.PROJECT: "项目",
    Role.MONTH: "月份",
    Role.DUE: "应发金额",
    Role.PAID: "实发金额",
    Role.PAID_ON: "发放日期",
    Role.CHANNEL: "发放方式",
    Role.RESULT: "发放结果",
    Role.FAILURE: "发放结果",
    Role.ENTERED: "实名登记人数",
    Role.LEFT: "实名登记人数",
    Role.CONTRACT: "签订劳动合同人数",
}


def _span(head: Head) -> str:
    """Headings of the first and the last day column."""
    return f"{head.days[0].heading}…{head.days[-1].heading}"


def _with_payment(labels: Labels, below: Labels) -> Labels:
    """``labels`` with the days and the way of payment that only the foot of the sheet states."""
    about = (Label.PAID_ON, Label.DUE_ON, Label.CHANNEL)
    values = {label: value for label, value in below.values.items() if label in about}
    return labels.over(Labels(values))


def _payment_id(payroll_id: str, on: dt.date) -> str:
    return made_id("payment", payroll_id, on.isoformat())


def _due_on(labels: Labels, month: dt.date) -> dt.date | None:
    """Day on which the wages of ``month`` fall due, where the sheet states one."""
    if day := amounts.day_for_month(labels.values.get(Label.DUE_ON), month):
        return day
    found = _DUE_DAY.search(labels.text(Label.DUE_ON))
    if found is None:
        return None
    following = add_months(month, 1)
    return following.replace(day=min(int(found[1]) or 1, month_end(following).day))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
