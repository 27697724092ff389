"""For those who answer for it: the model, what watches it, who did what, who may enter."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from serving.audit.repository import read_audit
from serving.auth.dependencies import may
from serving.auth.passwords import PasswordTooShort, hash_password
from serving.auth.principal import Principal
from serving.auth.repository import Grant, NameTaken, NameUnknown
from serving.auth.roles import Action, Role
from serving.db.pagination import Wanted
from serving.http.dependencies import PeopleOf
from serving.http.idempotency import now
from serving.jobs import service
from serving.jobs.repository import Job, list_jobs
from serving.models.repository import list_models, stored_model
from serving.watchlists.repository import WatchlistRepository
from serving.web.auth import Form
from serving.web.queries import Document, reading_of
from serving.web.render import page_language, render
from serving.web.writes import kept_by

router = APIRouter(include_in_schema=False)

PER_PAGE = 100
_CARD_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)
_CONTENDERS = ("model", "logistic", "scorecard", "rules", "last_inspection", "random")
_FIGURES = ("roc_auc", "average_precision", "precision_capacity", "lift_capacity")

Supervisor = Annotated[Principal, may(Action.READ_AUDIT)]
Runner = Annotated[Principal, may(Action.RUN_JOBS)]
Manager = Annotated[Principal, may(Action.MANAGE_PEOPLE)]


@router.get("/supervision")
def model(request: Request, who: Supervisor) -> Response:
    """The model in use: what it is, how it did, and the last check."""
    engine = reading_of(request).database.engine
    found = list_models(engine)
    champion = stored_model(engine, "champion") if found else None
    checks = [one for one in list_jobs(engine, who, Wanted(200)).items if one.kind == "check"]
    return render(
        request,
        "supervision",
        who,
        models=found,
        champion=champion,
        evidence=_evidence(champion.about) if champion else None,
        check=checks[0] if checks else None,
        report=_report(checks),
        tab="supervision",
    )


@router.get("/supervision/models/{version}/card")
def card(
    request: Request, version: str, who: Annotated[Principal, may(Action.READ_MODELS)]
) -> Response:
    """The model's card."""
    found = stored_model(reading_of(request).database.engine, version)
    body = found.card_html.get(page_language(request), "")
    return HTMLResponse(body, headers={"Content-Security-Policy": _CARD_POLICY})


@router.post("/supervision/check")
def check(request: Request, who: Runner) -> Response:
    """Ask for a check as of today's newest list."""
    reading = reading_of(request)
    as_of = WatchlistRepository(reading.database).latest_as_of()
    if as_of is None:
        return render(request, "said", who, status=422, said="refused")
    parameters = {"as_of": as_of.isoformat()}
    kept_by(
        request,
        reading.database,
        who,
        lambda connection: service.ask(connection, "check", parameters, "", who),
    )
    return render(request, "said", who, said="check_asked")


@router.get("/supervision/audit")
def audit(
    request: Request, who: Supervisor, cursor: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """Who did what, newest first."""
    engine = reading_of(request).database.engine
    found = read_audit(engine, who, Wanted(PER_PAGE, cursor))
    return render(request, "audit", who, entries=found.items, after=found.next, tab="audit")


@router.get("/supervision/people")
def everybody(request: Request, who: Supervisor, people: PeopleOf) -> Response:
    """Users and tokens."""
    return _everybody(request, who, people)


@router.post("/supervision/people")
def change(request: Request, who: Manager, people: PeopleOf, form: Form) -> Response:
    """Add a user or a token, or end one."""
    secret, failure = None, None
    try:
        secret = _changed(form, who, people)
    except (NameTaken, NameUnknown, PasswordTooShort) as error:
        failure = error.message(page_language(request))
    except ValueError:
        failure = "?"
    return _everybody(request, who, people, secret=secret, failure=failure)


def _changed(form: dict[str, str], who: Principal, people: PeopleOf) -> str | None:
    name, does = form.get("name", "")[:100], form.get("does")
    if does == "disable":
        people.disable_user(name, now())
    elif does == "revoke":
        people.revoke_token(name, now())
    elif does in ("add_user", "add_token") and name:
        region = form.get("region", "")
        if not (region.isdigit() or region == "") or not region.startswith(who.region):
            raise ValueError(region)
        grant = Grant(name, Role(form.get("role", "")), region, who.name, now())
        if does == "add_token":
            days = int(form.get("days") or 365)
            return people.add_token(grant, expires_at=now() + dt.timedelta(days=days))
        hashed = hash_password(form.get("password", ""))
        people.add_user(grant, password_hash=hashed, subject=None)
    else:
        raise ValueError(does)
    return None


def _everybody(
    request: Request,
    who: Principal,
    people: PeopleOf,
    secret: str | None = None,
    failure: str | None = None,
) -> Response:
    users = [one for one in people.users() if one.region.startswith(who.region)]
    tokens = [one for one in people.tokens() if one.region.startswith(who.region)]
    return render(
        request,
        "people",
        who,
        users=users,
        tokens=tokens,
        roles=[role.value for role in Role],
        secret=secret,
        failure=failure,
        now=now(),
        tab="people",
    )


def _evidence(about: Document) -> Document | None:
    """The backtest the gate saw: contenders by figure, and the calibration."""
    evidence = about.get("evidence")
    if not evidence or not evidence.get("figures"):
        return None
    figures = evidence["figures"]
    named = [one for one in _CONTENDERS if one in figures]
    shown = [name for name in _FIGURES if any(name in figures[one] for one in named)]
    return {
        "months": evidence["months"],
        "contenders": [(one, [figures[one].get(name) for name in shown]) for one in named],
        "figures": shown,
        "bins": [bin for bin in (evidence.get("calibration") or {}).get("bins", ()) if bin["rows"]],
        "checks": evidence.get("gate", {}).get("checks", ()),
    }


def _report(checks: list[Job]) -> Document | None:
    done = next((one for one in checks if one.state == "done" and one.result), None)
    return done.result if done else None
