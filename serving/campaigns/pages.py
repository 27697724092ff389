"""How far a campaign is: the sweep, the three checks, what is held to zero, what is left."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from risk.locale import text
from serving import formatting
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.campaigns.plans import plan_of, plans_of
from serving.campaigns.progress import Progress, groups
from serving.campaigns.queries import read_progress
from serving.campaigns.texts import scope_of, title_of, zero_name
from serving.campaigns.xlsx import campaign_xlsx
from serving.clock import now
from serving.http.dependencies import settings_of
from serving.watchlists.reader import reader_of
from serving.watchlists.repository import NothingPublished
from serving.web.render import page_language, render
from serving.web.responses import XLSX, attachment

router = APIRouter(include_in_schema=False)

PER_PAGE = 100

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Name = Annotated[str | None, Query(pattern=r"^[\w-]{1,40}$")]


@router.get("/campaign")
def campaign(request: Request, who: Reader, name: Name = None) -> Response:
    """How far a campaign is."""
    settings, language = settings_of(request), page_language(request)
    today = now().astimezone().date()
    try:
        found = _progress(request, who, name)
    except NothingPublished:
        return render(request, "nothing", who)
    plan, left = found.plan, found.left
    everywhere = text("briefing.everywhere", language)
    place = formatting.place(plan.region, settings.places) if plan.region else everywhere
    ten, fifty = groups(found.open)
    return render(
        request,
        "campaign",
        who,
        one=found,
        plan=plan,
        plans=[(each.name, title_of(each, language)) for each in plans_of(settings, today)],
        title=title_of(plan, language),
        scope=scope_of(plan, language, place),
        places=found.shares("region_code"),
        sectors=found.shares("sector"),
        zeros=[(zero_name(zero.name, language), zero) for zero in found.zeros],
        ten=ten,
        fifty=fifty,
        overdue=sum(each.overdue for each in found.open),
        left=left[:PER_PAGE],
        left_out=max(len(left) - PER_PAGE, 0),
        tab="campaign",
    )


@router.get("/campaign.xlsx")
def campaign_sheet(request: Request, who: Reader, name: Name = None) -> Response:
    """What is left to check, and the list of the campaign, as a workbook."""
    found = _progress(request, who, name)
    body = campaign_xlsx(found, page_language(request))
    return attachment(f"campaign-{found.until}.xlsx", XLSX, body)


def _progress(request: Request, who: Principal, name: str | None) -> Progress:
    settings, moment = settings_of(request), now()
    reader = reader_of(request)
    today = moment.astimezone().date()
    plan = plan_of(settings, name, reader.day(who, today))
    return read_progress(reader.database, settings, who, plan, today, moment)
