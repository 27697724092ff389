"""A county as its platform and its books have it, made from simulated records.

The books hold what the interface can say, so that importing them and pulling from the platform must
bring the same records. What the interface cannot say is left out of the books here:

* contracts of persons: their teams work for the firm above them;
* the amount and the written form of contracts, the contract above, and further contracts of a firm
  in the same project;
* the day wages fall due: the last day of the following month;
* payments in cash or through a foreman: the channel is unknown;
* the township of a project, its funding and contract amount, and the planned end once completed.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from risk.simulator.simulate import simulate

Record = dict[str, str]

ROLES = {
    "owner": "008",
    "general_contractor": "009",
    "subcontractor": "001",
    "labour_subcontractor": "006",
}
SECTORS = {
    "building": "01",
    "municipal": "02",
    "transport": "05",
    "water": "07",
    "energy": "08",
    "other": "12",
}


@dataclass(frozen=True)
class Site:
    """Project as the platform has it; ``end`` is actual where ``completed``."""

    code: str
    name: str
    area: str
    sector: str
    owner: str
    contractor: str
    start: str
    end: str
    completed: bool
    latitude: str
    longitude: str


@dataclass(frozen=True)
class Role:
    """Firm in a project."""

    project: str
    corp: str
    kind: str
    entered: str
    left: str


@dataclass(frozen=True)
class Wage:
    """Payroll of a team; ``paid`` are day, amount, people and whether through a bank."""

    code: str
    project: str
    corp: str
    team: int
    month: str
    workers: int
    due: Decimal
    paid: tuple[tuple[str, Decimal, int, bool], ...]


@dataclass(frozen=True)
class Month:
    """Attendance of a firm in a month."""

    registered: int
    present: int
    days: int
    signed: int


@dataclass
class County:
    """Everything the platform knows."""

    sites: list[Site] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)
    wages: list[Wage] = field(default_factory=list)
    months: dict[tuple[str, str], dict[str, Month]] = field(default_factory=dict)
    """Attendance by project and firm, then by month."""


def simulated_county(
    folder: Path, *, projects: int, months: int, seed: int = 5, largest: int = 40
) -> County:
    """County of ``projects``; ``largest`` is the most people of a firm on a site."""
    simulate(folder, projects=projects, months=months, seed=seed, end=dt.date(2025, 12, 31))
    tables = {
        name: _latest(folder / f"{name}.csv", key)
        for name, key in (
            ("organizations", ["org_id"]),
            ("projects", ["project_id"]),
            ("contracts", ["contract_id"]),
            ("payrolls", ["payroll_id"]),
            ("payments", ["payment_id"]),
            ("attendance", ["project_id", "contract_id", "period"]),
        )
    }
    county = County()
    _add_sites(county, tables["projects"])
    kinds = {one["org_id"]: one["org_kind"] for one in tables["organizations"]}
    firms = _firms(tables["contracts"])
    teams = {one["contract_id"]: number for number, one in enumerate(tables["contracts"], 1)}
    _add_roles(county, tables["contracts"], firms, kinds)
    _add_wages(county, tables, firms, teams)
    _add_months(county, tables["attendance"], firms, largest)
    named = {one["org_id"]: one["org_name"] for one in tables["organizations"]}
    used = {role.corp for role in county.roles}
    for site in county.sites:
        used |= {site.owner, site.contractor}
    county.names = {corp: named[corp] for corp in sorted(used)}
    return county


def write_books(county: County, folder: Path) -> None:
    """Write the county's books, one CSV file per table, without days of knowledge."""
    folder.mkdir()
    for table, rows in _books(county).items():
        if rows:
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)


def last_day(month: str) -> dt.date:
    """Last day of ``month`` (2025-03)."""
    year, number = map(int, month.split("-"))
    return dt.date(year, number, calendar.monthrange(year, number)[1])


def due_on(month: str) -> dt.date:
    """Last day of the month after ``month``."""
    return last_day(f"{last_day(month) + dt.timedelta(days=1):%Y-%m}")


def payroll_id(wage: Wage) -> str:
    """Id of a payroll: the platform's code, or what it is about."""
    return wage.code or f"{wage.project}-{wage.corp}-{wage.team}-{wage.month}"


def _books(county: County) -> dict[str, list[Record]]:
    kinds = {role.corp: role.kind for role in county.roles}
    for site in county.sites:
        kinds.setdefault(site.owner, "owner")
        kinds.setdefault(site.contractor, "general_contractor")
    return {
        "organizations": [
            {"org_id": corp, "org_name": name, "org_kind": kinds[corp]}
            for corp, name in county.names.items()
        ],
        "projects": [_project_record(site) for site in county.sites],
        "contracts": [
            {
                "contract_id": f"{role.project}-{role.corp}",
                "project_id": role.project,
                "contractor_id": role.corp,
                "contractor_kind": "company",
                "contractor_name": county.names[role.corp],
                "signed_on": role.entered,
                "ended_on": role.left,
            }
            for role in county.roles
        ],
        "payrolls": [
            {
                "payroll_id": payroll_id(wage),
                "project_id": wage.project,
                "contract_id": f"{wage.project}-{wage.corp}",
                "period": wage.month,
                "workers": str(wage.workers),
                "amount_due": str(wage.due),
                "due_on": due_on(wage.month).isoformat(),
            }
            for wage in county.wages
        ],
        "payments": [
            {
                "payment_id": f"{payroll_id(wage)}-{day.replace('-', '')}",
                "payroll_id": payroll_id(wage),
                "paid_on": day,
                "amount": str(amount),
                "workers_paid": str(people),
                "channel": "bank" if bank else "",
            }
            for wage in county.wages
            for day, amount, people, bank in wage.paid
        ],
        "attendance": [
            {
                "project_id": project,
                "contract_id": f"{project}-{corp}",
                "period": month,
                "workers_registered": str(one.registered),
                "workers_present": str(one.present),
                "worker_days": str(one.days),
                "workers_with_contract": str(one.signed),
            }
            for (project, corp), found in county.months.items()
            for month, one in found.items()
        ],
    }


def _project_record(site: Site) -> Record:
    return {
        "project_id": site.code,
        "project_name": site.name,
        "region_code": site.area,
        "sector": site.sector,
        "owner_id": site.owner,
        "contractor_id": site.contractor,
        "started_on": site.start,
        "planned_end_on": "" if site.completed else site.end,
        "completed_on": site.end if site.completed else "",
        "latitude": site.latitude,
        "longitude": site.longitude,
    }


def _latest(path: Path, key: list[str]) -> list[Record]:
    """Last version of every record."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list({tuple(row[k] for k in key): row for row in csv.DictReader(file)}.values())


def _add_sites(county: County, projects: list[Record]) -> None:
    for one in projects:
        completed = bool(one["completed_on"])
        county.sites.append(
            Site(
                code=one["project_id"],
                name=one["project_name"],
                area=one["region_code"][:6],
                sector=one["sector"],
                owner=one["owner_id"],
                contractor=one["contractor_id"],
                start=one["started_on"],
                end=one["completed_on"] if completed else one["planned_end_on"],
                completed=completed,
                latitude=one["latitude"],
                longitude=one["longitude"],
            )
        )
    county.sites.sort(key=lambda site: site.code)


def _firms(contracts: list[Record]) -> dict[str, str]:
    """Firm that a contract's team works for: its own, or the next one above."""
    by_id = {one["contract_id"]: one for one in contracts}
    firms = {}
    for one in contracts:
        above: Record | None = one
        while above is not None and not above["contractor_id"]:
            above = by_id.get(above["parent_contract_id"])
        if above is not None:
            firms[one["contract_id"]] = above["contractor_id"]
    return firms


def _add_roles(
    county: County, contracts: list[Record], firms: dict[str, str], kinds: dict[str, str]
) -> None:
    of_firm: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for one in contracts:
        if one["contractor_id"]:
            of_firm[one["project_id"], one["contractor_id"]].append(one)
    sites = {site.code for site in county.sites}
    for (project, corp), found in sorted(of_firm.items()):
        if project in sites:
            ended = [one["ended_on"] for one in found]
            left = max(ended) if all(ended) else ""
            entered = min(one["signed_on"] for one in found)
            county.roles.append(Role(project, corp, kinds[corp], entered, left))


def _add_wages(
    county: County,
    tables: dict[str, list[Record]],
    firms: dict[str, str],
    teams: dict[str, int],
) -> None:
    payments: dict[str, list[Record]] = defaultdict(list)
    for one in tables["payments"]:
        payments[one["payroll_id"]].append(one)
    sites = {site.code for site in county.sites}
    for number, one in enumerate(tables["payrolls"]):
        corp = firms.get(one["contract_id"])
        if corp is None or one["project_id"] not in sites or one["period"] > "2025-12":
            continue
        workers = int(one["workers"] or 7)
        paid: dict[str, list[tuple[Decimal, int, bool]]] = defaultdict(list)
        for payment in payments[one["payroll_id"]]:
            people = min(int(payment["workers_paid"] or 3), workers)
            amount = Decimal(payment["amount"])
            if amount:
                paid[payment["paid_on"]].append((amount, people, payment["channel"] == "bank"))
        county.wages.append(
            Wage(
                code=one["payroll_id"] if number % 2 else "",
                project=one["project_id"],
                corp=corp,
                team=teams[one["contract_id"]],
                month=one["period"],
                workers=workers,
                due=Decimal(one["amount_due"]),
                paid=tuple(
                    (
                        day,
                        sum((amount for amount, _, _ in parts), Decimal(0)),
                        max(people for _, people, _ in parts),
                        all(bank for _, _, bank in parts),
                    )
                    for day, parts in sorted(paid.items())
                ),
            )
        )


def _add_months(
    county: County, attendance: list[Record], firms: dict[str, str], largest: int
) -> None:
    sites = {site.code: site for site in county.sites}
    for one in attendance:
        corp, site = firms.get(one["contract_id"]), sites.get(one["project_id"])
        if corp is None or site is None or not _is_running(site, one["period"]):
            continue
        found = county.months.setdefault((site.code, corp), {})
        before = found.get(one["period"], Month(0, 0, 0, 0))
        registered = before.registered + max(int(one["workers_registered"] or 0), 1)
        registered = min(registered, largest)
        present = min(before.present + int(one["workers_present"] or 0), largest)
        days = before.days + int(one["worker_days"] or 0)
        most = present * last_day(one["period"]).day
        signed = before.signed + int(one["workers_with_contract"] or 0)
        found[one["period"]] = Month(
            registered, present, max(present, min(days, most)), min(signed, registered)
        )
    for found in county.months.values():
        for month in [month for month, one in found.items() if not one.present]:
            del found[month]


def _is_running(site: Site, month: str) -> bool:
    last = site.end[:7] if site.completed else "2025-12"
    return site.start[:7] <= month <= last
