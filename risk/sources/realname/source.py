"""The platform as a source: units of work in the order in which they are pulled."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from risk.calendar.dates import month_end
from risk.sources.errors import UnitRefused
from risk.sources.politeness import Pacer
from risk.sources.realname.answers import Row
from risk.sources.realname.attendance import (
    Pass,
    attendance_rows,
    days_of,
    months_of,
    read_pass,
)
from risk.sources.realname.client import ANSWER_SECONDS, CONNECT_SECONDS, Account, Client
from risk.sources.realname.dialect import Dialect, load_dialect
from risk.sources.realname.participants import (
    Firm,
    Participant,
    contract_rows,
    firms,
    organization_rows,
    read_participant,
)
from risk.sources.realname.projects import Project, project_rows, read_project
from risk.sources.realname.reader import Reader
from risk.sources.realname.registers import (
    Register,
    build_register,
    read_entry,
    read_labour_contract,
    read_worker,
)
from risk.sources.realname.settings import RealnameSettings
from risk.sources.realname.values import Dates, text
from risk.sources.realname.wages import DueRule, contract_finder, merged, read_payroll, wage_rows
from risk.sources.secrets import read_secret
from risk.sources.source import PulledRow, SourceContext, Unit

T = TypeVar("T")

PARTIAL = "partial"
"""Mark of a unit that lacks what a refused method would give; it is pulled again."""

_WHOLE = "whole"


@contextmanager
def open_source(settings: RealnameSettings, context: SourceContext) -> Iterator[RealnameSource]:
    """Open the platform of ``settings``.

    Raises:
        SecretMissing: there is no secret.
        DialectInvalid: the dialect file cannot be used.
    """
    import httpx

    secret = read_secret(settings, context.folder)
    dialect = load_dialect(context.path(settings.dialect) if settings.dialect else None)
    account = Account(settings.name, settings.url, settings.appid, secret)
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    with httpx.Client(timeout=timeout) as http:
        pacer = Pacer(settings.name, settings.requests_per_second, context.meter)
        client = Client(account, dialect, http, pacer, context.meter)
        yield RealnameSource(client, settings, context.today)


class RealnameSource:
    """Open platform.

    Units, in order: the projects; the contracts of each project; the organizations; the payrolls
    and payments of each project; the registered workers of each project, which yield no rows; and
    the attendance of each project and month, the newest month first.
    """

    def __init__(self, client: Client, settings: RealnameSettings, today: dt.date) -> None:
        self._settings = settings
        self._dialect: Dialect = client.dialect
        self._dates = Dates(client.dialect)
        self._reader = Reader(client, _page_size(settings, client.dialect))
        self._until = settings.last_day(today)
        self._today = today
        self._projects: dict[str, Project] | None = None
        self._participants: dict[str, list[Participant]] = {}
        self._registers: dict[str, tuple[Register, bool]] = {}
        self._teams: dict[str, dict[str, str]] = {}

    def units(self, taken: Mapping[str, str]) -> Iterator[Unit]:
        """Yield all units; see :class:`risk.sources.source.Source`."""
        yield Unit("projects", self._fetch_projects, mark=self._projects_mark)
        projects = self._known_projects(taken)
        for code in projects:
            key = f"contracts/{code}"
            yield Unit(
                key, partial(self._fetch_contracts, code), mark=partial(self._firms_mark, code)
            )
            if code not in self._participants and key in taken:
                self._participants[code] = _participants(taken[key])
        yield Unit("organizations", partial(self._fetch_organizations, projects))
        for code in projects:
            yield Unit(f"payrolls/{code}", partial(self._fetch_wages, code))
        months = [
            (month, code)
            for code, project in projects.items()
            for month in months_of(project, self._settings.since, self._until)
        ]
        months.sort(key=lambda one: (-one[0].toordinal(), one[1]))
        attendance = [self._attendance_unit(code, month, taken) for month, code in months]
        needed = {unit.key.rpartition("/")[2] for unit in attendance if not unit.once}
        for code in projects:
            if code in needed:
                yield Unit(f"workers/{code}", partial(self._fetch_workers, code))
        yield from attendance

    def _attendance_unit(self, code: str, month: dt.date, taken: Mapping[str, str]) -> Unit:
        key = f"attendance/{month:%Y-%m}/{code}"
        closing = dt.timedelta(days=self._settings.closing_days)
        closed = month_end(month) <= self._until and month_end(month) + closing < self._today
        return Unit(
            key,
            partial(self._fetch_attendance, code, month),
            once=closed and taken.get(key) == _WHOLE,
            mark=partial(self._attendance_mark, code, closed=closed),
        )

    def _fetch_projects(self) -> Iterator[PulledRow]:
        shape = partial(read_project, dialect=self._dialect, dates=self._dates)
        asked: list[dict[str, str]] = [{"project": code} for code in self._settings.projects]
        found: dict[str, Project] = {}
        for one in asked or [{}]:
            for project in self._reader.rows("projects", one, shape):
                found[project.code] = project
        self._projects = dict(sorted(found.items()))
        yield from project_rows(self._projects.values())

    def _projects_mark(self) -> str:
        return json.dumps([_project_cells(one) for one in (self._projects or {}).values()])

    def _known_projects(self, taken: Mapping[str, str]) -> Mapping[str, Project]:
        """Projects of this pull, or of an earlier one if this did not fetch them."""
        if self._projects is None:
            cells = json.loads(taken.get("projects") or "[]")
            self._projects = {one["code"]: _project(one) for one in cells}
        return self._projects

    def _fetch_contracts(self, code: str) -> Iterator[PulledRow]:
        shape = partial(read_participant, dialect=self._dialect, dates=self._dates)
        self._participants[code] = self._reader.rows("subcontractors", {"project": code}, shape)
        yield from contract_rows(code, self._participants[code])

    def _firms_mark(self, code: str) -> str:
        listed = self._participants.get(code, [])
        return json.dumps([[one.corp, one.name, one.kind, one.contractor] for one in listed])

    def _fetch_organizations(self, projects: Mapping[str, Project]) -> Iterator[PulledRow]:
        found: list[Firm] = []
        for code, project in projects.items():
            found += firms(project, self._participants.get(code, ()))
        yield from organization_rows(found, self._dialect.kinds("org_kind"))

    def _fetch_wages(self, code: str) -> Iterator[PulledRow]:
        listed = self._participants.get(code, [])
        shape = partial(read_payroll, dialect=self._dialect, dates=self._dates)
        payrolls = self._reader.rows("payrolls", {"project": code}, shape, listed)
        for one in payrolls:
            if one.corp is None and one.team is not None:
                one.corp = self._corp_of_team(code, one.team)
        rule = DueRule(self._settings.due_months, self._settings.due_day)
        yield from wage_rows(
            code,
            merged(payrolls),
            rule,
            contract_of=self._contract_of(code),
            since=self._settings.since,
            until=self._until,
        )

    def _fetch_workers(self, code: str) -> Iterator[PulledRow]:
        """Read the register of a project; a refused method is reported, its part is unknown."""
        refused = self._read_register(code)
        if refused is not None:
            raise refused
        yield from ()

    def _read_register(self, code: str) -> UnitRefused | None:
        refused: list[UnitRefused] = []
        workers = self._part(code, "workers", read_worker, refused) or []
        entries = self._part(code, "entries", read_entry, refused) or []
        contracts = self._part(code, "labour_contracts", read_labour_contract, refused)
        alone = any(one.corp is None and one.team for one in workers) or any(
            one.corp is None and one.team for one in entries
        )
        teams = self._teams_of(code) if alone else {}
        register = build_register(workers, entries, contracts, teams)
        self._registers[code] = (register, not refused)
        return refused[0] if refused else None

    def _part(
        self,
        code: str,
        key: str,
        read: Callable[[Row, Dialect, Dates], T | None],
        refused: list[UnitRefused],
    ) -> list[T] | None:
        """Rows of a method about workers; None if it is refused, which is added to ``refused``."""

        def shape(row: Row) -> T | None:
            return read(row, self._dialect, self._dates)

        try:
            return self._reader.rows(key, {"project": code}, shape)
        except UnitRefused as failure:
            refused.append(failure)
            return None

    def _fetch_attendance(self, code: str, month: dt.date) -> Iterator[PulledRow]:
        passes: set[Pass] = set()
        for day in days_of(month, self._until):
            asked = {"project": code, "day": day.strftime(self._dialect.day_format)}
            shape = partial(read_pass, asked=day, dates=self._dates)
            passes.update(self._reader.rows("passes", asked, shape))
        if code not in self._registers:
            self._read_register(code)
        yield from attendance_rows(
            code,
            month,
            passes,
            self._registers[code][0],
            until=self._until,
            corp_of=lambda one: one.corp or self._corp_of_team(code, one.team),
            contract_of=self._contract_of(code),
        )

    def _attendance_mark(self, code: str, *, closed: bool) -> str:
        return _WHOLE if closed and self._registers[code][1] else PARTIAL

    def _contract_of(self, code: str) -> Callable[[str | None], str | None]:
        listed = self._participants.get(code, [])
        contractors = {one.corp for one in listed if one.contractor}
        without = frozenset(one.corp for one in listed if one.corp) - contractors
        return contract_finder(code, without)

    def _corp_of_team(self, code: str, team: str | None) -> str | None:
        return self._teams_of(code).get(team) if team else None

    def _teams_of(self, code: str) -> dict[str, str]:
        """Firms by the number of their team; asked for only where a row has a team alone."""
        if code not in self._teams:
            try:
                rows = self._reader.rows("teams", {"project": code}, lambda row: row)
            except UnitRefused:
                rows = []
            pairs = ((text(row["team"]), text(row["corp"])) for row in rows)
            self._teams[code] = {team: corp for team, corp in pairs if team and corp}
        return self._teams[code]


def _page_size(settings: RealnameSettings, dialect: Dialect) -> int:
    low, high = dialect.call["page_size_min"], dialect.call["page_size_max"]
    return int(min(max(settings.page_size or high, low), high))


def _project_cells(project: Project) -> dict[str, Any]:
    """What the other units need of a project."""
    return {
        "code": project.code,
        "start": project.start.isoformat() if project.start else None,
        "end": project.end.isoformat() if project.end else None,
        "completed": project.completed,
        "contractor": [project.contractor, project.contractor_name],
        "owner": [project.owner, project.owner_name],
    }


def _project(cells: Mapping[str, Any]) -> Project:
    start, end = cells["start"], cells["end"]
    contractor, contractor_name = cells["contractor"]
    owner, owner_name = cells["owner"]
    return Project(
        code=cells["code"],
        start=dt.date.fromisoformat(start) if start else None,
        end=dt.date.fromisoformat(end) if end else None,
        completed=cells["completed"],
        contractor=contractor,
        contractor_name=contractor_name,
        owner=owner,
        owner_name=owner_name,
    )


def _participants(mark: str) -> list[Participant]:
    return [Participant(*cells) for cells in json.loads(mark)]
