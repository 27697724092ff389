"""Page of deposit advice and expiring deposits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.deposits.service import DepositFilter, deposits_of, each_deposit
from serving.deposits.xlsx import days_left_text, deposits_xlsx, history_text, share_text
from serving.http.dependencies import settings_of
from serving.watchlists.reader import reader_of
from serving.watchlists.repository import ListSummary
from serving.web.render import page_language, render
from serving.web.responses import XLSX, attached_file

router = APIRouter(include_in_schema=False)

MOST = 100
Reader = Annotated[Principal, require(Permission.READ_PROJECTS)]
Step = Annotated[str, Query(pattern="^(|raise|keep|lower|exempt|no_table)$")]


@router.get("/deposits")
def deposits(
    request: Request,
    principal: Reader,
    step: Step = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show the tables of the newest list."""
    summary = _newest(request, principal)
    if summary is None:
        return render(request, "nothing", principal)
    days = settings_of(request).deposits.warn_days
    wanted = DepositFilter(days, step=step, q=q, most=MOST)
    found = deposits_of(reader_of(request).database, principal, summary, wanted)
    return render(
        request,
        "deposits",
        principal,
        as_of=summary.as_of,
        rows=found.advice,
        found=found.counts["advice"],
        ending=found.ending,
        endings=found.counts["ending"],
        returns=found.returns,
        returned=found.counts["returns"],
        share=share_text,
        days=days,
        step=step,
        q=q,
        history=lambda row: history_text(row, page_language(request)),
        left=lambda row: days_left_text(row, page_language(request)),
    )


@router.get("/deposits.xlsx")
def deposits_workbook(request: Request, principal: Reader) -> Response:
    """Return the tables as a workbook."""
    summary = _newest(request, principal)
    if summary is None:
        return render(request, "nothing", principal)
    wanted = DepositFilter(settings_of(request).deposits.warn_days)
    rows = each_deposit(reader_of(request).database, principal, summary, wanted)
    body = deposits_xlsx(rows, page_language(request), summary.as_of)
    return attached_file(f"deposits-{summary.as_of}.xlsx", XLSX, body)


def _newest(request: Request, principal: Principal) -> ListSummary | None:
    chosen = reader_of(request).choose(request, principal, None, None)
    return chosen.summary if chosen else None
