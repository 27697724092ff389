"""Stores and reads the states of red flags."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus

from sqlalchemy import Connection

from risk.flags.grades import read_grades
from risk.intake.personal_numbers import mask_personal_numbers
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.clock import now, today
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.errors import ApiError
from serving.flag_states.repository import (
    FlagStateRow,
    add_flag_state,
    list_flag_states,
    newest_flag_states,
)
from serving.flag_states.schemas import FlagState, FlagStateIn
from serving.http.schemas import Page


class FlagUnknown(ApiError):
    """No red flag has this code."""

    code = "flag_unknown"
    status = HTTPStatus.NOT_FOUND


def create(
    connection: Connection, principal: Principal, project_id: str, given: FlagStateIn
) -> FlagState:
    """Store a state of a red flag. Personal numbers in its texts are masked.

    Raises:
        ProjectUnknown: the project is not known in the region.
        FlagUnknown: no red flag has this code.
    """
    if given.code not in read_grades():
        raise FlagUnknown(found=given.code, allowed=", ".join(read_grades()))
    row = FlagStateRow(
        project_id=project_id,
        region_code=region_of(connection, project_id, principal),
        code=given.code,
        state=given.state,
        reason=_masked(given.reason),
        until=given.until,
        statement=_masked(given.statement),
        objection=_masked(given.objection),
        set_by=principal.name,
        set_at=now(),
    )
    add_flag_state(connection, row)
    return to_schema(row, today())


def list_(
    database: Database, principal: Principal, project_id: str, request: PageRequest
) -> Page[FlagState]:
    """Return a page of all states of a project, oldest first."""
    found = list_flag_states(database.engine, project_id, principal, request)
    after = None if found.next is None else str(found.next)
    return Page(items=[to_schema(row, today()) for row in found.items], next=after)


def current_states(
    database: Database, principal: Principal, project_id: str, on: dt.date
) -> dict[str, FlagState]:
    """Return the newest state of each red flag of a project by code, lapsed ones too."""
    found = newest_flag_states(database.engine, principal, project_id)
    return {code: to_schema(row, on) for (_, code), row in found.items()}


def set_aside(database: Database, principal: Principal, on: dt.date) -> frozenset[tuple[str, str]]:
    """Return the (project_id, code) of red flags explained or not applicable on ``on``."""
    return frozenset(
        key
        for key, row in newest_flag_states(database.engine, principal).items()
        if row.state in ("explained", "not_applicable") and not row.has_lapsed(on)
    )


def to_schema(row: FlagStateRow, on: dt.date) -> FlagState:
    """Return the schema of a state as of ``on``."""
    values = {name: getattr(row, name) for name in FlagState.model_fields if name != "lapsed"}
    return FlagState.model_validate({**values, "lapsed": row.has_lapsed(on)})


def _masked(text: str | None) -> str | None:
    return None if text is None else mask_personal_numbers(text)
