"""Page of one matter: assignment, deadline, statutory clock, duty checks, steps, second look."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from risk.contract import TABLES
from risk.errors import WagewatchError
from risk.locale import text
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now, office_date
from serving.errors import page_message
from serving.http.dependencies import settings_of
from serving.matters.choices import assignees
from serving.matters.pages import parse_day, require_not_past, step_response
from serving.matters.queries import current_states, matter_state
from serving.matters.repository import REASONS, RECHECKS
from serving.matters.rules import matter_rules
from serving.matters.stages import STAGES
from serving.matters.steps import DUTY_FOUND, NewMatter, StepInvalid, open_manually
from serving.matters.sync import sync_from_lists
from serving.watchlists.reader import reader_of
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

Reader = Annotated[Principal, require(Permission.READ_OUTCOMES)]
Writer = Annotated[Principal, require(Permission.WRITE_NOTES)]


@router.get("/matters/{matter:path}")
def matter_page(request: Request, matter: str, principal: Reader) -> Response:
    """Show one matter."""
    rules, moment = matter_rules(settings_of(request).matters), now()
    database, language = reader_of(request).database, page_language(request)
    sync_from_lists(database, rules, moment)
    found = matter_state(database, rules, principal, matter, office_date(moment))
    every = current_states(database, settings_of(request), principal, office_date(moment), moment)
    return render(
        request,
        "matter",
        principal,
        one=found,
        choices=assignees(database, principal, every),
        today=office_date(moment),
        facts=found.matter.facts,
        duty=lambda code: text(f"flags.{code}.title", language),
        check=lambda code: text(f"flags.{code}.check", language),
        reasons=REASONS,
        outcomes=RECHECKS,
        found_codes=DUTY_FOUND,
        stages=STAGES,
        tables=tuple(TABLES),
    )


@router.post("/matters")
def open_matter(request: Request, principal: Writer, form: Form) -> Response:
    """Open a matter manually."""
    made: list[Any] = []
    try:
        hand = _new_matter(form)
        require_not_past(hand.due_on, office_date(now()))
        write_audited(
            request,
            reader_of(request).database,
            principal,
            lambda connection: made.append(open_manually(connection, principal, hand, now())),
        )
    except WagewatchError as error:
        message = page_message(error, page_language(request))
        return render(request, "refused", principal, status=422, message=message)
    answer = render(request, "said", principal, said="steps.opened")
    answer.headers["HX-Redirect"] = f"/matters/{made[0].key}"
    return answer


@router.post("/matters/{matter:path}")
def take_step(request: Request, matter: str, principal: Writer, form: Form) -> Response:
    """Apply a step and reload the page."""
    answer = step_response(request, matter, principal, form)
    if answer.status_code == HTTPStatus.OK:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _new_matter(form: dict[str, str]) -> NewMatter:
    """Read a new matter from a form.

    Raises:
        StepInvalid: name, region or reason is missing, or a number is invalid.
    """
    for name in ("name", "region_code", "text"):
        if not form.get(name):
            raise StepInvalid(step="opened", found="", allowed=name)
    code, workers = form["region_code"], form.get("workers", "")
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 12):
        raise StepInvalid(step="opened", found=code[:50], allowed="region_code")
    if workers and not (workers.isascii() and workers.isdigit() and len(workers) < 7):
        raise StepInvalid(step="opened", found=workers[:50], allowed="workers")
    return NewMatter(
        name=form["name"][:200],
        region_code=code,
        text=form["text"][:2000],
        project_id=form.get("project_id", "")[:200] or None,
        org_id=form.get("org_id", "")[:200] or None,
        workers=int(workers) if workers else None,
        due_on=parse_day(form.get("due_on")),
    )
