"""/v1/deposits: rate advice per contractor, and deposits that expire."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.deposits.schemas import DepositAdvice, DepositReturn, Deposits, EndingDeposit
from serving.deposits.service import advice_rows, ending_rows, fen_to_yuan, return_rows
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.parameters import AsOfQuery
from serving.http.problems import RESPONSES
from serving.watchlists.repository import WatchlistRepository, closest_list
from serving.watchlists.snapshot_repository import load_register

router = APIRouter(prefix="/v1/deposits", tags=["deposits"], responses=RESPONSES)


_ADDED_LATER: dict[str, object] = {"share_to": None, "cap": None, "short_projects": []}
"""Fields of an advice that lists published before do not have."""


@router.get("")
def get_deposits(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_PROJECTS)],
    region: Annotated[str, Query(pattern=r"^(\d{1,12})?$")] = "",
    as_of: AsOfQuery = None,
) -> Deposits:
    """Deposit advice, expiring deposits, and deposits to be returned."""
    days = settings_of(request).deposits.warn_days
    lists = [
        summary
        for summary in WatchlistRepository(database).summaries(principal)
        if as_of in (None, summary.as_of)
    ]
    chosen = closest_list(lists, principal)
    if chosen is None:
        return Deposits(as_of=None, warn_days=days, items=[], ending=[], returns=[])
    kept = load_register(database.engine, chosen.as_of, chosen.region, principal)
    found = kept.document.get("deposits", {}) if kept else {}
    ending = [fen_to_yuan(row) for row in ending_rows(found, principal, days, region)]
    return Deposits(
        as_of=chosen.as_of,
        warn_days=days,
        items=[
            DepositAdvice.model_validate({**_ADDED_LATER, **fen_to_yuan(row)})
            for row in advice_rows(found, principal, region)
        ],
        ending=[EndingDeposit.model_validate(row) for row in ending],
        returns=[
            DepositReturn.model_validate(fen_to_yuan(row))
            for row in return_rows(found, principal, region)
        ],
    )
