"""Status of a campaign: projects checked, arrears found and recovered, open matters, targets.

Computed from the register of the newest list, visits entered since, and the matters. Report, pages
and API all use these figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from risk.flags.grades import Grade, count_by_grade, is_counted
from serving.matters.state import LARGE, VERY_LARGE, MatterState
from serving.settings import CampaignPlan

Document = Mapping[str, Any]

PUBLIC: tuple[str, ...] = ("government", "state_owned")


@dataclass(frozen=True)
class VisitDates:
    """Dates of the last visit and the last visit that found arrears, by project."""

    last: Mapping[str, dt.date]
    found: Mapping[str, dt.date]


@dataclass(frozen=True)
class CheckedShare:
    """Projects in scope and checked ones of a place or sector."""

    code: str | None
    projects: int
    checked: int


@dataclass(frozen=True)
class ZeroTargetState:
    """A zero target and the open matters that violate it.

    ``unknown`` more may violate it: their funding or number of workers is not recorded.
    """

    name: str
    against: Sequence[MatterState]
    unknown: int = 0


@dataclass(frozen=True)
class CampaignStatus:
    """Status of a campaign on ``until`` (its last day at most); money in fen.

    ``unplaced`` projects and ``unplaced_matters`` have no sector or funding on record, which the
    scope requires; they are not counted. ``cases_outside`` are projects in scope that were not
    scored because of an open confirmed case.
    """

    plan: CampaignPlan
    as_of: dt.date
    until: dt.date
    projects: Sequence[Document]
    checked: frozenset[str]
    unplaced: int
    unplaced_matters: int
    found: Sequence[Document]
    open: Sequence[MatterState]
    closed: Sequence[MatterState]
    old_cases: Sequence[MatterState]
    zeros: Sequence[ZeroTargetState]

    @property
    def left(self) -> list[Document]:
        """Unchecked projects in scope, highest risk first."""
        rest = [row for row in self.projects if row["project_id"] not in self.checked]
        return sorted(rest, key=lambda row: (-row["probability"], row["project_id"]))

    @property
    def signs(self) -> list[Document]:
        """Projects in scope with a red flag about people or money."""
        return [row for row in self.projects if any(map(is_counted, row["flags"]))]

    def with_grade(self, grade: Grade) -> list[Document]:
        """Projects in scope with a red flag of ``grade``."""
        return [row for row in self.projects if count_by_grade(row["flags"])[grade]]

    @property
    def public(self) -> list[Document]:
        """Government and state-owned projects in scope."""
        return [row for row in self.projects if row["funding"] in PUBLIC]

    @property
    def public_unpaid(self) -> list[Document]:
        """Public projects with a red flag about unpaid wages."""
        return [row for row in self.public if count_by_grade(row["flags"])[Grade.MONEY]]

    @property
    def cases_outside(self) -> int:
        """Number of projects in scope that were not scored because of an open case."""
        scored = {row["project_id"] for row in self.projects}
        ids = {
            state.matter.facts.project_id
            for state in self.open
            if state.matter.kind == "case" and state.matter.facts.status == "confirmed"
        }
        return len(ids - scored - {None})

    def recovered(self) -> int | None:
        """What cases closed in the campaign brought back; None if no case of them says so."""
        amounts = [state.matter.facts.recovered for state in self.closed_cases]
        known = [amount for amount in amounts if amount is not None]
        return None if amounts and not known else sum(known)

    @property
    def closed_cases(self) -> list[MatterState]:
        """Cases closed in the campaign."""
        return [state for state in self.closed if state.matter.kind == "case"]

    def shares(self, by: Literal["region_code", "sector"]) -> list[CheckedShare]:
        """Count projects and checked ones per place or sector; code None if not recorded."""
        found: dict[str | None, list[int]] = {}
        for row in self.projects:
            tally = found.setdefault(row[by], [0, 0])
            tally[0] += 1
            tally[1] += row["project_id"] in self.checked
        order = sorted(found, key=lambda code: (code is None, code or ""))
        return [CheckedShare(code, *found[code]) for code in order]


def compute_status(
    plan: CampaignPlan,
    as_of: dt.date,
    projects: Iterable[Document],
    standings: Sequence[MatterState],
    visits: VisitDates,
    on: dt.date,
) -> CampaignStatus:
    """Compute the status of ``plan`` on ``on`` from the register of the list of ``as_of``."""
    until = min(plan.stop, on)
    rows = [*projects]
    running = rows if "projects" in plan.units else []
    here = [row for row in running if (row["region_code"] or "").startswith(plan.region)]
    scope = [row for row in here if _matches(plan, row["sector"], row["funding"])]
    seen = _visited_in_time(plan, until, scope, visits.last, "last_inspected_on")
    found = _visited_in_time(plan, until, scope, visits.found, "last_found_on")
    completed = _with_project_facts(standings, rows)
    own = [state for state in completed if in_scope(plan, state)]
    opened = [state for state in own if not state.closed]
    old = [state for state in opened if state.matter.kind == "case" and _before(state, plan.start)]
    return CampaignStatus(
        plan=plan,
        as_of=as_of,
        until=until,
        projects=scope,
        checked=frozenset(row["project_id"] for row in seen),
        unplaced=sum(_unplaced(plan, row["sector"], row["funding"]) for row in here),
        unplaced_matters=sum(
            _unknown_scope(plan, state) for state in completed if not state.closed
        ),
        found=found,
        open=opened,
        closed=[
            state for state in own if state.closed_on and plan.start <= state.closed_on <= until
        ],
        old_cases=old,
        zeros=[
            ZeroTargetState(name, _against(name, opened, old), _unknown(name, opened))
            for name in plan.zero
        ],
    )


def in_scope(plan: CampaignPlan, state: MatterState) -> bool:
    """Whether a matter is in scope; sector and funding do not apply to organisations."""
    facts = state.matter.facts
    if not state.matter.region_code.startswith(plan.region):
        return False
    if facts.project_id is None:
        return "employers" in plan.units
    return "projects" in plan.units and _matches(plan, facts.sector, facts.funding)


def count_large_groups(standings: Iterable[MatterState]) -> tuple[int, int]:
    """Count the matters of at least 10 and of at least 50 workers."""
    sizes = [state.matter.facts.workers or 0 for state in standings]
    return sum(size >= LARGE for size in sizes), sum(size >= VERY_LARGE for size in sizes)


def _matches(plan: CampaignPlan, sector: str | None, funding: str | None) -> bool:
    return (not plan.sectors or sector in plan.sectors) and (
        not plan.fundings or funding in plan.fundings
    )


def _unplaced(plan: CampaignPlan, sector: str | None, funding: str | None) -> bool:
    return bool((plan.sectors and sector is None) or (plan.fundings and funding is None))


def _unknown_scope(plan: CampaignPlan, state: MatterState) -> bool:
    facts = state.matter.facts
    here = state.matter.region_code.startswith(plan.region) and "projects" in plan.units
    return here and facts.project_id is not None and _unplaced(plan, facts.sector, facts.funding)


def _with_project_facts(
    standings: Sequence[MatterState], rows: Sequence[Document]
) -> list[MatterState]:
    """Fill in sector and funding of matters from the register."""
    known = {row["project_id"]: row for row in rows}
    found = []
    for state in standings:
        facts = state.matter.facts
        row = known.get(facts.project_id)
        if row is not None and None in (facts.funding, facts.sector):
            facts = replace(
                facts,
                funding=facts.funding or row["funding"],
                sector=facts.sector or row["sector"],
            )
            found.append(replace(state, matter=replace(state.matter, facts=facts)))
        else:
            found.append(state)
    return found


def _unknown(name: str, opened: Sequence[MatterState]) -> int:
    """Count open matters for which the records do not show whether they violate a target."""
    facts = [state.matter.facts for state in opened]
    if name == "group_matters":
        return sum(known.workers is None for known in facts)
    if name in ("government_matters", "state_owned_matters"):
        return sum(known.project_id is not None and known.funding is None for known in facts)
    return 0


def _visited_in_time(
    plan: CampaignPlan,
    until: dt.date,
    scope: Sequence[Document],
    entered: Mapping[str, dt.date],
    recorded: str,
) -> list[Document]:
    """Return projects visited in the campaign, by the service or the records."""
    return [
        row for row in scope if _within(plan, until, entered.get(row["project_id"]), row[recorded])
    ]


def _within(plan: CampaignPlan, until: dt.date, *days: object) -> bool:
    known = [dt.date.fromisoformat(str(day)) for day in days if day]
    return any(plan.start <= day <= until for day in known)


def _before(state: MatterState, day: dt.date) -> bool:
    return state.matter.facts.opened_on is not None and state.matter.facts.opened_on < day


def _against(
    name: str, opened: Sequence[MatterState], old: Sequence[MatterState]
) -> Sequence[MatterState]:
    if name == "old_cases":
        return old
    if name == "overdue_matters":
        return [state for state in opened if state.overdue]
    if name == "group_matters":
        return [state for state in opened if state.group]
    funding = name.removesuffix("_matters")
    return [state for state in opened if state.matter.facts.funding == funding]
