"""Three projects whose features and flags were worked out on paper, as of 1 July 2024.

``BUILD`` fills a store; ``FEATURES`` and ``FLAGS`` are what must come out. A new feature gets a
line in ``FEATURES`` and, where the records need it, rows of its own in one of the projects.

A: one of two months unpaid, wages paid in instalments, a deposit used and refilled, three levels.
B: one month overpaid, one returned by the bank, contracts whose parents cannot be followed.
C: one month of two teams, one of them without a head count, half of the deposit stored.
"""

from __future__ import annotations

import datetime as dt
import math

from ..conftest import World

AS_OF = dt.date(2024, 7, 1)
NAN = math.nan
YUAN = 100


def build(world: World) -> None:
    """Put the three projects into the store of ``world``."""
    for name in ("A", "B", "C"):
        # In Guizhou, which has a minimum wage of 1,890 yuan.
        world.project(name, region_code="520300101", contract_amount=10_000_000 * YUAN)
    _project_a(world)
    _project_b(world)
    _project_c(world)


def _roll(
    world: World, name: str, due_on: str, workers: int | None, yuan: int, basis: str | None = None
) -> None:
    """A payroll of the month before its due day."""
    due = dt.date.fromisoformat(due_on)
    period = (due.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    row = {"project_id": name[0], "contract_id": f"team-{name[2:] or 1}", "workers": workers}
    row["wage_basis"] = basis
    world.payroll(name, due_on, **row, period=period.isoformat(), amount_due=yuan * YUAN)


def _paid(world: World, name: str, day: str, yuan: int, heads: int, **more: object) -> None:
    world.payment(name, day, yuan * YUAN, workers_paid=heads, **more)


def _contract(world: World, name: str, parent: str | None, yuan: int, **more: object) -> None:
    row = {"contract_id": name, "project_id": name[0], "parent_contract_id": parent}
    known = {"signed_on": "2024-01-02", "known_at": "2024-01-05"}
    kind = {"contractor_kind": "company", "written": True}
    world.add("contracts", **{**row, **known, **kind, **more}, amount=yuan * YUAN)


def _deposit(world: World, name: str, known_at: str, status: str, yuan: int) -> None:
    row = {"deposit_id": name, "project_id": name[0], "kind": "guarantee", "status": status}
    required = {"required_amount": (300_000 if name[0] == "A" else 200_000) * YUAN}
    day = {"valid_from": "2024-01-10", "known_at": known_at}
    world.add("deposits", **row, **required, **day, amount=yuan * YUAN)


def _project_a(world: World) -> None:
    # Put in twice on one day: what arrived later counts.
    _roll(world, "A1", "2024-04-30", 3, 900_000, "piece")
    _roll(world, "A1", "2024-04-30", 10, 100_000, "measured")
    _paid(world, "A1", "2024-04-28", 60_000, 6)
    _paid(world, "A1", "2024-05-10", 40_000, 4)
    _roll(world, "A2", "2024-05-31", 10, 100_000, "time")
    _contract(world, "A/general", None, 10_000_000)
    _contract(world, "A/second", "A/general", 4_000_000)
    third = {"contractor_kind": "individual", "written": False}
    _contract(world, "A/third", "A/second", 1_000_000, **third)
    _deposit(world, "A/deposit", "2024-01-10", "stored", 300_000)
    _deposit(world, "A/deposit", "2024-03-01", "drawn", 100_000)
    _deposit(world, "A/deposit", "2024-03-20", "stored", 300_000)


def _project_b(world: World) -> None:
    _roll(world, "B1", "2024-04-30", 4, 40_000, "piece")
    _paid(world, "B1", "2024-04-25", 60_000, 4)
    _roll(world, "B2", "2024-05-31", 4, 40_000)
    _paid(world, "B2", "2024-05-30", 40_000, 4)
    returned = {"known_at": "2024-06-05", "returned_on": "2024-06-05"}
    _paid(world, "B2", "2024-05-30", 40_000, 4, **returned)
    _contract(world, "B/general", None, 10_000_000)
    _contract(world, "B/ring1", "B/ring2", 500_000)
    _contract(world, "B/ring2", "B/ring1", 500_000)
    _contract(world, "B/borrowed", "A/third", 500_000, contractor_kind="individual")
    _contract(world, "B/lost", "B/nowhere", 500_000)


def _project_c(world: World) -> None:
    _roll(world, "C1", "2024-06-15", 5, 50_000)
    # Known late: the county reported payments up to the end of June.
    _paid(world, "C1", "2024-06-14", 50_000, 5, known_at="2024-06-30")
    _roll(world, "C2", "2024-06-15", None, 30_000)
    _deposit(world, "C/deposit", "2024-01-10", "stored", 100_000)


FEATURES: dict[str, tuple[float, float, float]] = {
    # Wages unpaid: A owes 100,000 of 200,000, B 40,000 of 80,000, C 30,000 of 80,000 yuan.
    "unpaid_share_1m": (1, 1, 0.375),
    "unpaid_share_3m": (0.5, 0.5, 0.375),
    "unpaid_amount": (100_000, 40_000, 30_000),
    # Months there: April and May (March and April worked) for A and B, one month for C.
    "unpaid_months": (1, 1, 0.375),
    "unpaid_per_worker": (10_000, 10_000, NAN),
    "oldest_unpaid_days": (31, 31, 16),
    # Paid by the due day: A 60,000; B 40,000 (of 60,000 paid on a payroll of 40,000); C 50,000.
    "late_share_3m": (0.7, 0.5, 0.375),
    # 15 days after the due day: A nothing of April's and all of May's wages, B the same, C 30,000
    # of one month's 80,000.
    "unpaid_state_months": (1, 1, 0.375),
    "instalments_3m": (2, 1, 1),
    # A 6 + 4 of 10 and 0 of 10; B 4 of 4 and 0 of 4; C 5 of 5, the other team is not counted.
    "people_unpaid_share": (0.5, 0.5, 0),
    "returned_share_3m": (0, 0.4, 0),
    # C owes a team without a head count.
    "workers_unpaid": (10, 4, NAN),
    # Basis of settlement: A half by measure, B by the piece where it is stated, C states none.
    "measured_wage_share_3m": (0.5, 0, NAN),
    "piece_wage_share_3m": (0, 1, NAN),
    # Mean pay 10,000 yuan a month; C's head count is unknown.
    "below_minimum_share_3m": (0, 0, NAN),
    # From Spring Festival on 10 February 2024, and to that of 29 January 2025.
    "days_to_festival": (212, 212, 212),
    "days_since_festival": (142, 142, 142),
    "before_festival_share": (0, 0, 0),
    "after_festival_share": (0, 0, 0),
    # Contracts: A three levels; of B's five only the general contract has a place.
    "contract_count": (3, 5, NAN),
    "contract_depth": (3, NAN, NAN),
    "contract_breadth": (1, NAN, NAN),
    "deep_share": (1 / 3, NAN, NAN),
    "subcontracted_ratio": (0.4, NAN, NAN),
    "person_share": (1 / 2, 1 / 4, NAN),
    "oral_share": (1 / 2, 0, NAN),
    "unplaced_contract_share": (0, 0.8, NAN),
    # Deposits: A's was used once and is whole again; B has none on record.
    "deposit_valid": (1, NAN, 1),
    "deposit_drawn": (1, NAN, 0),
    "deposit_cover": (1, NAN, 0.5),
    "deposit_months_of_wages": (3, NAN, 1.25),
}
"""Values of A, B and C; NaN is unknown."""

STAKES = {
    "A": (10, 200_000 * YUAN),
    "B": (4, 80_000 * YUAN),
    "C": (5, 110_000 * YUAN),
}
"""Workers, and a month's wages plus what is unpaid, in fen."""

FLAGS: dict[str, dict[str, dict[str, float]]] = {
    "A": {
        "wages_overdue": {
            **{"unpaid_fen": 100_000 * YUAN, "months": 1, "late_days": 31},
            **{"teams": 1, "people": 10},
        },
        "subcontract_to_individual": {
            **{"contracts": 1, "by_owner": 0, "by_contractor": 0, "by_subcontractor": 1},
            **{"oral": 1},
        },
    },
    "B": {
        "wages_overdue": {
            **{"unpaid_fen": 40_000 * YUAN, "months": 1, "late_days": 31},
            **{"teams": 1, "people": 4},
        },
        "subcontract_to_individual": {
            **{"contracts": 1, "by_owner": 0, "by_contractor": 0, "by_subcontractor": 0},
            **{"oral": 0},
        },
    },
    "C": {
        "wages_partly_paid": {
            **{"unpaid_fen": 30_000 * YUAN, "months": 1, "late_days": 16, "teams": 1}
        },
    },
}
"""Flags by project and code with their measured values."""
