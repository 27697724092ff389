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
    SealedFlag,
    SealedReason,
    TimelineItem,
)

FAMILIES = ("payments", "history", "stage", "reporting", "deposits", "attendance")
FLAGS = ("wages_unpaid", "account_missing", "paid_in_cash", "deposit_missing", "complaint_open")
TIERS = ("red", "orange", "yellow", "blue")


def publication(as_of: dt.date, *, listed: int, cohort: int, region: str = "") -> Publication:
    """A list of ``listed`` entries over ``cohort`` projects; tiers move with the date."""
    listings = [Listing(n + 1, "risk", None) for n in range(listed)]
    notes = [_assessment(n, as_of) for n in range(cohort)]
    entries = tuple(Entry(listings[n], notes[n], EntryChange("new")) for n in range(listed))
    risks = tuple(
        ProjectRisk(notes[n], listings[n] if n < listed else None, _timeline(n, as_of))
        for n in range(cohort)
    )
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
    said = LocalizedText(
        "工资发放推高风险：最近六个月应发工资中逾期未付占比 35%，同类工程为 2%",
        "wage payment raises the risk: 35 % of the wages of six months are overdue, 2 % of others",
    )
    cited = _evidence(number, as_of)
    reasons = tuple(
        SealedReason(family, 1.0 - i / 10, "unpaid", 0.35, 0.02, "31", said, cited)
        for i, family in enumerate(FAMILIES)
    )
    return Assessment(
        project_id=f"P-{number:05d}",
        project_name=f"模拟工程{number}号",
        contractor_name=f"模拟建设{number % 4000}公司",
        region_code=f"9901{number % 8:02d}",
        tier=TIERS[(number + as_of.toordinal()) % 4],
        probability=0.5 / (1 + number),
        workers=40,
        amount_at_stake=1_000_000,
        reasons=reasons,
        red_flags=tuple(_flag(code, number, as_of) for code in FLAGS[: 2 + number % 4]),
        unlike_inspected=False,
        amount_owed=2_000_000,
    )


def _flag(code: str, number: int, as_of: dt.date) -> SealedFlag:
    article = LocalizedText("《保障农民工工资支付条例》第三十一条", "Regulation, article 31")
    title = LocalizedText("工资逾期未付", "Wages overdue")
    found = LocalizedText("三个班组的工资逾期未付，共 40 人", "wages of 40 people overdue")
    check = LocalizedText("核对工资表与银行流水", "compare payrolls with the bank's statements")
    evidence = _evidence(number, as_of)
    return SealedFlag(code, "31", article, title, found, check, evidence, "people")


def _evidence(number: int, as_of: dt.date) -> tuple[EvidenceRef, ...]:
    return tuple(EvidenceRef("payrolls", f"PR-{number}-{i}", as_of) for i in range(9))


def _timeline(number: int, as_of: dt.date) -> tuple[TimelineItem, ...]:
    said = LocalizedText("应发工资 40 人，未见发放", "wages of 40 people fell due, no payment seen")
    return tuple(
        TimelineItem(
            as_of - dt.timedelta(days=10 * i),
            "payroll_due",
            said,
            EvidenceRef("payrolls", f"PR-{number}-{i}", as_of),
        )
        for i in range(15)
    )
