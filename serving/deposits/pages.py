"""Page of deposit advice and expiring deposits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.deposits.service import advice_rows, ending_rows, return_rows
from serving.deposits.xlsx import history_text, share_text
from serving.http.dependencies import settings_of
from serving.watchlists.reader import reader_of
from serving.watchlists.snapshot_repository import load_register
from serving.web.render import page_language, render
from serving.web.responses import XLSX, attachment

router = APIRouter(include_in_schema=False)

MOST = 200
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
    found = _found(request, principal)
    if found is None:
        return render(request, "nothing", principal)
    as_of, advice, ending, returns = found
    rows = [
        row
        for row in advice
        if step in ("", row["step"] or "no_table")
        and q.strip().casefold()
        in f"{row['contractor_name'] or ''} {row['contractor_id']}".casefold()
    ]
    return render(
        request,
        "deposits",
        principal,
        as_of=as_of,
        rows=rows[:MOST],
        found=len(rows),
        ending=ending[:MOST],
        endings=len(ending),
        returns=returns[:MOST],
        returned=len(returns),
        share=share_text,
        days=settings_of(request).deposits.warn_days,
        step=step,
        q=q,
        told=lambda row: history_text(row, page_language(request)),
    )


@router.get("/deposits.xlsx")
def deposits_workbook(request: Request, principal: Reader) -> Response:
    """Return the tables as a workbook."""
    from serving.deposits.xlsx import deposits_xlsx

    found = _found(request, principal)
    if found is None:
        return render(request, "nothing", principal)
    as_of, advice, ending, returns = found
    body = deposits_xlsx(advice, ending, page_language(request), returns)
    return attachment(f"deposits-{as_of}.xlsx", XLSX, body)


def _found(
    request: Request, principal: Principal
) -> tuple[Any, list[Any], list[Any], list[Any]] | None:
    reader = reader_of(request)
    chosen = reader.choose(request, principal, None, None)
    if chosen is None:
        return None
    summary = chosen.summary
    kept = load_register(reader.database.engine, summary.as_of, summary.region, principal)
    rows = kept.document.get("deposits", {}) if kept else {}
    days = settings_of(request).deposits.warn_days
    ending = ending_rows(rows, principal, days)
    return summary.as_of, advice_rows(rows, principal), ending, return_rows(rows, principal)
