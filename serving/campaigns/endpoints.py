"""/v1/campaigns: campaigns, their progress, and unchecked projects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request

from risk.flags.grades import Grade
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.campaigns.plans import get_plan, list_plans
from serving.campaigns.queries import read_status
from serving.campaigns.schemas import Campaign, CampaignProgress, SweptShare, Unchecked, ZeroTarget
from serving.campaigns.status import CampaignStatus
from serving.campaigns.texts import campaign_title
from serving.clock import now, office_date, today
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
def list_campaigns(request: Request, principal: Reader) -> Page[Campaign]:
    """Campaigns, newest first."""
    settings = settings_of(request)
    plans = list_plans(settings, today())
    return Page(items=[_to_schema(plan, settings) for plan in plans], next=None)


@router.get("/{name}/progress")
def get_progress(
    request: Request, database: DatabaseDep, principal: Reader, name: Name
) -> CampaignProgress:
    """Progress of a campaign."""
    settings = settings_of(request)
    found = _status(request, database, principal, name)
    recovered = found.recovered()
    return CampaignProgress(
        campaign=_to_schema(found.plan, settings),
        as_of=found.as_of,
        until=found.until,
        projects=len(found.projects),
        checked=len(found.checked),
        unplaced=found.unplaced,
        unplaced_matters=found.unplaced_matters,
        cases_outside=found.cases_outside,
        places=[SweptShare(**asdict(share)) for share in found.shares("region_code")],
        sectors=[SweptShare(**asdict(share)) for share in found.shares("sector")],
        signs=len(found.signs),
        people_signs=len(found.with_grade(Grade.PEOPLE)),
        money_signs=len(found.with_grade(Grade.MONEY)),
        old_cases=len(found.old_cases),
        public=len(found.public),
        public_unpaid=len(found.public_unpaid),
        found=len(found.found),
        open=len(found.open),
        overdue=sum(state.overdue for state in found.open),
        closed=len(found.closed),
        recovered=None if recovered is None else recovered / 100,
        zero=[
            ZeroTarget(
                name=target.name,
                matters=[each.matter.key for each in target.against],
                unknown=target.unknown,
            )
            for target in found.zeros
        ],
    )


@router.get("/{name}/unchecked")
def list_unchecked(
    request: Request,
    database: DatabaseDep,
    principal: Reader,
    name: Name,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> Page[Unchecked]:
    """Unchecked projects in scope, highest risk first."""
    left = _status(request, database, principal, name).left
    start = int(cursor or 0)
    rows = left[start : start + limit]
    fields = Unchecked.model_fields
    items = [Unchecked(**{field: row[field] for field in fields}) for row in rows]
    end = start + len(rows)
    return Page(items=items, next=str(end) if end < len(left) else None)


def _status(
    request: Request, database: Database, principal: Principal, name: str
) -> CampaignStatus:
    settings, moment = settings_of(request), now()
    today = office_date(moment)
    plan = get_plan(settings, name, today)
    return read_status(database, settings, principal, plan, today, moment)


def _to_schema(plan: CampaignPlan, settings: Settings) -> Campaign:
    values = plan.model_dump()
    return Campaign(**{**values, "title": campaign_title(plan, settings.language)})
