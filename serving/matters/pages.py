"""Pages that list matters and second looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from risk.errors import WagewatchError
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now, office_date, today
from serving.errors import page_message
from serving.http.dependencies import settings_of
from serving.matters.choices import assignees
from serving.matters.queries import (
    STATES,
    MatterFilter,
    count_by_unit,
    current_states,
    filter_states,
    is_in_state,
    unlisted_cases,
)
from serving.matters.repository import KINDS, STEPS
from serving.matters.rules import matter_rules
from serving.matters.state import LARGE, MatterState
from serving.matters.steps import DeadlinePast, StepInvalid, StepRequest, apply_step
from serving.matters.xlsx import matters_xlsx
from serving.watchlists.reader import reader_of
from serving.web.page_numbers import shown_page
from serving.web.region_choices import region_choices
from serving.web.render import page_language, render
from serving.web.requests import Form
from serving.web.responses import XLSX, attached_file

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
SHORTEST_REGION = 6
"""Digits of the region of a matter: a county, or below."""

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Writer = Annotated[Principal, require(Permission.WRITE_NOTES)]
State = Annotated[str, Query(pattern=f"^({'|'.join(STATES)})$")]
Kind = Annotated[str, Query(pattern=f"^(|{'|'.join(KINDS)})$")]
Unit = Annotated[str, Query(max_length=100)]
LargeOnly = Annotated[int, Query(ge=0, le=1)]


@dataclass(frozen=True)
class LedgerFilter:
    """Filters of the list of matters; empty for any."""

    state: State = "open"
    kind: Kind = ""
    unit: Unit = ""
    large: LargeOnly = 0


Narrow = Annotated[LedgerFilter, Depends()]


@router.get("/ledger")
def ledger(
    request: Request,
    principal: Reader,
    narrow: Narrow,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """List matters with their assignment and deadline."""
    chosen = reader_of(request).choose(request, principal, None, None)
    every = _standings(request, principal)
    if chosen is None and not every:
        return render(request, "nothing", principal)
    found = _chosen(every, narrow)
    page = shown_page(page, len(found), PER_PAGE)
    start = (page - 1) * PER_PAGE
    return render(
        request,
        "ledger",
        principal,
        as_of=chosen.summary.as_of if chosen else None,
        matters=found[start : start + PER_PAGE],
        found=len(found),
        more=len(found) > start + PER_PAGE,
        page=page,
        counts={name: sum(is_in_state(state, name) for state in every) for name in STATES},
        units=sorted({state.unit for state in every if state.unit}),
        tallies=count_by_unit(every, today().replace(day=1), today() + dt.timedelta(days=1)),
        kinds=("", *KINDS),
        choices=assignees(reader_of(request).database, principal, every),
        regions=[one for one in _regions(request, principal) if len(one[0]) >= SHORTEST_REGION],
        today=today(),
        **asdict(narrow),
        tab="ledger",
    )


@router.get("/ledger.xlsx")
def ledger_xlsx(
    request: Request,
    principal: Reader,
    narrow: Narrow,
) -> Response:
    """Return the same matters as a workbook."""
    found = _chosen(_standings(request, principal), narrow)
    body = matters_xlsx(found, page_language(request), today())
    return attached_file(f"matters-{today()}.xlsx", XLSX, body)


@router.post("/ledger/{matter:path}")
def take_quick_step(request: Request, matter: str, principal: Writer, form: Form) -> Response:
    """Assign, note, close or reopen a matter from the list."""
    given = {"reason": "other", **form} if form.get("step") == "closed" else form
    if form.get("step") == "closed" and form.get("text"):
        # The short form has one text field; it also gives the reason for unchecked duties.
        given = {"unchecked": form["text"], **given}
    return step_response(request, matter, principal, given)


def step_response(
    request: Request, matter: str, principal: Principal, form: dict[str, str]
) -> Response:
    """Apply the step of a form and return the message to show."""
    rules, moment = matter_rules(settings_of(request).matters), now()
    try:
        wanted = step_request(form)
        require_not_past(wanted.due_on, office_date(moment))
        write_audited(
            request,
            reader_of(request).database,
            principal,
            lambda connection: apply_step(connection, principal, matter, wanted, rules, moment),
        )
    except WagewatchError as error:
        message = page_message(error, page_language(request))
        return render(request, "refused", principal, status=422, message=message)
    return render(request, "said", principal, said=f"steps.{wanted.step}")


def step_request(form: dict[str, str]) -> StepRequest:
    """Read a step from a form.

    Raises:
        StepInvalid: the step is unknown or a date is invalid.
    """
    step = next((step for step in STEPS if step == form.get("step")), None)
    if step is None:
        raise StepInvalid(step="?", found=form.get("step", ""), allowed=", ".join(STEPS))
    due_on, on = parse_day(form.get("due_on")), parse_day(form.get("on"))
    if form.get("due_on") and due_on is None:
        raise StepInvalid(step=step, found=form["due_on"], allowed="YYYY-MM-DD")
    short = {name: form.get(name, "")[:100] or None for name in ("person", "unit", "duty", "found")}
    long = {name: form.get(name, "")[:2000] or None for name in ("text", "unchecked")}
    codes = {name: form.get(name) or None for name in ("reason", "outcome", "stage")}
    names = ("table", "record_id", "file", "sha256")
    evidence = {name: form[name][:200] for name in names if form.get(name)}
    return StepRequest(
        step, due_on=due_on, on=on, evidence=evidence or None, **short, **long, **codes
    )


def require_not_past(day: dt.date | None, today: dt.date) -> None:
    """Check that a deadline from a form, if any, is not before ``today``.

    Raises:
        DeadlinePast: it is.
    """
    if day is not None and day < today:
        raise DeadlinePast(day=day, today=today)


def parse_day(value: str | None) -> dt.date | None:
    """Parse a date of a form; None if it is empty or invalid."""
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        return None


@router.get("/revisits")
def revisits(request: Request, principal: Reader) -> Response:
    """List closed matters due for a second look."""
    chosen = reader_of(request).choose(request, principal, None, None)
    every = _standings(request, principal)
    if chosen is None and not every:
        return render(request, "nothing", principal)
    rows = [(state, state.second_look) for state in every if state.second_look]
    rows.sort(key=lambda row: (row[1].outcome is not None, row[1].day, row[0].matter.number))
    return render(
        request,
        "revisits",
        principal,
        rows=rows[: 2 * PER_PAGE],
        found=len(rows),
        due=sum(look.overdue for _, look in rows),
        done=sum(look.outcome is not None for _, look in rows),
        tab="revisits",
        days=settings_of(request).matters.recheck_days,
    )


@router.get("/unlisted")
def unlisted(request: Request, principal: Reader) -> Response:
    """List transferred cases whose unit is not on the sanction list."""
    found = unlisted_cases(reader_of(request).database, principal)
    rows = found[: 2 * PER_PAGE]
    return render(request, "unlisted", principal, rows=rows, found=len(found), tab="unlisted")


def _standings(request: Request, principal: Principal) -> list[MatterState]:
    settings, moment = settings_of(request), now()
    return current_states(reader_of(request).database, settings, principal, today(), moment)


def _regions(request: Request, principal: Principal) -> list[tuple[str, str]]:
    engine = reader_of(request).database.engine
    return region_choices(engine, principal, settings_of(request).places)


def _chosen(every: Sequence[MatterState], narrow: LedgerFilter) -> list[MatterState]:
    least = LARGE if narrow.large else None
    wanted = MatterFilter(
        narrow.state, narrow.kind or None, narrow.unit or None, least_workers=least
    )
    found = filter_states(every, wanted)
    if narrow.state == "closed":
        found.sort(
            key=lambda state: (state.closed_on or dt.date.min, state.matter.number), reverse=True
        )
    else:
        found.sort(
            key=lambda state: (state.due.day if state.due else dt.date.max, state.matter.number)
        )
    return found
