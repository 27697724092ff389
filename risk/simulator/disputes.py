"""Disputes over project money, and their effect on wages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.parameters import Parameters
from risk.simulator.projects import Projects
from risk.simulator.world import EMPTY, NEVER, Floats, Ints, World, fen, lags

KINDS = ("quantity", "quality", "price", "payment")


@dataclass(frozen=True)
class Disputes:
    """All disputes; days since 1970, ``resolved`` is NEVER for disputes that stay open."""

    project: Ints
    kind: Ints
    opened: Ints
    resolved: Ints
    amount: Floats


def make_disputes(world: World, projects: Projects, stress: Floats) -> Disputes:
    """Disputes of running projects; more likely under stress and with measured settlement."""
    rng, p = world.stream("disputes"), world.parameters
    measured = (projects.settlement >= 2)[:, None]
    chance = 1 / (
        1
        + np.exp(-(p.dispute_base + p.dispute_per_stress * stress + p.dispute_measured * measured))
    )
    hit = (rng.random(chance.shape) < chance) & running(world, projects)
    project, month = np.nonzero(hit)
    count = len(project)
    opened = world.timeline.month_days(month) + rng.integers(0, 28, count)
    lasting = opened + 20 + np.floor(rng.exponential(p.dispute_days, count)).astype(np.int64)
    return Disputes(
        project=project,
        kind=rng.integers(0, len(KINDS), count),
        opened=opened,
        resolved=np.where(rng.random(count) < p.dispute_unresolved, NEVER, lasting),
        amount=np.round(projects.amount[project] * rng.uniform(0.01, 0.15, count), -3),
    )


def running(world: World, projects: Projects) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Mask of the projects (rows) at work in each month (columns)."""
    month = np.arange(world.months)[None, :]
    begin = world.timeline.month_of(projects.start)[:, None]
    end = world.timeline.month_of(projects.end)[:, None]
    return np.asarray((month >= begin) & (month <= end), dtype=np.bool_)


def dispute_pressure(world: World, count: int, disputes: Disputes, p: Parameters) -> Floats:
    """Stress added by disputes per project and month, for at most half a year each."""
    out = np.zeros((count, world.months))
    begin = world.timeline.month_of(disputes.opened)
    end = world.timeline.month_of(np.minimum(disputes.resolved, disputes.opened + 180))
    for project, low, high in zip(disputes.project, begin, end, strict=True):
        out[project, low : high + 1] = p.dispute_stress
    return out


def dispute_frame(world: World, projects: Projects, disputes: Disputes) -> Frame:
    """Rows of the ``disputes`` table: a version on opening and one on resolution."""
    rng, count = world.stream("dispute-records"), len(disputes.project)
    seen = disputes.opened >= world.timeline.live_day
    first: Frame = {
        "dispute_id": np.array([f"ZY{i + 1:06d}" for i in range(count)], dtype=np.str_),
        "project_id": projects.ids[disputes.project],
        "kind": np.array(KINDS)[disputes.kind],
        "opened_on": disputes.opened,
        "resolved_on": np.full(count, EMPTY),
        "amount": np.where(rng.random(count) < 0.1, EMPTY, fen(disputes.amount)),
        "known_at": np.where(seen, disputes.opened + lags(rng, 15.0, count), NEVER),
    }
    over = select_rows(first, disputes.resolved < NEVER)
    resolved = disputes.resolved[disputes.resolved < NEVER]
    over["resolved_on"] = resolved
    over["known_at"] = np.maximum(over["known_at"] + 1, resolved + lags(rng, 12.0, len(resolved)))
    return concat(first, over)
