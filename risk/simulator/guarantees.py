"""Special accounts and wage deposits."""

from __future__ import annotations

import numpy as np

from risk.simulator import names
from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.projects import Projects
from risk.simulator.world import EMPTY, NEVER, Bools, Floats, Ints, World, fen, lags, sigmoid

KINDS = ("cash", "guarantee", "insurance", "exempt")
_CASH, _EXEMPT = 0, 3
_YEAR = 365


def account_frame(world: World, projects: Projects) -> Frame:
    """Rows of the ``accounts`` table: most opened near the start, closed after the work ends."""
    rng, p, count = world.stream("accounts"), world.parameters, len(projects)
    late = rng.random(count) < 0.1
    opened = projects.start + np.where(
        late, rng.integers(40, 200, count), rng.integers(-15, p.account_days, count)
    )
    first: Frame = {
        "account_id": np.array([f"ZH{number}" for number in projects.ids]),
        "project_id": projects.ids,
        "bank": np.array([f"{names.MARK}{n}" for n in names.BANKS])[rng.integers(0, 4, count)],
        "opened_on": opened,
        "closed_on": np.full(count, EMPTY),
        "known_at": np.maximum(opened, projects.start) + lags(rng, 5.0, count),
    }
    first = select_rows(first, rng.random(count) < p.account_share)
    ends = projects.end[np.isin(projects.ids, first["project_id"])]
    closed = ends + 30 + lags(rng, 60.0, len(ends))
    over = select_rows(first, np.arange(len(ends)))
    over["closed_on"] = np.maximum(closed, over["opened_on"] + 1)
    over["known_at"] = np.maximum(over["closed_on"] + lags(rng, 8.0, len(ends)), over["known_at"])
    return concat(first, select_rows(over, rng.random(len(ends)) < 0.85))


def deposit_frame(world: World, projects: Projects, stress: Floats, drawn_on: Ints) -> Frame:
    """Rows of the ``deposits`` table; ``drawn_on`` is the day a case drew a project's deposit."""
    rng, p, count = world.stream("deposits"), world.parameters, len(projects)
    begin = projects.start + rng.integers(0, 28, count)
    kind = rng.choice(3, count, p=p.deposit_kinds)
    small = (projects.amount < p.deposit_exempt_below) & (rng.random(count) < 0.85)
    kind = np.where(small, _EXEMPT, kind)
    early = stress[np.arange(count), np.clip(world.timeline.month_of(begin), 0, world.months - 1)]
    odds = np.log(p.deposit_missing) + 0.6 * early
    missing = (kind != _EXEMPT) & (rng.random(count) < sigmoid(odds))
    first = _deposit(rng, projects, (kind, missing, begin), p.deposit_rate_low, p.deposit_rate_high)
    made_good = np.flatnonzero(missing & (rng.random(count) < 0.6))
    corrected = _later(
        first, made_good, "stored", begin[made_good] + rng.integers(30, 200, len(made_good))
    )
    corrected["amount"] = corrected["required_amount"]
    held = ~missing & (kind != _EXEMPT)
    return concat(
        first,
        corrected,
        *_expiring(world, rng, projects, first, held & (kind != _CASH)),
        _later(first, np.flatnonzero(held & (drawn_on < NEVER)), "drawn", drawn_on),
        _returned(rng, projects, first, held & (kind == _CASH) & (drawn_on == NEVER)),
    )


def _deposit(
    rng: np.random.Generator,
    projects: Projects,
    terms: tuple[Ints, Bools, Ints],
    low: float,
    high: float,
) -> Frame:
    kind, missing, begin = terms
    count = len(kind)
    required = fen(np.round(projects.amount * rng.uniform(low, high, count), -2))
    held = np.where(missing | (kind == _EXEMPT), 0, required)
    lasting = begin + _YEAR + rng.integers(0, 2, count) * 180
    paper = (kind != _CASH) & (kind != _EXEMPT)
    return {
        "deposit_id": np.array([f"BZ{number}-1" for number in projects.ids]),
        "project_id": projects.ids,
        "kind": np.array(KINDS)[kind],
        "status": np.where(missing, "missing", "stored").astype("U8"),
        "required_amount": required,
        "amount": held,
        "valid_from": begin,
        "valid_to": np.where(paper & ~missing, lasting, EMPTY),
        "known_at": begin + lags(rng, 6.0, count),
    }


def _later(frame: Frame, rows: Ints, status: str, days: Ints) -> Frame:
    """Later version of ``rows`` with another status, known at ``days``.

    ``days`` has one entry per row of ``rows``, or per row of ``frame``.
    """
    out = select_rows(frame, rows)
    when = days if len(days) == len(rows) else days[rows]
    out["status"] = np.full(len(rows), status, dtype="U8")
    out["known_at"] = np.maximum(when, out["known_at"] + 1)
    return out


def _expiring(
    world: World, rng: np.random.Generator, projects: Projects, first: Frame, paper: Bools
) -> list[Frame]:
    """Guarantees that end before the work: renewed under a new number, or expired."""
    rows = np.flatnonzero(paper & (first["valid_to"] != EMPTY) & (first["valid_to"] < projects.end))
    renewed = rows[rng.random(len(rows)) < world.parameters.deposit_renewed]
    after = select_rows(first, renewed)
    after["deposit_id"] = np.array(
        [f"BZ{number}-2" for number in projects.ids[renewed]], dtype="U32"
    )
    after["valid_from"] = first["valid_to"][renewed]
    after["valid_to"] = np.maximum(after["valid_from"] + _YEAR, projects.end[renewed] + 60)
    after["known_at"] = after["valid_from"] + lags(rng, 5.0, len(renewed))
    lapse = first["valid_to"] + 1 + lags(rng, 10.0, len(paper))
    return [after, _later(first, rows, "expired", lapse)]


def _returned(rng: np.random.Generator, projects: Projects, first: Frame, cash: Bools) -> Frame:
    days = projects.end + 45 + lags(rng, 60.0, len(projects))
    return _later(first, np.flatnonzero(cash & (rng.random(len(cash)) < 0.8)), "returned", days)
