"""Groups of projects compared with each other: by region, funding, sector and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNTY_DIGITS = 6
TOWNSHIP_DIGITS = 9
SIZES = ("small", "medium", "large")

Bounds = tuple[int | None, int | None]


@dataclass(frozen=True)
class Membership:
    """The rows of one group, as a mask of shape (rows,).

    ``value`` is None where the attribute is unknown. ``bounds`` (above the first, up to the second,
    in fen) is set for sizes only.
    """

    attribute: str
    value: str | None
    bounds: Bounds | None
    rows: NDArray[np.bool_]


def memberships(predictions: Predictions) -> tuple[Membership, ...]:
    """All groups of every attribute with more than one group; unknown is a group of its own.

    Regions are counties (6 digits), or townships (9 digits) if there is only one county. Sizes are
    thirds of the contractor's registered capital and of the project's contract amount.
    """
    attributes = predictions.attributes
    partitions = [
        _by_value("region", _regions(attributes["region_code"])),
        _by_value("funding", attributes["funding"]),
        _by_value("sector", attributes["sector"]),
        _by_size("contractor_size", attributes["registered_capital"]),
        _by_size("project_size", attributes["contract_amount"]),
    ]
    return tuple(group for groups in partitions if len(groups) > 1 for group in groups)


def _regions(codes: NDArray[np.object_]) -> NDArray[np.object_]:
    counties = {code[:COUNTY_DIGITS] for code in codes if code is not None}
    digits = COUNTY_DIGITS if len(counties) > 1 else TOWNSHIP_DIGITS
    return np.array([None if code is None else code[:digits] for code in codes], dtype=object)


def _by_value(attribute: str, values: NDArray[np.object_]) -> list[Membership]:
    names = np.array(["" if value is None else str(value) for value in values], dtype=object)
    return [
        Membership(attribute, value or None, None, names == value) for value in sorted(set(names))
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
