"""How far a campaign is: the sweep, what it found, what was recovered, what is still open.

Computed from the register of the newest list, from visits entered since, and from the matters. The
report, the pages and the API all take their figures from here, so they agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from serving.matters.state import LARGE, VERY_LARGE, Standing
from serving.settings import CampaignPlan

Document = Mapping[str, Any]

WAGE_FLAGS = frozenset({"wages_overdue", "attendance_month_unpaid", "wages_stopped_in_dispute"})
"""Flags that say wages themselves were not paid as owed."""

PUBLIC: tuple[str, ...] = ("government", "state_owned")
_SIGNS = frozenset({"red", "orange"})


@dataclass(frozen=True)
class Visits:
    """Last visit, and last visit that found arrears, of each project as entered on the service."""

    last: Mapping[str, dt.date]
    found: Mapping[str, dt.date]


@dataclass(frozen=True)
class Share:
    """A place or sector: projects in scope, and how many of them were checked."""

    code: str | None
    projects: int
    checked: int


@dataclass(frozen=True)
class Zero:
    """Something held to zero and the open matters that stand against it.

    ``unknown`` more may stand against it: what would tell (funding, workers) is not on record.
    """

    name: str
    against: Sequence[Standing]
    unknown: int = 0


@dataclass(frozen=True)
class Progress:
    """A campaign as it stands ``until`` (its last day at most); money in fen.

    ``unplaced`` projects have no sector or funding on record, so whether they are in a scope that
    asks for one is unknown; they are not counted, nor are ``unplaced_matters``. ``cases_outside``
    are projects in scope that are on no list because a confirmed case is open there.
    """

    plan: CampaignPlan
    as_of: dt.date
    until: dt.date
    projects: Sequence[Document]
    checked: frozenset[str]
    unplaced: int
    unplaced_matters: int
    found: Sequence[Document]
    open: Sequence[Standing]
    closed: Sequence[Standing]
    old_cases: Sequence[Standing]
    zeros: Sequence[Zero]

    @property
    def left(self) -> list[Document]:
        """Projects in scope not checked, the likeliest first."""
        rest = [row for row in self.projects if row["project_id"] not in self.checked]
        return sorted(rest, key=lambda row: (-row["probability"], row["project_id"]))

    @property
    def signs(self) -> list[Document]:
        """Projects in scope that are red or orange or have a red flag."""
        return [row for row in self.projects if row["tier"] in _SIGNS or row["flags"]]

    @property
    def public(self) -> list[Document]:
        """Government and state-owned projects in scope."""
        return [row for row in self.projects if row["funding"] in PUBLIC]

    @property
    def public_unpaid(self) -> list[Document]:
        """Those of them with a red flag that wages were not paid as owed."""
        return [row for row in self.public if WAGE_FLAGS & set(row["flags"])]

    @property
    def cases_outside(self) -> int:
        """Projects in scope with an open case that are on no list because of it."""
        scored = {row["project_id"] for row in self.projects}
        ids = {
            one.matter.facts.project_id
            for one in self.open
            if one.matter.kind == "case" and one.matter.facts.status == "confirmed"
        }
        return len(ids - scored - {None})

    def recovered(self) -> int:
        """What cases closed in the campaign brought back, as far as recorded."""
        return sum(one.matter.facts.recovered or 0 for one in self.closed_cases)

    @property
    def closed_cases(self) -> list[Standing]:
        """The cases among what was closed in the campaign."""
        return [one for one in self.closed if one.matter.kind == "case"]

    def shares(self, by: Literal["region_code", "sector"]) -> list[Share]:
        """Projects and checked ones per place or per sector; None where it is not recorded."""
        found: dict[str | None, list[int]] = {}
        for row in self.projects:
            tally = found.setdefault(row[by], [0, 0])
            tally[0] += 1
            tally[1] += row["project_id"] in self.checked
        order = sorted(found, key=lambda code: (code is None, code or ""))
        return [Share(code, *found[code]) for code in order]


def progress_of(
    plan: CampaignPlan,
    as_of: dt.date,
    projects: Iterable[Document],
    standings: Sequence[Standing],
    visits: Visits,
    on: dt.date,
) -> Progress:
    """How far ``plan`` is on ``on``, from the register of the list of ``as_of``."""
    until = min(plan.stop, on)
    rows = [*projects]
    running = rows if "projects" in plan.units else []
    here = [row for row in running if (row["region_code"] or "").startswith(plan.region)]
    scope = [row for row in here if _of_kind(plan, row["sector"], row["funding"])]
    seen = _in_time(plan, until, scope, visits.last, "last_inspected_on")
    found = _in_time(plan, until, scope, visits.found, "last_found_on")
    completed = _completed(standings, rows)
    own = [one for one in completed if in_scope(plan, one)]
    opened = [one for one in own if not one.closed]
    old = [one for one in opened if one.matter.kind == "case" and _before(one, plan.start)]
    return Progress(
        plan=plan,
        as_of=as_of,
        until=until,
        projects=scope,
        checked=frozenset(row["project_id"] for row in seen),
        unplaced=sum(_unplaced(plan, row["sector"], row["funding"]) for row in here),
        unplaced_matters=sum(_unknown_scope(plan, one) for one in completed if not one.closed),
        found=found,
        open=opened,
        closed=[one for one in own if one.closed_on and plan.start <= one.closed_on <= until],
        old_cases=old,
        zeros=[
            Zero(name, _against(name, opened, old), _unknown(name, opened)) for name in plan.zero
        ],
    )


def in_scope(plan: CampaignPlan, one: Standing) -> bool:
    """Whether a matter belongs to the campaign; of an organisation, kind and money do not ask."""
    facts = one.matter.facts
    if not one.matter.region_code.startswith(plan.region):
        return False
    if facts.project_id is None:
        return "employers" in plan.units
    return "projects" in plan.units and _of_kind(plan, facts.sector, facts.funding)


def groups(standings: Iterable[Standing]) -> tuple[int, int]:
    """How many matters are of 10 and more, and of 50 and more workers."""
    sizes = [one.matter.facts.workers or 0 for one in standings]
    return sum(size >= LARGE for size in sizes), sum(size >= VERY_LARGE for size in sizes)


def _of_kind(plan: CampaignPlan, sector: str | None, funding: str | None) -> bool:
    return (not plan.sectors or sector in plan.sectors) and (
        not plan.fundings or funding in plan.fundings
    )


def _unplaced(plan: CampaignPlan, sector: str | None, funding: str | None) -> bool:
    return bool((plan.sectors and sector is None) or (plan.fundings and funding is None))


def _unknown_scope(plan: CampaignPlan, one: Standing) -> bool:
    facts = one.matter.facts
    here = one.matter.region_code.startswith(plan.region) and "projects" in plan.units
    return here and facts.project_id is not None and _unplaced(plan, facts.sector, facts.funding)


def _completed(standings: Sequence[Standing], rows: Sequence[Document]) -> list[Standing]:
    """Matters with sector and funding of their project where only the register knows them."""
    known = {row["project_id"]: row for row in rows}
    found = []
    for one in standings:
        facts = one.matter.facts
        row = known.get(facts.project_id)
        if row is not None and None in (facts.funding, facts.sector):
            facts = replace(
                facts,
                funding=facts.funding or row["funding"],
                sector=facts.sector or row["sector"],
            )
            found.append(replace(one, matter=replace(one.matter, facts=facts)))
        else:
            found.append(one)
    return found


def _unknown(name: str, opened: Sequence[Standing]) -> int:
    """Open matters of which nobody can say whether they stand against a target."""
    facts = [one.matter.facts for one in opened]
    if name == "group_matters":
        return sum(one.workers is None for one in facts)
    if name in ("government_matters", "state_owned_matters"):
        return sum(one.project_id is not None and one.funding is None for one in facts)
    return 0


def _in_time(
    plan: CampaignPlan,
    until: dt.date,
    scope: Sequence[Document],
    entered: Mapping[str, dt.date],
    recorded: str,
) -> list[Document]:
    """Projects with such a visit in the campaign, entered on the service or in the records."""
    return [
        row for row in scope if _within(plan, until, entered.get(row["project_id"]), row[recorded])
    ]


def _within(plan: CampaignPlan, until: dt.date, *days: object) -> bool:
    known = [dt.date.fromisoformat(str(one)) for one in days if one]
    return any(plan.start <= one <= until for one in known)


def _before(one: Standing, day: dt.date) -> bool:
    return one.matter.facts.opened_on is not None and one.matter.facts.opened_on < day


def _against(name: str, opened: Sequence[Standing], old: Sequence[Standing]) -> Sequence[Standing]:
    if name == "old_cases":
        return old
    if name == "overdue_matters":
        return [one for one in opened if one.overdue]
    if name == "group_matters":
        return [one for one in opened if one.group]
    funding = name.removesuffix("_matters")
    return [one for one in opened if one.matter.facts.funding == funding]
