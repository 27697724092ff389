"""The expert scorecard: scores where too few events exist to fit a model.

Each line gives points when a feature passes its mark; one point is 0.35 in log-odds, so five
points make the odds about six times larger. An unknown feature gives no points. Marks and points
are expert judgement; ``source`` names the article or published rule each line rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from models.base import Kind, pick
from models.calibration import Calibration
from risk import unit_kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG_ODDS_PER_POINT = 0.35
PRIOR_RATE = 0.03
"""Share of running projects with an arrears event in 90 days before any is observed (assumed)."""


@dataclass(frozen=True)
class Line:
    """``points`` when the feature is at or above ``at_least`` (or at or below ``at_most``)."""

    feature: str
    points: float
    source: str
    at_least: float | None = None
    at_most: float | None = None


LINES: tuple[Line, ...] = (
    Line("unpaid_share_3m", 2, "Art. 12, 31: wages not paid in full", at_least=0.10),
    Line("unpaid_share_3m", 2, "Art. 12, 31: a third of wages unpaid", at_least=0.33),
    Line("oldest_unpaid_days", 2, "Guizhou rule: not paid by the month after", at_least=61),
    Line("months_not_full_6m", 1, "Art. 12: months not paid in full", at_least=3),
    Line("present_unpaid_share", 2, "Guizhou rule: over 10 % on site without pay", at_least=0.10),
    Line("foreman_share_3m", 1, "Art. 31: pay through a foreman", at_least=0.10),
    Line("cash_share_3m", 1, "Art. 31: mostly cash (Zaoqiang county report)", at_least=0.50),
    Line("transfer_oldest_days", 1, "Art. 24: labour cost over a month late", at_least=31),
    Line("transfer_short_share_3m", 1, "Art. 29: labour cost not in full", at_least=0.33),
    Line("account_open", 1, "Art. 26: no special account", at_most=0),
    Line("deposit_valid", 1, "Art. 32: no valid deposit", at_most=0),
    Line("contract_depth", 1, "Art. 30: layered subcontracting (Yunxi report)", at_least=4),
    Line("person_share", 1, "Art. 36: work given to persons", at_least=0.50),
    Line("oral_share", 1, "Art. 25: no written subcontract", at_least=0.50),
    Line("contract_signed_share", 1, "Art. 28: labour contracts", at_most=0.50),
    Line("complaints_90d", 2, "Arts. 10, 38: complaint received", at_least=1),
    Line("complaints_365d", 1, "Art. 38: repeated complaints", at_least=2),
    Line("events_365d", 2, "Art. 47: arrears confirmed before", at_least=1),
    Line("contractor_events_365d", 1, "Art. 47: contractor's record", at_least=2),
    Line("contractor_unpaid_share", 1, "Art. 38: contractor's other sites", at_least=0.10),
    Line("listed", 2, "Art. 48: on the sanction list", at_least=1),
    Line("findings_last", 1, "Art. 39: duties found unmet", at_least=2),
    Line("dispute_open_days", 1, "Art. 35: open dispute over project money", at_least=31),
    Line("contractor_overdue_loans", 1, "Art. 38: credit indicator", at_least=1),
    Line("contractor_tax_ratio", 1, "Art. 38: tax indicator", at_most=0.5),
    Line("advance_funded", 1, "Art. 23: pre-financing", at_least=1),
    Line("settled_at_completion", 1, "Art. 24: no monthly settlement", at_least=1),
    Line("winter_share", 1, "strike map 2011-2016: winter peak", at_least=0.5),
    Line("payroll_months_missing_6m", 1, "Art. 15: payrolls not kept", at_least=2),
)


EMPLOYER_LINES: tuple[Line, ...] = (
    Line("contractor_overdue_loans", 2, "Art. 38: credit indicator", at_least=1),
    Line("overdue_months", 1, "Art. 38: credit indicator, months in a row", at_least=3),
    Line("contractor_tax_ratio", 1, "Art. 38: tax indicator", at_most=0.5),
    Line("contractor_insured_ratio", 1, "Art. 38: staff fall (Haishu, Zhejiang)", at_most=0.8),
    Line("insured_last_ratio", 1, "Art. 38: staff fall at once", at_most=0.7),
    Line("electricity_ratio", 1, "Art. 38: utility supply (Wuxing, Yichang)", at_most=0.8),
    Line("electricity_last_ratio", 1, "Art. 38: utility supply, at once", at_most=0.6),
    Line("water_ratio", 1, "Art. 38: utility supply", at_most=0.7),
    Line("falling_indicators", 2, "Art. 38: several indicators fall together", at_least=3),
    Line("contractor_silent_months", 1, "Art. 38: indicators stopped arriving", at_least=3),
    Line("complaints_90d", 2, "Arts. 10, 38: complaint received", at_least=1),
    Line("complaints_365d", 1, "Art. 38: repeated complaints", at_least=2),
    Line("events_365d", 2, "Art. 47: arrears confirmed before", at_least=1),
    Line("cases_open", 2, "Art. 38: a case under way", at_least=1),
    Line("listed", 2, "Art. 48: on the sanction list", at_least=1),
    Line("rectification_overdue", 1, "Art. 39: correction overdue", at_least=1),
    Line("winter_share", 1, "strike map 2011-2016: winter peak", at_least=0.5),
)

_LINES_OF: Mapping[unit_kinds.Kind, tuple[Line, ...]] = {
    "project": LINES,
    "employer": EMPLOYER_LINES,
}


def _columns(unit: unit_kinds.Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.feature for line in _LINES_OF[unit]))


@dataclass(frozen=True)
class Scorecard:
    """The scorecard of one kind of ``unit`` as a scoring model.

    Only what is typical and the rate depend on the place.

    ``typical`` holds the mean points per column among the projects it was set up with: what a
    project has above or below it is its contribution, so low risk has reasons too.
    """

    calibration: Calibration = field(default_factory=lambda: for_rate(PRIOR_RATE, 4.0))
    typical: tuple[float, ...] = ()
    kind: Kind = "scorecard"
    unit: unit_kinds.Kind = "project"

    @property
    def columns(self) -> tuple[str, ...]:
        """The features its lines read."""
        return _columns(self.unit)

    def points(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points per row and column, shape (rows, len(columns))."""
        columns = self.columns
        values = pick(matrix, columns)
        points = np.zeros_like(values)
        for line in _LINES_OF[self.unit]:
            at = columns.index(line.feature)
            points[:, at] += line.points * _passes(line, values[:, at])
        return points

    def raw(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points in log-odds, shape (rows,)."""
        return np.asarray(self.points(matrix).sum(axis=1) * LOG_ODDS_PER_POINT, dtype=np.float64)

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Points above what is typical, in log-odds, per feature; the last column is the base."""
        typical = np.array(self.typical or np.zeros(len(self.columns))) * LOG_ODDS_PER_POINT
        parts = self.points(matrix) * LOG_ODDS_PER_POINT - typical
        return np.column_stack([parts, np.full(len(parts), typical.sum())])


def fit_scorecard(matrix: Matrix, rate: float) -> Scorecard:
    """The scorecard for a place: typical points among the rows of ``matrix``, mean ``rate``."""
    blank = Scorecard(unit=matrix.kind)
    if not len(matrix.project_ids):
        return blank
    typical = blank.points(matrix).mean(axis=0)
    fitted = for_rate(rate, float(typical.sum()))
    return replace(blank, calibration=fitted, typical=tuple(typical.tolist()))


def for_rate(rate: float, mean_points: float) -> Calibration:
    """Calibration under which a project with ``mean_points`` has probability ``rate``."""
    odds = float(np.log(rate / (1 - rate)))
    return Calibration(slope=1.0, intercept=odds - mean_points * LOG_ODDS_PER_POINT)


def _passes(line: Line, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = ~np.isnan(values)
    if line.at_least is not None:
        return known & (np.nan_to_num(values) >= line.at_least)
    return known & (np.nan_to_num(values) <= (line.at_most or 0.0))
