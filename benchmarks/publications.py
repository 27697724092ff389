"""Synthetic publications of any size, for the service benchmarks."""

from __future__ import annotations

import datetime as dt

from serving.watchlists.document import (
    Assessment,
    Entry,
    EntryChange,
    EvidenceRef,
    Header,
    Listing,
    LocalizedText,
    ModelInfo,
    ProjectRisk,
    Publication,
    SealedReason,
)

TIERS = ("red", "orange", "yellow", "blue")


def publication(as_of: dt.date, *, listed: int, cohort: int, region: str = "") -> Publication:
    """A list of ``listed`` entries over ``cohort`` projects; tiers move with the date."""
    listings = [Listing(n + 1, "risk", None) for n in range(listed)]
    notes = [_assessment(n, as_of) for n in range(cohort)]
    entries = tuple(Entry(listings[n], notes[n], EntryChange("new")) for n in range(listed))
    risks = tuple(ProjectRisk(notes[n], listings[n] if n < listed else None) for n in range(cohort))
    head = Header(
        as_of=as_of,
        region=region,
        capacity=listed,
        model=ModelInfo("arrears", "1", "lightgbm"),
        cohort=cohort,
        missing_feeds=(),
        records_digest="0" * 64,
        code_version="benchmark",
        previous=None,
        rules={
            "tiers": {"red": 0.2, "orange": 0.1, "yellow": 0.05},
            "policy": {
                "random_share": 0.0,
                "rest_days": 30,
                "order": "probability",
                "must_visit": [],
                "seed": "1",
            },
        },
    )
    return Publication(head, entries, (), risks)


def _assessment(number: int, as_of: dt.date) -> Assessment:
    text = LocalizedText(
        "工资发放推高风险：逾期未付占比 35%", "wage payment raises the risk: 35 % unpaid"
    )
    evidence = tuple(EvidenceRef("payrolls", f"PR-{number}-{i}", as_of) for i in range(3))
    reasons = tuple(
        SealedReason(family, 1.0 - i / 10, "unpaid", 0.35, 0.02, "31", text, evidence)
        for i, family in enumerate(("payments", "history", "stage", "reporting"))
    )
    return Assessment(
        project_id=f"P-{number:05d}",
        project_name=f"模拟工程{number}号",
        contractor_name=f"模拟建设{number % 40}公司",
        region_code=f"9901{number % 8:02d}",
        tier=TIERS[(number + as_of.toordinal()) % 4],
        probability=0.5 / (1 + number),
        workers=40,
        amount_at_stake=1_000_000,
        reasons=reasons,
        red_flags=(),
        unlike_inspected=False,
    )
