"""Every feature of both kinds has a value worked out by hand in a table of a pinned test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from features.feature_sets import FEATURE_SETS
from risk.unit_kinds import KINDS, Kind

from .. import hand_made
from . import test_pinned_attendance as attendance
from . import test_pinned_complaints as complaints
from . import test_pinned_deposits as deposits
from . import test_pinned_disputes as disputes
from . import test_pinned_employers as employers
from . import test_pinned_history as history
from . import test_pinned_operations as operations
from . import test_pinned_payments as payments
from . import test_pinned_presence as presence
from . import test_pinned_reporting as reporting
from . import test_pinned_silence as silence
from . import test_pinned_stage as stage
from . import test_pinned_subcontracting as subcontracting
from . import test_pinned_transfers as transfers

TABLES: Mapping[Kind, tuple[Iterable[str], ...]] = {
    "project": (
        hand_made.FEATURES,
        attendance.NAMES,
        {"wage_per_day": attendance.WAGE_PER_DAY},
        complaints.EXPECTED,
        deposits.NAMES,
        {"deposit_lapsed_days": deposits.LAPSED},
        disputes.NAMES,
        history.EXPECTED,
        history.RATES,
        operations.NAMES,
        operations.OTHERS,
        payments.PINNED,
        {"late_share_12m": payments.LATE},
        presence.NAMES,
        reporting.PINNED,
        silence.PAYROLL_NAMES,
        silence.ATTENDANCE_NAMES,
        stage.DATE_NAMES,
        stage.CONTRACTOR_NAMES,
        *(names for _, _, names in stage.ATTRIBUTES),
        subcontracting.NAMES,
        transfers.NAMES,
        transfers.QUARTER,
        transfers.ACCOUNT_NAMES,
    ),
    "employer": (employers.EXPECTED,),
}
"""By kind, the names of the features whose values the pinned tests compare."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_feature_has_a_value_worked_out_by_hand(kind: Kind) -> None:
    pinned = {name for names in TABLES[kind] for name in names}
    features = {feature.name for feature in FEATURE_SETS[kind].features}
    assert sorted(features - pinned) == []
    assert sorted(pinned - features) == []
