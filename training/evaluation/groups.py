"""Who is compared with whom: the groups projects fall into by place, money, trade and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.predictions import Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNTY_DIGITS = 6
TOWNSHIP_DIGITS = 9
SIZES = ("small", "medium", "large")

Bounds = tuple[int | None, int | None]


@dataclass(frozen=True)
class Membership:
    """One group of an attribute; ``value`` is None where the attribute is unknown.

    ``bounds`` are those of a size (above the first, up to the second, in fen), None otherwise.
    ``rows`` says which rows belong to it, shape (rows,).
    """

    attribute: str
    value: str | None
    bounds: Bounds | None
    rows: NDArray[np.bool_]


def memberships(judged: Judged) -> tuple[Membership, ...]:
    """All groups of every attribute by which the rows differ, the unknown as a group of its own.

    Regions are counties (6 digits), or townships (9 digits) where there is one county only; sizes
    are thirds of the registered capital of the contractor and of the project's contract amount.
    """
    of = judged.attributes
    found = [
        _by_value("region", _regions(of["region_code"])),
        _by_value("funding", of["funding"]),
        _by_value("sector", of["sector"]),
        _by_size("contractor_size", of["registered_capital"]),
        _by_size("project_size", of["contract_amount"]),
    ]
    return tuple(one for groups in found if len(groups) > 1 for one in groups)


def _regions(codes: NDArray[np.object_]) -> NDArray[np.object_]:
    counties = {code[:COUNTY_DIGITS] for code in codes if code is not None}
    digits = COUNTY_DIGITS if len(counties) > 1 else TOWNSHIP_DIGITS
    return np.array([None if code is None else code[:digits] for code in codes], dtype=object)


def _by_value(attribute: str, values: NDArray[np.object_]) -> list[Membership]:
    named = np.array(["" if value is None else str(value) for value in values], dtype=object)
    return [
        Membership(attribute, value or None, None, named == value) for value in sorted(set(named))
    ]


def _by_size(attribute: str, values: NDArray[np.object_]) -> list[Membership]:
    amounts = np.array(values, dtype=np.float64)
    unknown = np.isnan(amounts)
    groups = []
    if not unknown.all():
        cuts = np.quantile(amounts[~unknown], [1 / 3, 2 / 3], method="inverted_cdf")
        third = np.where(unknown, -1, np.searchsorted(cuts, amounts, side="left"))
        first, second = (int(cut) for cut in cuts)
        bounds: tuple[Bounds, ...] = ((None, first), (first, second), (second, None))
        groups = [
            Membership(attribute, size, bounds[number], third == number)
            for number, size in enumerate(SIZES)
            if (third == number).any()
        ]
    if unknown.any():
        groups.append(Membership(attribute, None, None, unknown))
    return groups
