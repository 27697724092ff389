"""What a campaign, its scope and its targets are called."""

from __future__ import annotations

from risk.locale import Language, text
from serving.formatting import coded
from serving.settings import CampaignPlan


def title_of(plan: CampaignPlan, language: Language) -> str:
    """The title set for it, else the winter action with its year."""
    return plan.title or text("campaigns.winter", language, year=plan.start.year)


def scope_of(plan: CampaignPlan, language: Language, place: str) -> str:
    """Where, which sectors, whose money and which units, in one phrase."""
    every = text("campaigns.every", language)
    comma = text("briefing.comma", language)
    words = {
        name: comma.join(coded(f"projects.{field}", code, language) for code in codes) or every
        for name, field, codes in (
            ("sectors", "sector", plan.sectors),
            ("fundings", "funding", plan.fundings),
        )
    }
    units = comma.join(text(f"campaigns.units.{one}", language) for one in plan.units)
    return text("campaigns.scope", language, place=place, units=units, **words)


def zero_name(name: str, language: Language) -> str:
    """What is held to zero."""
    return text(f"campaigns.zero.{name}", language)
