"""Site inspections: when they happen, what they find, what follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.debts import Debts
from risk.simulator.names import FINDINGS
from risk.simulator.parameters import Parameters
from risk.simulator.projects import Projects
from risk.simulator.world import EMPTY, Floats, World

_PAPERS = ("roster", "ledger", "contract", "cash")


@dataclass(frozen=True)
class Visit:
    """Inspection; money in yuan, days EMPTY if nothing was ordered or corrected."""

    project: int
    day: int
    kind: str
    found: bool
    workers: int
    amount: float
    findings: str
    rectify_by: int
    rectified: int


def visit_chances(
    p: Parameters, projects: Projects, history: Floats, month: int
) -> dict[str, Floats]:
    """Probability of each kind of visit to each running project in a calendar month."""
    even = np.ones(len(projects))
    public = np.where(projects.funding == 0, 2.0, 0.4)
    return {
        "routine": p.routine_rate * even,
        "special": p.special_rate * public * (1.0 + history),
        "random": p.random_rate * even,
        "campaign": p.campaign_rate * p.campaign_months[month - 1] * even,
    }


def make_visit(
    rng: np.random.Generator,
    p: Parameters,
    projects: Projects,
    debts: Debts,
    what: tuple[int, int, str],
) -> Visit:
    """Visit to (project, day, kind); existing arrears are found with some probability."""
    project, day, kind = what
    found = _detects_arrears(rng, p, projects, debts, (project, kind))
    workers, amount = 0, 0.0
    if found:
        seen = float(rng.uniform(0.6, 1.0))
        workers = max(1, round(int(debts.workers[project]) * seen))
        amount = round(float(debts.head()[project]) * workers, 2)
    findings = _findings(rng, projects, project, found)
    ordered = day + int(rng.integers(10, 31)) if findings else EMPTY
    corrected = EMPTY
    if findings and rng.random() < (p.rectified_share if found else 0.85):
        corrected = day + int(rng.integers(4, 34))
    return Visit(project, day, kind, found, workers, amount, findings, ordered, corrected)


def inspection_frame(world: World, visits: list[Visit], projects: Projects) -> Frame:
    """Rows of the ``inspections`` table: the visit, and a later version after the correction."""
    rng, count = world.stream("inspection-records"), len(visits)
    days = np.array([v.day for v in visits], dtype=np.int64)
    rectified = np.array([v.rectified for v in visits], dtype=np.int64)
    first: Frame = {
        "inspection_id": np.array([f"JC{i + 1:06d}" for i in range(count)], dtype=np.str_),
        "project_id": projects.ids[np.array([v.project for v in visits], dtype=np.int64)],
        "inspected_on": days,
        "kind": np.array([v.kind for v in visits], dtype=np.str_),
        "arrears_found": np.array([int(v.found) for v in visits], dtype=np.int64),
        "workers_owed": np.array([v.workers for v in visits], dtype=np.int64),
        "amount_owed": np.array([round(v.amount * 100) for v in visits], dtype=np.int64),
        "findings": np.array([v.findings for v in visits], dtype=np.str_),
        "rectify_by": np.array([v.rectify_by for v in visits], dtype=np.int64),
        "rectified_on": np.full(count, EMPTY),
        **_counts(world, visits),
        "known_at": days + rng.integers(0, 6, count),
    }
    corrected = select_rows(first, rectified != EMPTY)
    done = rectified[rectified != EMPTY]
    corrected["rectified_on"] = done
    corrected["known_at"] = np.maximum(
        done + rng.integers(0, 6, len(done)), corrected["known_at"] + 1
    )
    return concat(first, corrected)


def _counts(world: World, visits: list[Visit]) -> Frame:
    """Workers covered and labour contracts seen, as most visits record them."""
    rng, count = world.stream("inspection-counts"), len(visits)
    owed = np.array([v.workers for v in visits], dtype=np.int64)
    covered = owed + 5 + rng.poisson(35.0, count)
    contracts = rng.binomial(covered, rng.uniform(0.6, 1.0, count))
    recorded = rng.random(count) < 0.8
    return {
        "workers_covered": np.where(recorded, covered, EMPTY),
        "contracts_seen": np.where(recorded & (rng.random(count) < 0.9), contracts, EMPTY),
    }


def _detects_arrears(
    rng: np.random.Generator,
    p: Parameters,
    projects: Projects,
    debts: Debts,
    where: tuple[int, str],
) -> bool:
    project, kind = where
    if debts.workers[project] == 0 or debts.head()[project] < p.visible_head:
        return False
    factors = {
        "complaint": p.detection_complaint,
        "special": p.detection_targeted,
        "campaign": p.detection_targeted,
    }
    chance = p.detection * factors.get(kind, 1.0)
    if projects.dishonest[project]:
        chance *= p.detection_clean_books
    return bool(rng.random() < chance)


def _findings(rng: np.random.Generator, projects: Projects, project: int, found: bool) -> str:
    seen = [name for name in _PAPERS if rng.random() < 0.14 + 0.15 * found]
    if not projects.board[project] and rng.random() < 0.8:
        seen.append("board")
    if found:
        seen.append("arrears")
    return ";".join(FINDINGS[name] for name in seen)
