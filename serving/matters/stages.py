"""Stages of a transfer to the police and of a listing on the sanction list, with their clocks.

A stage is a step a person records (``transfer`` or ``listing``) with the day it took effect. The
last stage decides what is owed next, by whom and until when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from risk.statutory_deadlines import StageDeadline, stage_deadline
from serving.matters.repository import Step

TransferStage = Literal[
    "sent",
    "accepted",
    "returned",
    "reconsideration",
    "upheld",
    "supervision",
    "explanation",
    "filing_ordered",
    "not_supervised",
]
TRANSFER_STAGES: tuple[TransferStage, ...] = get_args(TransferStage)
"""Papers sent; police filed; police returned them or did not file; reconsideration asked; refusal
upheld; supervision asked of the prosecutor; prosecutor asked the police for reasons; prosecutor
ordered to file; prosecutor does not supervise."""

ListingStage = Literal["notified", "objected", "listed", "not_listed"]
LISTING_STAGES: tuple[ListingStage, ...] = get_args(ListingStage)
"""Notice of the intended listing served; the unit objected; listed; not listed."""

STAGES: Mapping[str, tuple[str, ...]] = {"transfer": TRANSFER_STAGES, "listing": LISTING_STAGES}

_TERMS: Mapping[tuple[str, str], str] = {
    ("transfer", "sent"): "police_decision",
    ("transfer", "returned"): "ask_again",
    ("transfer", "reconsideration"): "reconsideration",
    ("transfer", "upheld"): "ask_supervision",
    ("transfer", "explanation"): "explanation",
    ("transfer", "filing_ordered"): "filing",
    ("listing", "notified"): "objection",
}
"""Term that a stage starts; the other stages start none."""


@dataclass(frozen=True)
class Stage:
    """The last stage of a transfer or listing, the day it took effect, and the term it started."""

    stage: str
    on: dt.date
    deadline: StageDeadline | None

    @property
    def overdue(self) -> bool:
        """Whether the term is over."""
        return self.deadline is not None and self.deadline.days_left < 0


def last_stage(kind: str, steps: Sequence[Step], on: dt.date) -> Stage | None:
    """Return the stage of ``kind`` on the day ``on``; None if there was none.

    It is the one that took effect last; of several on one day the one recorded last.
    """
    found = [
        (dt.date.fromisoformat(str(data["on"])), number, str(data["stage"]))
        for number, step in enumerate(steps)
        if step.step == kind and (data := step.data or {})
    ]
    past = [one for one in found if one[0] <= on]
    if not past:
        return None
    day, _, stage = max(past)
    term = _TERMS.get((kind, stage))
    return Stage(stage, day, stage_deadline(kind, term, day, on) if term else None)
