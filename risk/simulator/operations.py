"""Operating indicators of organisations: taxes, insured persons, loans, electricity."""

from __future__ import annotations

import numpy as np

from risk.simulator.csv_files import Frame, concat, select_rows
from risk.simulator.organisations import CONTRACTOR, EMPLOYER, LABOUR, OWNER, Organisations
from risk.simulator.world import Bools, Floats, Ints, World, lags

_BUILDERS = (OWNER, CONTRACTOR, LABOUR)
_INDICATORS: tuple[tuple[str, tuple[int, ...], float, float], ...] = (
    # indicator, kinds of organisation, median of an ordinary month, change per unit of stress
    ("tax", (*_BUILDERS, EMPLOYER), 90_000.0, -0.35),
    ("social_insurance", (CONTRACTOR, EMPLOYER), 60.0, -0.12),
    ("electricity", (EMPLOYER,), 12_000.0, -0.25),
)
_LOAN_STRESS = 1.0  # overdue loans begin at this stress


def operations_frame(world: World, organisations: Organisations, stress: Floats) -> Frame:
    """Rows of the ``operations`` table: monthly values of organisations that share their data."""
    rng = world.stream("operations")
    covered = rng.random(len(organisations)) < world.parameters.operations_cover
    parts = []
    for name, kinds, median, slope in _INDICATORS:
        rows = np.flatnonzero(covered & np.isin(organisations.kind, kinds))
        size = median * rng.lognormal(0.0, 0.8, len(rows))[:, None]
        noise = rng.normal(0.0, 0.18, (len(rows), world.months))
        values = size * np.exp(slope * stress[rows] + noise)
        parts.append(_part(world, rng, organisations, (name, rows, values)))
    rows = np.flatnonzero(covered & np.isin(organisations.kind, _BUILDERS))
    over = np.maximum(stress[rows] - _LOAN_STRESS, 0.0)
    loans = organisations.capital[rows][:, None] * 0.05 * over
    parts.append(_part(world, rng, organisations, ("overdue_loans", rows, loans)))
    return concat(*parts, *_employers_parts(world, organisations, stress, covered))


def _employers_parts(
    world: World, organisations: Organisations, stress: Floats, covered: Bools
) -> list[Frame]:
    """Loans, water and gas of shops and factories; only some use gas."""
    rng = world.stream("employers-operations")
    rows = np.flatnonzero(covered & (organisations.kind == EMPLOYER))
    over = np.maximum(stress[rows] - _LOAN_STRESS, 0.0)
    loans = organisations.capital[rows][:, None] * 0.05 * over
    found = [_part(world, rng, organisations, ("overdue_loans", rows, loans))]
    for name, median, slope, users in (("water", 400.0, -0.2, 1.0), ("gas", 900.0, -0.25, 0.5)):
        some = rows[rng.random(len(rows)) < users]
        size = median * rng.lognormal(0.0, 0.8, len(some))[:, None]
        noise = rng.normal(0.0, 0.2, (len(some), world.months))
        values = size * np.exp(slope * stress[some] + noise)
        found.append(_part(world, rng, organisations, (name, some, values)))
    return found


def _part(
    world: World,
    rng: np.random.Generator,
    organisations: Organisations,
    what: tuple[str, Ints, Floats],
) -> Frame:
    name, rows, values = what
    count = values.size
    month = np.tile(np.arange(world.months), len(rows))
    known = world.timeline.month_days(month + 1) + 14 + lags(rng, 6.0, count)
    frame: Frame = {
        "org_id": np.repeat(organisations.ids[rows], world.months),
        "period": month + world.timeline.first,
        "indicator": np.full(count, name, dtype="U20"),
        "value": np.round(values.ravel(), 0 if name == "social_insurance" else 1),
        "known_at": known,
    }
    reported = (rng.random(count) > 0.02) & (month >= world.timeline.burn_in)
    return select_rows(frame, reported)
