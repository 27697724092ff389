"""Page of deposit advice and expiring deposits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.deposits.service import advice_rows, ending_rows
from serving.deposits.xlsx import history_text
from serving.http.dependencies import settings_of
from serving.watchlists.reader import reader_of
from serving.watchlists.snapshot_repository import register
from serving.web.render import page_language, render
from serving.web.responses import XLSX, attachment

router = APIRouter(include_in_schema=False)

MOST = 200
Reader = Annotated[Principal, require(Permission.READ_PROJECTS)]
Step = Annotated[str, Query(pattern="^(|raise|keep|lower|exempt|no_table)$")]


@router.get("/deposits")
def deposits(
    request: Request, who: Reader, step: Step = "", q: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Show both tables of the newest list."""
    found = _found(request, who)
    if found is None:
        return render(request, "nothing", who)
    as_of, advice, ending = found
    rows = [
        one
        for one in advice
        if step in ("", one["step"] or "no_table")
        and q.strip().casefold()
        in f"{one['contractor_name'] or ''} {one['contractor_id']}".casefold()
    ]
    return render(
        request,
        "deposits",
        who,
        as_of=as_of,
        rows=rows[:MOST],
        found=len(rows),
        ending=ending[:MOST],
        endings=len(ending),
        days=settings_of(request).deposits.warn_days,
        step=step,
        q=q,
        told=lambda row: history_text(row, page_language(request)),
    )


@router.get("/deposits.xlsx")
def deposits_workbook(request: Request, who: Reader) -> Response:
    """Return both tables as a workbook."""
    from serving.deposits.xlsx import deposits_xlsx

    found = _found(request, who)
    if found is None:
        return render(request, "nothing", who)
    as_of, advice, ending = found
    return attachment(
        f"deposits-{as_of}.xlsx", XLSX, deposits_xlsx(advice, ending, page_language(request))
    )


def _found(request: Request, who: Principal) -> tuple[Any, list[Any], list[Any]] | None:
    reader = reader_of(request)
    chosen = reader.choose(request, who, None, None)
    if chosen is None:
        return None
    one = chosen.summary
    kept = register(reader.database.engine, one.as_of, one.region, who)
    rows = kept.document.get("deposits", {}) if kept else {}
    days = settings_of(request).deposits.warn_days
    return one.as_of, advice_rows(rows, who), ending_rows(rows, who, days)
