"""Names of campaigns, scopes and targets."""

from __future__ import annotations

from risk.locale import Language, text
from serving.formatting import code_label
from serving.settings import CampaignPlan


def campaign_title(plan: CampaignPlan, language: Language) -> str:
    """Return the title of the settings, or that of the winter action with its year."""
    return plan.title or text("campaigns.winter", language, year=plan.start.year)


def scope_text(plan: CampaignPlan, language: Language, place: str) -> str:
    """Describe region, sectors, funding and unit kinds in one phrase."""
    every = text("campaigns.every", language)
    comma = text("briefing.comma", language)
    words = {
        name: comma.join(code_label(f"projects.{field}", code, language) for code in codes) or every
        for name, field, codes in (
            ("sectors", "sector", plan.sectors),
            ("fundings", "funding", plan.fundings),
        )
    }
    units = comma.join(text(f"campaigns.units.{kind}", language) for kind in plan.units)
    if not plan.sectors and not plan.fundings:
        return text("campaigns.scope_all", language, place=place, units=units)
    return text("campaigns.scope", language, place=place, units=units, **words)


def zero_target_label(name: str, language: Language) -> str:
    """Return the name of a zero target."""
    return text(f"campaigns.zero.{name}", language)
