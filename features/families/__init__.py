"""The signal families of projects, in the order they are computed and shown.

The families of every kind of unit are in :mod:`features.feature_sets`.
"""

from __future__ import annotations

from features.catalogue import Family
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

PROJECT_FAMILIES: tuple[Family, ...] = (
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
