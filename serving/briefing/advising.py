"""The last section: what follows from the figures, for which unit, and by when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from serving.briefing.alerts import ALERTED
from serving.briefing.facts import REVISIT_AFTER, Facts
from serving.briefing.rates import low_rates
from serving.briefing.telling import Teller

SOON, LATER = dt.timedelta(days=14), dt.timedelta(days=30)

_OF_RATE = {
    "special_account": "housing",
    "special_account_in_use": "housing",
    "labour_cost_passed_on": "industry",
    "labour_cost_amount": "industry",
    "deposit": "labour",
    "paid_by_bank": "labour",
    "paid_by_bank_projects": "labour",
    "paid_in_full": "labour",
    "paid_in_full_projects": "labour",
    "real_name": "housing",
    "labour_contract": "labour",
    "notice_board": "labour",
}


def tell_advice(teller: Teller, facts: Facts, level: int = 1) -> None:
    """Judgement and suggestions."""
    teller.heading("advice", level)
    for number, (key, unit, days, figures) in enumerate(_advice(teller, facts), start=1):
        teller.say(
            f"advice.{key}",
            number=str(number),
            unit=teller.word(f"units.{unit}"),
            by=facts.period.stop + days,
            **figures,
        )


Advice = tuple[str, str, dt.timedelta, dict[str, object]]


def _advice(teller: Teller, facts: Facts) -> Iterator[Advice]:
    if facts.now is not None:
        entries = facts.now.document["entries"]
        if entries:
            yield "visit", "labour", LATER, {"listed": len(entries)}
        flags = Counter(flag["code"] for e in entries for flag in e["red_flags"])
        if flags["group_complaint_open"]:
            yield "group", "police", SOON, {"group": flags["group_complaint_open"]}
        state = _government(facts)
        if state:
            yield "government", "owners", SOON, {"government_alerts": state}
    overdue = sum(
        bool(one["due_on"]) and one["due_on"] < facts.period.stop.isoformat()
        for one in facts.matters
    )
    if overdue:
        yield "overdue", "labour", SOON, {"overdue": overdue}
    left = sum(
        one["checked_on"] is None
        and dt.date.fromisoformat(one["closed_on"]) + REVISIT_AFTER < facts.period.stop
        for one in facts.closed
    )
    if left:
        yield "revisit", "labour", LATER, {"revisits_left": left}
    yield from _about_rates(teller, facts)
    if facts.silent:
        yield "feeds", "data", SOON, {}
    yield "season", "office", LATER, {}


def _government(facts: Facts) -> int:
    assert facts.now is not None  # noqa: S101 - the caller has looked
    return sum(
        row["tier"] in ALERTED and row.get("funding") == "government" for row in facts.now.projects
    )


def _about_rates(teller: Teller, facts: Facts) -> Iterator[Advice]:
    if facts.rates is None:
        return
    from risk.locale import text

    for name, share in low_rates(facts.rates, facts.settings.indicators.rates)[:2]:
        said = text(f"pages.rates.{name}", teller.language)
        yield "rate", _OF_RATE[name], LATER, {"name": said, "share": f"{share:.1%}"}
