"""Payrolls and payments as recorded, which may differ from the true ones."""

from __future__ import annotations

import numpy as np

from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.projects import Projects
from risk.simulator.reporting import Feeds, record_lags
from risk.simulator.subcontracting import Contracts, Teams
from risk.simulator.transfers import period_ids
from risk.simulator.wages import Wages
from risk.simulator.world import EMPTY, NEVER, Bools, Ints, Texts, World, lags

CHANNELS = ("bank", "cash", "foreman")


def payroll_frames(
    world: World, projects: Projects, sites: tuple[Contracts, Teams], feeds: Feeds, wages: Wages
) -> tuple[Frame, Frame]:
    """Rows of the ``payrolls`` and ``payments`` tables."""
    contracts, teams = sites
    rng = world.stream("payroll-records")
    contract_ids = contracts.ids[teams.contract[wages.team]]
    ids = np.array([f"GZ{name}" for name in period_ids(world, contract_ids.tolist(), wages.month)])
    lag = record_lags(rng, feeds, wages.project)
    known = feeds.known(feeds.payrolls, wages.project, wages.month, wages.due_on, lag)
    payrolls: Frame = {
        "payroll_id": ids,
        "project_id": projects.ids[wages.project],
        "contract_id": contract_ids,
        "period": wages.month + world.timeline.first,
        "workers": np.where(rng.random(len(known)) < 0.02, EMPTY, wages.workers),
        "amount_due": wages.due,
        "due_on": wages.due_on,
        "known_at": known,
    }
    payments = _payments(world, projects, teams, wages, (ids, known))
    return concat(payrolls, _corrected(world, rng, payrolls)), payments


def _corrected(world: World, rng: np.random.Generator, frame: Frame) -> Frame:
    """Later versions of some payrolls, with a corrected amount."""
    share = world.parameters.corrected_share
    rows = np.flatnonzero(
        (rng.random(len(frame["known_at"])) < share) & (frame["known_at"] < NEVER)
    )
    corrected = select_rows(frame, rows)
    more = 1 + rng.integers(-4, 9, len(rows)) / 100
    corrected["amount_due"] = np.rint(corrected["amount_due"] * more).astype(np.int64)
    corrected["known_at"] = corrected["known_at"] + rng.integers(3, 40, len(rows))
    return corrected


def _payments(
    world: World, projects: Projects, teams: Teams, wages: Wages, payrolls: tuple[Texts, Ints]
) -> Frame:
    rng = world.stream("payment-records")
    ids, payroll_known = payrolls
    paid_on, paid = _booked(world, rng, projects, wages)
    row, part = np.nonzero((paid > 0) & (paid_on < NEVER) & (payroll_known < NEVER)[:, None])
    day, count = paid_on[row, part], len(row)
    workers = wages.workers[row]
    frame: Frame = {
        "payment_id": np.array([f"{i}-{n + 1}" for i, n in zip(ids[row], part, strict=True)]),
        "payroll_id": ids[row],
        "paid_on": day,
        "amount": paid[row, part],
        "workers_paid": np.where(rng.random(count) < 0.03, EMPTY, _heads(rng, workers, part)),
        "channel": np.array(CHANNELS)[_channels(rng, projects, teams, wages, row)],
        "known_at": np.maximum(day + lags(rng, 2.0, count), payroll_known[row]),
    }
    rows = np.flatnonzero(rng.random(count) < world.parameters.corrected_share / 2)
    corrected = select_rows(frame, rows)
    corrected["amount"] = np.rint(corrected["amount"] * 0.97).astype(np.int64)
    corrected["known_at"] = corrected["known_at"] + rng.integers(2, 30, len(rows))
    return concat(frame, corrected)


def _booked(
    world: World, rng: np.random.Generator, projects: Projects, wages: Wages
) -> tuple[Ints, Ints]:
    """Recorded days and amounts: dishonest sites show most months as paid in full on time."""
    clean = books_look_clean(world, rng, projects, wages)
    paid_on, paid = wages.paid_on.copy(), wages.paid.copy()
    paid_on[clean, 0] = wages.due_on[clean]
    paid[clean] = np.stack([wages.due, 0 * wages.due, 0 * wages.due], axis=1)[clean]
    return paid_on, paid


def books_look_clean(
    world: World, rng: np.random.Generator, projects: Projects, wages: Wages
) -> Bools:
    """Mask of the payrolls that a dishonest site records as paid in full."""
    chance = world.parameters.books_cleaned
    return projects.dishonest[wages.project] & (rng.random(len(wages.due)) < chance)


def _heads(rng: np.random.Generator, workers: Ints, part: Ints) -> Ints:
    """Number of workers paid; later instalments often reach only some."""
    share = np.where((part > 0) & (rng.random(len(part)) < 0.4), rng.uniform(0.4, 1, len(part)), 1)
    return np.maximum(1, np.rint(workers * share)).astype(np.int64)


def _channels(
    rng: np.random.Generator, projects: Projects, teams: Teams, wages: Wages, row: Ints
) -> Ints:
    """Payment channel: a habit of the site; more cash and foremen under foremen and in trouble."""
    habit = rng.beta(0.5, 2.4, len(projects))[wages.project[row]]
    habit = habit + 0.08 * teams.by_foreman[wages.team[row]] + 0.1 * wages.trouble[row]
    aside = rng.random(len(row)) < np.where(projects.dishonest[wages.project[row]], 0.0, habit)
    return np.where(aside, np.where(rng.random(len(row)) < 0.4, 1, 2), 0)
