"""The usual terms of matters in docs/howto/matters.md are the defaults of the settings."""

from __future__ import annotations

import re
from pathlib import Path

from serving.settings import MatterSettings

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "matters.md"
FIELDS = {
    "case": "case_days",
    "rectification": "finding_days",
    "finding": "finding_days",
    "complaint": "complaint_days",
    "alert": "alert_days",
    "hand": "hand_days",
}


def test_usual_terms_of_matters_are_the_defaults():
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| `\w+:[\w:]+` \| .* \| (\d+)[^|]*\|$", page, re.MULTILINE)
    usual = MatterSettings().model_dump()
    assert {kind: int(days) for kind, days in rows} == {
        kind: usual[field] for kind, field in FIELDS.items()
    }
