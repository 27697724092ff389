"""/v1/campaigns: what campaigns are set, how far each is, and what is left to check."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.campaigns.plans import plan_of, plans_of
from serving.campaigns.progress import Progress
from serving.campaigns.queries import read_progress
from serving.campaigns.schemas import Campaign, CampaignProgress, SweptShare, Unchecked, ZeroTarget
from serving.campaigns.texts import title_of
from serving.clock import now
from serving.db.database import Database
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.parameters import CursorQuery, LimitQuery
from serving.http.problems import RESPONSES
from serving.http.schemas import Page
from serving.settings import CampaignPlan, Settings

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"], responses=RESPONSES)

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Name = Annotated[str, Path(pattern=r"^[\w-]{1,40}$", description="api.parameters.campaign_name")]


@router.get("")
def list_campaigns(request: Request, who: Reader) -> Page[Campaign]:
    """Campaigns, newest first."""
    settings = settings_of(request)
    plans = plans_of(settings, now().astimezone().date())
    return Page(items=[_told(one, settings) for one in plans], next=None)


@router.get("/{name}/progress")
def get_progress(
    request: Request, database: DatabaseDep, who: Reader, name: Name
) -> CampaignProgress:
    """Progress of a campaign."""
    settings = settings_of(request)
    found = _progress(request, database, who, name)
    return CampaignProgress(
        campaign=_told(found.plan, settings),
        as_of=found.as_of,
        until=found.until,
        projects=len(found.projects),
        checked=len(found.checked),
        unplaced=found.unplaced,
        unplaced_matters=found.unplaced_matters,
        cases_outside=found.cases_outside,
        places=[SweptShare(**asdict(one)) for one in found.shares("region_code")],
        sectors=[SweptShare(**asdict(one)) for one in found.shares("sector")],
        signs=len(found.signs),
        old_cases=len(found.old_cases),
        public=len(found.public),
        public_unpaid=len(found.public_unpaid),
        found=len(found.found),
        open=len(found.open),
        overdue=sum(one.overdue for one in found.open),
        closed=len(found.closed),
        recovered=found.recovered() / 100,
        zero=[
            ZeroTarget(
                name=one.name,
                matters=[each.matter.key for each in one.against],
                unknown=one.unknown,
            )
            for one in found.zeros
        ],
    )


@router.get("/{name}/unchecked")
def list_unchecked(
    request: Request,
    database: DatabaseDep,
    who: Reader,
    name: Name,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Unchecked]:
    """Projects in scope not yet checked, by probability."""
    left = _progress(request, database, who, name).left
    start = int(cursor or 0)
    rows = left[start : start + limit]
    fields = Unchecked.model_fields
    items = [Unchecked(**{field: row[field] for field in fields}) for row in rows]
    end = start + len(rows)
    return Page(items=items, next=str(end) if end < len(left) else None)


def _progress(request: Request, database: Database, who: Principal, name: str) -> Progress:
    settings, moment = settings_of(request), now()
    today = moment.astimezone().date()
    plan = plan_of(settings, name, today)
    return read_progress(database, settings, who, plan, today, moment)


def _told(plan: CampaignPlan, settings: Settings) -> Campaign:
    values = plan.model_dump()
    return Campaign(**{**values, "title": title_of(plan, settings.language)})
