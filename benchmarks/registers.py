"""A synthetic register of any size to publish with a list, for the benchmarks of pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from serving.watchlists.document import ProjectRisk, Publication
from serving.watchlists.snapshot import Snapshot

PROJECTS_OF_A_CONTRACTOR = 12
"""Every so many projects a register has one contractor, each with an advice on its deposit."""

PROJECTS_OF_A_MATTER = 25
PROJECTS_OF_A_DEPOSIT = 25
DOSSIERS = 1_000
_MONTHS = 36

Row = dict[str, Any]


def snapshot(publication: Publication, dossiers: int = DOSSIERS) -> Snapshot:
    """The register of all projects of ``publication``, and dossiers of its first ones."""
    as_of = publication.header.as_of
    projects = [_project(n, risk, as_of) for n, risk in enumerate(publication.risks)]
    register = {
        "as_of": as_of.isoformat(),
        "projects": projects,
        "matters": [_matter(row, as_of) for row in projects[::PROJECTS_OF_A_MATTER]],
        "closed": [],
        "unlisted": [],
        "months": list(_months(projects, as_of)),
        "duties": {},
        "unlinked": [],
        "deposits": _deposits(projects, as_of),
    }
    of_projects = {row["project_id"]: _dossier(row) for row in projects[:dossiers]}
    return Snapshot(of_projects, register)


def _project(number: int, risk: ProjectRisk, as_of: dt.date) -> Row:
    assessment = risk.assessment
    contractor = number % max(1, PROJECTS_OF_A_CONTRACTOR * 400)
    owed = {"amount": 2_000_000, "workers": 40, "teams": 3, "largest": "木工班组"}
    return {
        "project_id": assessment.project_id,
        "project_name": assessment.project_name,
        "region_code": assessment.region_code,
        "sector": "housing",
        "funding": "private",
        "owner_id": f"91990100MA{number % 3000:08d}",
        "owner_name": f"模拟置业{number % 3000}公司",
        "contractor_id": f"91990200MA{contractor:08d}",
        "contractor_name": assessment.contractor_name,
        "contract_amount": 5_000_000_000,
        "started_on": (as_of - dt.timedelta(days=300)).isoformat(),
        "planned_end_on": (as_of + dt.timedelta(days=300)).isoformat(),
        "latitude": 30 + number % 997 / 300,
        "longitude": 110 + number % 1009 / 300,
        "tier": assessment.tier,
        "probability": assessment.probability,
        "workers": assessment.workers,
        "amount_at_stake": assessment.amount_at_stake,
        "flags": [flag.code for flag in assessment.red_flags],
        "rank": risk.listing.rank if risk.listing else None,
        "progress": 0.5,
        "owed": {**owed, "since": "2025-02-01", "due_since": "2025-03-15"} if number % 3 else None,
        "last_inspected_on": None,
        "last_found_on": None,
    }


def _matter(row: Row, as_of: dt.date) -> Row:
    number = row["project_id"]
    copied = ("project_id", "region_code", "project_name", "funding", "sector", "workers")
    return {
        **{name: row[name] for name in copied},
        "key": f"case:AJ-{number}",
        "kind": "case",
        "opened_on": (as_of - dt.timedelta(days=30)).isoformat(),
        "due_on": None,
        "amount": 1_000_000,
        "status": "filed",
        "record": f"AJ-{number}",
        "org_id": None,
        "org_name": None,
        "confirmed_on": None,
        "transferred_on": None,
    }


def _months(projects: list[Row], as_of: dt.date) -> Iterator[Row]:
    places = sorted({row["region_code"] for row in projects})
    for back in range(_MONTHS):
        year, month = divmod(as_of.year * 12 + as_of.month - 1 - back, 12)
        for place in places:
            label = f"{year}-{month + 1:02d}"
            yield {"region_code": place, "month": label, "owed": 1_000_000, "events": 2}


def _deposits(projects: list[Row], as_of: dt.date) -> Mapping[str, list[Row]]:
    return {
        "advice": [_advice(row, as_of) for row in projects[::PROJECTS_OF_A_CONTRACTOR]],
        "ending": [_ending(row, as_of) for row in projects[::PROJECTS_OF_A_DEPOSIT]],
        "returns": [_return(row, as_of) for row in projects[:: 4 * PROJECTS_OF_A_DEPOSIT]],
    }


def _advice(row: Row, as_of: dt.date) -> Row:
    event = {
        "kind": "arrears",
        "date": as_of.isoformat(),
        "known_at": as_of.isoformat(),
        "table": "cases",
        "record_id": f"AJ-{row['project_id']}",
        "project_id": row["project_id"],
        "region_code": row["region_code"],
        "ended_on": None,
    }
    return {
        "contractor_id": row["contractor_id"],
        "contractor_name": row["contractor_name"],
        "region_code": row["region_code"][:6],
        "step": "raise",
        "share": 0.03,
        "share_to": None,
        "cap": None,
        "record_years": 2,
        "records_since": "2023-01-01",
        "short_of_years": False,
        "several": True,
        "running": 3,
        "instrument": "模拟省农民工工资保证金办法",
        "source": "simulated",
        "certainty": "sure",
        "events": [event, event],
        "small_projects": [],
        "short_projects": [],
    }


def _ending(row: Row, as_of: dt.date) -> Row:
    return {**_deposit(row), "status": "stored", "required_amount": 100_000_000} | {
        "valid_to": as_of.isoformat(),
        "state": "ending",
        "days_left": 20,
    }


def _return(row: Row, as_of: dt.date) -> Row:
    terms = dict.fromkeys(("notice_until", "check_by", "return_by", "instrument"))
    return {**_deposit(row), "completed_on": as_of.isoformat(), **terms}


def _deposit(row: Row) -> Row:
    copied = ("project_id", "project_name", "region_code", "contractor_id", "contractor_name")
    return {
        **{name: row[name] for name in copied},
        "deposit_id": f"BZJ-{row['project_id']}",
        "kind": "cash",
        "amount": 100_000_000,
    }


def _dossier(row: Row) -> Row:
    unknown = ("completed_on", "labour_cost_share", "advance_funded", "settlement", "notice_board")
    facts = {**row, **dict.fromkeys(unknown)}
    return {
        "facts": facts,
        "contracts": [],
        "money": None,
        "owed_by_month": {"months": [], "owed": []},
        "similar": [],
        "levers": [],
        "handling": {"cases": [], "inspections": [], "listings": []},
        "teams_owed": [],
        "payroll_teams": {},
        "records": {},
        "linked": [],
    }
