"""Financial stress of organisations over time, and its effect on projects."""

from __future__ import annotations

import numpy as np

from risk.simulator.organisations import Organisations
from risk.simulator.parameters import Parameters
from risk.simulator.projects import Projects
from risk.simulator.world import Floats, World

_BURN_IN = 24


def moving_stress(rng: np.random.Generator, count: int, months: int, p: Parameters) -> Floats:
    """Stress of ``count`` organisations over ``months``: mean-reverting, with rare shocks."""
    level = rng.normal(0.0, p.stress_level_sd, count)
    now = level.copy()
    out = np.empty((count, months))
    for month in range(-_BURN_IN, months):
        shock = (rng.random(count) < p.shock_chance) * rng.exponential(p.shock_size, count)
        noise = rng.normal(0.0, p.stress_noise_sd, count)
        now = level + p.stress_memory * (now - level) + noise + shock
        if month >= 0:
            out[:, month] = now
    return out


def organisation_stress(world: World, organisations: Organisations) -> Floats:
    """Stress of every organisation (rows) and month (columns), with a common cycle."""
    rng, p = world.stream("stress"), world.parameters
    own = moving_stress(rng, len(organisations), world.months, p)
    cycle = np.empty(world.months)
    now = 0.0
    for month in range(world.months):
        now = 0.95 * now + float(rng.normal(0.0, p.cycle_sd))
        cycle[month] = now
    return np.asarray(own + cycle, dtype=np.float64)


def project_stress(world: World, projects: Projects, organisations: Floats) -> Floats:
    """Stress of each project and month, before its disputes and late transfers.

    The sum of the stress of contractor and owner, of its funding terms, of delay, and a component
    of its own.
    """
    rng, p = world.stream("project-stress"), world.parameters
    fixed = (
        rng.normal(0.0, p.own_stress_sd, len(projects))
        + p.advance_stress * projects.advance
        + np.array(p.settlement_stress)[projects.settlement]
        + np.array(p.funding_stress)[projects.funding]
    )
    wobble = moving_stress(rng, len(projects), world.months, p) * p.own_stress_moves
    from_firms = (
        p.from_contractor * organisations[projects.contractor]
        + p.from_owner * organisations[projects.owner]
    )
    month = np.arange(world.months)
    late = month[None, :] > world.timeline.month_of(projects.planned_end)[:, None]
    total = fixed[:, None] + wobble + from_firms + p.overdue_stress * late
    return np.asarray(total, dtype=np.float64)
