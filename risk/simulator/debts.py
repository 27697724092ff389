"""True debts to workers by project at the start of a month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.simulator.wages import Wages
from risk.simulator.world import Floats, Ints

_TRIFLE = 0.05  # payrolls unpaid by less than this share are not arrears


@dataclass(frozen=True)
class Debts:
    """Yuan owed and number of workers owed, per project."""

    amount: Floats
    workers: Ints

    def head(self) -> Floats:
        """Yuan owed per worker; 0 if nobody is owed."""
        return np.asarray(self.amount / np.maximum(self.workers, 1), dtype=np.float64)


def debts(wages: Wages, projects: int, day: int, patience: int) -> Debts:
    """Debts on ``day`` from wages due at least ``patience`` days before."""
    owed = wages.owed(day, patience)
    rows = np.flatnonzero(owed > _TRIFLE * wages.due)
    amount = np.bincount(wages.project[rows], weights=owed[rows] / 100, minlength=projects)
    crew = np.zeros(int(wages.team.max(initial=0)) + 1, dtype=np.int64)
    np.maximum.at(crew, wages.team[rows], wages.workers[rows])
    home = np.zeros(len(crew), dtype=np.int64)
    home[wages.team] = wages.project
    workers = np.bincount(home, weights=crew, minlength=projects).astype(np.int64)
    return Debts(amount.astype(np.float64), workers)


def open_payrolls(wages: Wages, project: int, day: int) -> Ints:
    """Rows of payrolls of ``project`` due before ``day`` with an instalment on or after it."""
    mine = (wages.project == project) & (wages.due_on < day)
    waiting = ((wages.paid_on >= day) & (wages.paid > 0)).any(axis=1)
    return np.flatnonzero(mine & waiting).astype(np.int64)
