"""True wages due and paid, by team and month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator.projects import Projects
from risk.simulator.subcontracting import Teams
from risk.simulator.world import NEVER, Bools, Floats, Ints, World, fen, sigmoid

_HALF_YEAR = 180


@dataclass(frozen=True)
class Wages:
    """One row per team and month worked.

    ``paid_on`` and ``paid`` (fen) have one column per instalment; instalments that are never paid
    have the day NEVER. Cases and corrected inspections bring open instalments forward.
    """

    team: Ints
    project: Ints
    month: Ints
    workers: Ints
    due: Ints
    due_on: Ints
    paid_on: Ints
    paid: Ints
    trouble: Bools

    def owed(self, day: int, patience: int) -> Ints:
        """Fen unpaid on ``day`` of wages due at least ``patience`` days before."""
        arrived = np.where(self.paid_on < day, self.paid, 0).sum(axis=1)
        return np.where(self.due_on <= day - patience, self.due - arrived, 0)

    def settle(self, rows: Ints, day: int) -> None:
        """Pay the open instalments of ``rows`` on ``day``, unless they are paid earlier."""
        self.paid_on[rows] = np.minimum(self.paid_on[rows], day)


def make_wages(world: World, projects: Projects, teams: Teams, pressure: Floats) -> Wages:
    """Wages of all teams; ``pressure`` is the total stress by project and month."""
    rng, p = world.stream("wages"), world.parameters
    team, month = _worked(world, teams)
    project, count = teams.project[team], len(team)
    felt = pressure[project, np.minimum(month + 1, world.months - 1)]
    felt = felt + rng.normal(0.0, 0.35, len(teams.size))[team]
    layers = p.trouble_layer * (teams.level[team] - 2)
    trouble = rng.random(count) < sigmoid(p.trouble_base + p.trouble_stress * felt + layers)
    workers = np.maximum(1, np.rint(teams.size[team] * rng.normal(1.0, 0.12, count)))
    share = rng.uniform(0.8, 1.05, count)
    wage = p.wage_month * rng.lognormal(0.0, 0.18, len(teams.size))[team]
    due = fen(workers * wage * share)
    pay_day = np.array([5, 10, 15, 20, 25])[rng.integers(0, 5, len(projects))][project]
    due_on = world.timeline.month_days(month + 1) + pay_day - 1
    paid_on, paid = _draw_instalments(
        world, _Situation(due, due_on, trouble, felt), projects.milestone[project]
    )
    return Wages(
        team, project, month, workers.astype(np.int64), due, due_on, paid_on, paid, trouble
    )


@dataclass(frozen=True)
class _Situation:
    due: Ints
    due_on: Ints
    trouble: Bools
    felt: Floats


def _worked(world: World, teams: Teams) -> tuple[Ints, Ints]:
    """Every (team, month) worked within the window."""
    first, last = np.maximum(teams.first, 0), np.minimum(teams.last, world.months - 1)
    length = np.maximum(last - first + 1, 0)
    team = np.repeat(np.arange(len(length)), length)
    offset = np.arange(len(team)) - np.repeat(np.cumsum(length) - length, length)
    return team, first[team] + offset


def _draw_instalments(world: World, now: _Situation, milestone: Bools) -> tuple[Ints, Ints]:
    """Days and amounts of up to three payments per payroll."""
    rng, p = world.stream("instalments"), world.parameters
    count = len(now.due)
    slip = (rng.random(count) < p.harmless_late) * rng.integers(1, 21, count)
    first_day = now.due_on + slip
    custom = milestone & ~now.trouble
    nothing = now.trouble & (rng.random(count) < p.nothing_paid)
    part = np.where(now.trouble | custom, rng.uniform(0.25, 0.75, count), 1.0)
    part[nothing] = 0.0
    wait = _waits(world, rng, now, custom)
    split = np.where(rng.random(count) < 0.3, rng.uniform(0.3, 0.7, count), 1.0)
    split[part == 1.0] = 0.0
    first = np.rint(now.due * part).astype(np.int64)
    second = np.rint((now.due - first) * split).astype(np.int64)
    paid = np.stack([first, second, now.due - first - second], axis=1)
    second_day = np.minimum(first_day + wait, NEVER)
    third_day = np.minimum(second_day + rng.integers(15, 75, count), NEVER)
    return np.stack([first_day, second_day, third_day], axis=1), paid


def _waits(world: World, rng: np.random.Generator, now: _Situation, custom: Bools) -> Ints:
    """Days from the first to the second instalment."""
    p, count = world.parameters, len(now.due)
    strain = np.clip(now.felt, -1.0, 3.5)
    wait = 12 + rng.exponential(1.0, count) * p.trouble_days * np.exp(0.3 * strain)
    stuck = rng.random(count) < sigmoid(p.stuck_base + 0.8 * now.felt)
    wait = np.where(stuck, _HALF_YEAR + rng.exponential(300.0, count), wait)
    wait = np.where(custom, rng.uniform(45, 130, count), wait)
    return np.floor(wait).astype(np.int64)
