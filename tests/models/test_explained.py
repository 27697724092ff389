"""All contributions to a score, as a document."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from models.calibration import Calibration
from models.explained import Explained

COLUMNS = ("complaints_90d", "late_share_3m")
VALUES = np.array([[1.0, math.nan], [0.0, 0.5]])
PARTS = np.array([[0.1234567890123456, -0.25, -3.0], [0.0, 0.75, -3.0]])


class Cohort:
    """Two projects."""

    project_ids = ("P1", "P2")

    def features(self, rows):
        assert len(rows), "none were asked for"
        return VALUES[rows], PARTS[rows]

    def rows_of(self, project_ids):
        known = [key for key in project_ids if key in self.project_ids]
        return known, np.array([self.project_ids.index(key) for key in known], dtype=np.intp)


@pytest.fixture
def explained():
    model = SimpleNamespace(columns=COLUMNS, calibration=Calibration(1.5, -0.5))
    cohort = Cohort()
    return Explained(cohort, model, cohort.rows_of)


def test_a_document_has_the_base_the_calibration_and_every_feature(explained):
    assert explained.to_document("P1") == {
        "base": -3.0,
        "calibration": {"slope": 1.5, "intercept": -0.5},
        "features": [
            {
                **{"name": "complaints_90d", "family": "complaints"},
                **{"value": 1.0, "contribution": 0.123457},
            },
            {
                **{"name": "late_share_3m", "family": "payments"},
                **{"value": None, "contribution": -0.25},
            },
        ],
    }
    other = explained.to_document("P2")
    assert [one["value"] for one in other["features"]] == [0.0, 0.5]


def test_a_project_that_was_not_scored_has_none(explained):
    assert explained.to_document("P3") is None
