"""May a challenger take the champion's place? Decided on months neither was grown on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.registry import ModelVersion
from models.scoring_model import ScoringModel
from training.fitting import Trained
from training.metrics import average_precision

MIN_POSITIVES_TO_TELL = 10

Grounds = Literal["first_model", "too_few_to_tell", "no_worse", "worse"]


@dataclass(frozen=True)
class Decision:
    """Whether the gate passes, on which grounds, and the two average precisions if compared."""

    passed: bool
    grounds: Grounds
    challenger: float | None = None
    champion: float | None = None


def decide(trained: Trained, champion: tuple[ScoringModel, ModelVersion] | None) -> Decision:
    """Compare on the later months of ``trained`` that also lie after the champion's training.

    The challenger is represented there by boosters grown on earlier months only. It passes when
    its average precision is no lower than the champion's, or when fewer than 10 positives make
    the question undecidable and the newer knowledge goes first.
    """
    if champion is None:
        return Decision(passed=True, grounds="first_model")
    model, version = champion
    if trained.later is None:
        same_kind = model.kind == trained.model.kind
        return Decision(passed=same_kind, grounds="too_few_to_tell" if same_kind else "worse")
    later = trained.later
    after = later.matrix.as_ofs >= np.datetime64(version.trained_at)
    if later.happened[after].sum() < MIN_POSITIVES_TO_TELL:
        return Decision(passed=True, grounds="too_few_to_tell")
    ours = average_precision(later.scores[after], later.happened[after])
    theirs = average_precision(model.raw(later.matrix.where(after)), later.happened[after])
    passed = ours >= theirs
    return Decision(passed, "no_worse" if passed else "worse", ours, theirs)
