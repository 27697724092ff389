"""Rows of the contract's tables from the totals of worker-level sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from risk.contract import STORED_TABLES
from risk.intake.cells import Row
from risk.intake.name_ids import made_id, name_key, team_id
from risk.intake.readers.sheet import CellRange
from risk.store.store import RecordStore


class TeamMonth(NamedTuple):
    """What a total is about; ``team`` is the normal form of its name, or empty.

    ``batch`` is that of a wage sheet which lists a part of the team only (第二批), or empty.
    """

    project: str
    team: str
    month: dt.date
    batch: str = ""

    @property
    def payroll_id(self) -> str:
        """Id of the payroll: the same for the same project, team, month and batch."""
        batch = (self.batch,) if self.batch else ()
        return made_id("payroll", self.project, self.team, f"{self.month:%Y-%m}", *batch)

    @property
    def team_id(self) -> str:
        """Id of the team in place of a contract that is not known."""
        return team_id(self.project, self.team)


@dataclass(frozen=True)
class TotalsSheet:
    """Sheet of one table with rows of totals by field."""

    table: str
    records: Sequence[Mapping[str, Any]]
    name: str = ""
    strict_width: bool = False
    hidden: bool = False
    merges: Sequence[CellRange] = ()
    hidden_rows: Collection[int] = field(default_factory=tuple)

    def rows(self) -> Iterator[Row]:
        """Head and one row per total; known-at days are not among the columns."""
        fields = STORED_TABLES[self.table].fields
        yield 1, [one.zh for one in fields]
        for number, record in enumerate(self.records, start=2):
            yield number, [record.get(one.name) for one in fields]


def contract_of(store: RecordStore, key: TeamMonth, company: str) -> str | None:
    """Contract of the project whose contractor is called like the team, or like ``company``.

    None if there is not exactly one.
    """
    if not (key.team or company):
        return None
    found = store.rows(
        "SELECT contract_id, contractor_name FROM contracts WHERE project_id = ?", [key.project]
    )
    for wanted in filter(None, (key.team, name_key(company))):
        own = {str(code) for code, name in found if name_key(name or "") == wanted}
        if len(own) == 1:
            return own.pop()
    return None


def attendance_contract(store: RecordStore, key: TeamMonth, contract: str | None) -> str | None:
    """Contract in the key of a team's attendance.

    Attendance has no number of its own. Several teams of a project without known contracts would
    overwrite each other, so a team without one has an id, which it keeps when a contract comes.
    """
    if not key.team:
        return contract
    kept = store.rows(
        "SELECT contract_id FROM attendance WHERE project_id = ? AND contract_id = ?",
        [key.project, key.team_id],
    )
    return key.team_id if kept or contract is None else contract


ATTENDANCE_FACTS = ("workers_registered", "workers_present", "worker_days", "workers_with_contract")


def completed_attendance(store: RecordStore, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """``record`` with the facts it lacks from the newest stored version of its key.

    Rosters and attendance sheets come as separate files; neither must make the other's facts
    unknown.
    """
    names = ", ".join(ATTENDANCE_FACTS)
    stored = store.rows(
        f"SELECT {names} FROM attendance WHERE project_id = ?"
        " AND contract_id IS NOT DISTINCT FROM ? AND period = ? AND withdrawn IS NOT TRUE"
        " ORDER BY known_at DESC, arrival DESC LIMIT 1",
        [record["project_id"], record.get("contract_id"), record["period"]],
    )
    if not stored:
        return record
    known = dict(zip(ATTENDANCE_FACTS, stored[0], strict=True))
    return {**record, **{n: known[n] for n in ATTENDANCE_FACTS if record.get(n) is None}}


def stored_due(store: RecordStore, payroll_id: str) -> int | None:
    """Fen due by the newest stored version of a payroll; None if it is not stored."""
    found = store.rows(
        "SELECT amount_due FROM payrolls WHERE payroll_id = ? AND withdrawn IS NOT TRUE"
        " ORDER BY known_at DESC, arrival DESC LIMIT 1",
        [payroll_id],
    )
    return int(found[0][0]) if found else None
