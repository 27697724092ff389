"""Sheets named after a team (钢筋班): the contract of the team, for attendance and payrolls.

Teams of a project without it would overwrite each other, since attendance has no number of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from risk.contract import Field
from risk.intake.cell_parsers import CellRefused, parse
from risk.intake.cells import Cell
from risk.intake.name_ids import name_key
from risk.intake.worker_sheets.places import team_in
from risk.intake.worker_sheets.rows import TeamMonth, attendance_contract, contract_of
from risk.store.store import RecordStore

TABLES = ("attendance", "payrolls")
CONTRACT, PROJECT = "contract_id", "project_id"

_OFFICE = re.compile(r"监察|[大支中]队|领导小组|专班")


def team_of_sheet(name: str) -> str:
    """Team that a sheet is named after; empty for any other name.

    >>> team_of_sheet("9月钢筋班"), team_of_sheet("监察大队"), team_of_sheet("Sheet1")
    ('钢筋班', '', '')
    """
    return "" if _OFFICE.search(name) else team_in(name)


@dataclass
class TeamContract:
    """Contract of ``team`` in the project of a row.

    ``project`` is the code, or the column of the codes, which are read as ``code``. The contract is
    the one whose contractor is called like the team, or for attendance an id made from project and
    team, as for worker-level sheets.
    """

    store: RecordStore
    table: str
    team: str
    project: int | str
    code: Field
    _found: dict[str, str | None] = field(default_factory=dict)

    def __call__(self, cells: Sequence[Cell]) -> str | None:
        """Contract for a row with ``cells``."""
        project = self._project(cells)
        if project is None:
            return None
        if project not in self._found:
            self._found[project] = self._contract(project)
        return self._found[project]

    def _project(self, cells: Sequence[Cell]) -> str | None:
        if isinstance(self.project, str):
            return self.project
        cell = cells[self.project] if self.project < len(cells) else None
        try:
            return str(code) if (code := parse(cell, self.code)) else None
        except CellRefused:
            return None

    def _contract(self, project: str) -> str | None:
        key = TeamMonth(project, name_key(self.team), dt.date.min)
        contract = contract_of(self.store, key, "")
        if self.table == "attendance":
            return attendance_contract(self.store, key, contract)
        return contract
