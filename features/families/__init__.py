"""The signal families, in the order they are computed and shown."""

from __future__ import annotations

from features.catalogue import Family, Feature
from features.families import (
    attendance,
    complaints,
    deposits,
    disputes,
    history,
    operations,
    payments,
    reporting,
    stage,
    subcontracting,
    transfers,
)

FAMILIES: tuple[Family, ...] = (
    subcontracting.FAMILY,
    payments.FAMILY,
    transfers.FAMILY,
    deposits.FAMILY,
    attendance.FAMILY,
    complaints.FAMILY,
    history.FAMILY,
    disputes.FAMILY,
    operations.FAMILY,
    stage.FAMILY,
    reporting.FAMILY,
)

FEATURES: tuple[Feature, ...] = tuple(feature for family in FAMILIES for feature in family.features)

FAMILY_OF: dict[str, str] = {
    feature.name: family.name for family in FAMILIES for feature in family.features
}
