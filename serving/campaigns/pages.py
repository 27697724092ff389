"""Page of a campaign: sweep, the three checks, zero targets and unchecked projects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from risk.locale import text
from serving import formatting
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.campaigns.plans import get_plan, list_plans
from serving.campaigns.queries import read_status
from serving.campaigns.status import CampaignStatus, count_large_groups
from serving.campaigns.texts import campaign_title, scope_text, zero_target_label
from serving.campaigns.xlsx import campaign_xlsx
from serving.clock import now, office_date, today
from serving.http.dependencies import settings_of
from serving.watchlists.reader import reader_of
from serving.watchlists.repository import NothingPublished
from serving.web.render import page_language, render
from serving.web.responses import XLSX, attached_file

router = APIRouter(include_in_schema=False)

PER_PAGE = 100

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Name = Annotated[str | None, Query(pattern=r"^[\w-]{1,40}$")]


@router.get("/campaign")
def campaign(request: Request, principal: Reader, name: Name = None) -> Response:
    """Show the progress of a campaign."""
    settings, language = settings_of(request), page_language(request)
    try:
        found = _status(request, principal, name)
    except NothingPublished:
        return render(request, "nothing", principal)
    plan, left, plans = found.plan, found.left, list_plans(settings, today())
    everywhere = text("briefing.everywhere", language)
    place = formatting.region_name(plan.region, settings.places) if plan.region else everywhere
    ten, fifty = count_large_groups(found.open)
    return render(
        request,
        "campaign",
        principal,
        one=found,
        plan=plan,
        plans=[(each.name, campaign_title(each, language)) for each in plans],
        title=campaign_title(plan, language),
        scope=scope_text(plan, language, place),
        places=found.shares("region_code"),
        sectors=found.shares("sector"),
        zeros=[(zero_target_label(zero.name, language), zero) for zero in found.zeros],
        ten=ten,
        fifty=fifty,
        overdue=sum(each.overdue for each in found.open),
        left=left[:PER_PAGE],
        left_out=max(len(left) - PER_PAGE, 0),
        tab="campaign",
    )


@router.get("/campaign.xlsx")
def campaign_sheet(request: Request, principal: Reader, name: Name = None) -> Response:
    """Return unchecked and listed projects of the campaign as a workbook."""
    found = _status(request, principal, name)
    body = campaign_xlsx(found, page_language(request))
    return attached_file(f"campaign-{found.until}.xlsx", XLSX, body)


def _status(request: Request, principal: Principal, name: str | None) -> CampaignStatus:
    settings, moment = settings_of(request), now()
    reader = reader_of(request)
    today = office_date(moment)
    plan = get_plan(settings, name, reader.day(principal, today))
    return read_status(reader.database, settings, principal, plan, today, moment)
