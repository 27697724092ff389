"""Reporting to the authority: feeds that were never connected, fall silent, or are late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator.projects import Projects
from risk.simulator.world import NEVER, Bools, Floats, Ints, World, lags, sigmoid


@dataclass(frozen=True)
class Feed:
    """One feed of all projects: ``silent`` by project and month, and the day gaps were filled.

    ``filled`` has the day on which the records of a silent month were sent later, NEVER if they
    were not, and 0 for months that were not silent.
    """

    silent: Bools
    filled: Ints


@dataclass(frozen=True)
class Feeds:
    """The monthly feeds and each project's usual delay in days."""

    payrolls: Feed
    attendance: Feed
    transfers: Feed
    lag: Floats

    def known(self, feed: Feed, project: Ints, month: Ints, prompt: Ints, lag: Ints) -> Ints:
        """Day on which records of (project, month) are known; NEVER if a gap is never filled."""
        columns = np.clip(month, 0, feed.silent.shape[1] - 1)
        return np.asarray(np.maximum(prompt + lag, feed.filled[project, columns]), dtype=np.int64)


def make_feeds(world: World, projects: Projects, stress: Floats, firm_stress: Floats) -> Feeds:
    """Silent months of each feed, driven by the stress of the project and its contractor."""
    rng, p = world.stream("feeds"), world.parameters
    firm = _spells(world, rng, p.silence_stress * (firm_stress - 1.0) + np.log(p.silence_firm))
    shared = firm[projects.contractor]

    def feed(joined: float) -> Feed:
        own = _spells(world, rng, p.silence_stress * stress)
        return _feed(world, rng, own | shared, rng.random(len(projects)) < joined)

    return Feeds(
        payrolls=feed(p.feed_payroll),
        attendance=feed(p.feed_attendance),
        transfers=feed(p.transfer_feed),
        lag=rng.gamma(2.0, p.lag_days / 2.0, len(projects)) + 0.5,
    )


def record_lags(rng: np.random.Generator, feeds: Feeds, project: Ints) -> Ints:
    """Days until records of these projects are known, without silence."""
    return lags(rng, feeds.lag[project], len(project))


def _spells(world: World, rng: np.random.Generator, pressure: Floats) -> Bools:
    """Mask of silent months: spells with random starts and lengths."""
    p = world.parameters
    begins = rng.random(pressure.shape) < sigmoid(p.silence_base + pressure)
    ends = rng.random(pressure.shape) < 1.0 / p.silence_months
    silent = np.zeros(pressure.shape, dtype=np.bool_)
    now = np.zeros(len(pressure), dtype=np.bool_)
    for month in range(world.months):
        now = begins[:, month] | (now & ~ends[:, month])
        silent[:, month] = now
    return silent


def _feed(world: World, rng: np.random.Generator, silent: Bools, joined: Bools) -> Feed:
    """Feed in which some spells are filled after they end; never connected projects are silent."""
    silent = silent | ~joined[:, None]
    silent[:, : world.timeline.burn_in] = True
    filled = np.where(silent, NEVER, 0)
    after = np.full(len(silent), NEVER)
    fills = rng.random(silent.shape) < world.parameters.silence_backfilled
    for month in range(world.months - 2, world.timeline.burn_in - 1, -1):
        over = silent[:, month] & ~silent[:, month + 1]
        back = world.timeline.month_day(month + 1) + 12 + rng.integers(0, 20, len(silent))
        after = np.where(over, np.where(fills[:, month], back, NEVER), after)
        filled[:, month] = np.where(silent[:, month], after, 0)
    return Feed(silent, filled)
