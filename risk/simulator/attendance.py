"""Monthly attendance per team: honest figures vary, copied ones do not."""

from __future__ import annotations

import numpy as np

from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.projects import Projects
from risk.simulator.reporting import Feeds, record_lags
from risk.simulator.subcontracting import Contracts, Teams
from risk.simulator.wages import Wages
from risk.simulator.world import EMPTY, NEVER, Ints, World

_COPIED_DAYS = 26


def attendance_frame(
    world: World, projects: Projects, sites: tuple[Contracts, Teams], feeds: Feeds, wages: Wages
) -> Frame:
    """Rows of the ``attendance`` table."""
    contracts, teams = sites
    rng = world.stream("attendance-records")
    count, project = len(wages.team), wages.project
    registered, present, days, signed = _figures(rng, projects, teams, wages)
    month_end = world.timeline.month_days(wages.month + 1) - 1
    lag = 3 + record_lags(rng, feeds, project)
    known = feeds.known(feeds.attendance, project, wages.month, month_end, lag)
    frame: Frame = {
        "project_id": projects.ids[project],
        "contract_id": contracts.ids[teams.contract[wages.team]],
        "period": wages.month + world.timeline.first,
        "workers_registered": registered,
        "workers_present": present,
        "worker_days": days,
        "workers_with_contract": np.where(rng.random(count) < 0.05, EMPTY, signed),
        "known_at": known,
    }
    chosen = rng.random(count) < world.parameters.corrected_share
    late = np.flatnonzero(chosen & ~projects.dishonest[project] & (known < NEVER))
    corrected = select_rows(frame, late)
    corrected["workers_registered"] = corrected["workers_registered"] + rng.integers(
        0, 3, len(late)
    )
    corrected["known_at"] = corrected["known_at"] + rng.integers(2, 35, len(late))
    return concat(frame, corrected)


def _figures(
    rng: np.random.Generator, projects: Projects, teams: Teams, wages: Wages
) -> tuple[Ints, Ints, Ints, Ints]:
    """Workers registered, workers present, worker-days, workers with a labour contract."""
    project, count = wages.project, len(wages.team)
    copied = projects.dishonest[project]
    leaving = np.where(wages.trouble & (rng.random(count) < 0.35), rng.uniform(0.5, 1, count), 1)
    present = np.maximum(1, np.rint(wages.workers * leaving)).astype(np.int64)
    present = np.where(copied, teams.size[wages.team], present)
    enrolled = rng.beta(7.0, 1.0, len(projects))[project] * rng.normal(1.0, 0.05, count)
    registered = np.where(copied, present, np.rint(wages.workers * enrolled)).astype(np.int64)
    registered = np.maximum(registered, 0)
    days = np.rint(present * np.clip(rng.normal(23.0, 2.6, count), 6, 30)).astype(np.int64)
    papers = rng.beta(5.0, 1.3, len(projects))[project]
    signed = np.where(copied, present, np.rint(registered * papers)).astype(np.int64)
    return registered, present, np.where(copied, present * _COPIED_DAYS, days), signed
