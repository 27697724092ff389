"""/v1/deposits: rate advice per contractor, and deposits that expire."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.deposits.schemas import DepositAdvice, DepositReturn, Deposits, EndingDeposit
from serving.deposits.service import DepositFilter, deposits_of, fen_to_yuan
from serving.http.dependencies import DatabaseDep, settings_of
from serving.http.parameters import AsOfQuery, CursorQuery, LimitQuery
from serving.http.problems import RESPONSES
from serving.watchlists.repository import WatchlistRepository, closest_list

router = APIRouter(prefix="/v1/deposits", tags=["deposits"], responses=RESPONSES)


_ADDED_LATER: dict[str, object] = {"share_to": None, "cap": None, "short_projects": []}
"""Fields of an advice that lists published before do not have."""

_LARGEST_OFFSET = 2**31 - 1


@router.get("")
def get_deposits(
    request: Request,
    database: DatabaseDep,
    principal: Annotated[Principal, require(Permission.READ_PROJECTS)],
    region: Annotated[str, Query(pattern=r"^(\d{1,12})?$")] = "",
    as_of: AsOfQuery = None,
    limit: LimitQuery | None = None,
    cursor: CursorQuery = None,
) -> Deposits:
    """Deposit advice, expiring deposits, and deposits to be returned.

    With ``limit`` at most so many of each, and ``next`` is the cursor of the following ones.
    """
    days = settings_of(request).deposits.warn_days
    lists = [
        summary
        for summary in WatchlistRepository(database).summaries(principal)
        if as_of in (None, summary.as_of)
    ]
    chosen = closest_list(lists, principal)
    if chosen is None:
        return Deposits(as_of=None, warn_days=days, items=[], ending=[], returns=[], next=None)
    skip = min(int(cursor or 0), _LARGEST_OFFSET)
    wanted = DepositFilter(days, region, most=limit, skip=skip)
    found = deposits_of(database, principal, chosen, wanted)
    end = None if limit is None else skip + limit
    more = end is not None and any(count > end for count in found.counts.values())
    return Deposits(
        as_of=chosen.as_of,
        warn_days=days,
        items=[
            DepositAdvice.model_validate({**_ADDED_LATER, **fen_to_yuan(row)})
            for row in found.advice
        ],
        ending=[EndingDeposit.model_validate(fen_to_yuan(row)) for row in found.ending],
        returns=[DepositReturn.model_validate(fen_to_yuan(row)) for row in found.returns],
        next=str(end) if more else None,
    )
