"""/supervision: the model in use, its card and its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.pagination import PageRequest
from serving.jobs import service
from serving.jobs.repository import Job, list_jobs
from serving.models.repository import list_models, stored_model
from serving.models.trust import calibration_plot, hit_rates, list_changes, precision_plot
from serving.watchlists.reader import ChosenList, Document, reader_of
from serving.watchlists.repository import WatchlistRepository
from serving.web.render import page_language, render

router = APIRouter(include_in_schema=False)

_CARD_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)
_CONTENDERS = ("model", "logistic", "scorecard", "rules", "last_inspection", "random")
_FIGURES = ("roc_auc", "average_precision", "precision_capacity", "lift_capacity")

Supervisor = Annotated[Principal, require(Permission.CHANGE_MODELS)]
Runner = Annotated[Principal, require(Permission.RUN_JOBS)]


@router.get("/supervision")
def model(request: Request, principal: Supervisor) -> Response:
    """The model in use, its evaluation and the last check."""
    engine = reader_of(request).database.engine
    found = list_models(engine)
    champion = stored_model(engine, "champion") if found else None
    checks = list_jobs(engine, principal, PageRequest(200), ["check"]).items
    evidence = _evidence(champion.about) if champion else None
    backtest = champion.about["evidence"] if champion and evidence else None
    chosen = reader_of(request).choose(request, principal, None, None)
    return render(
        request,
        "supervision",
        principal,
        models=found,
        champion=champion,
        evidence=evidence,
        hits=hit_rates(backtest) if backtest else None,
        calibration=calibration_plot(backtest) if backtest else None,
        precision=precision_plot(backtest) if backtest else None,
        chosen=chosen,
        changes=_changes(chosen) if chosen else None,
        check=checks[0] if checks else None,
        report=_report(checks),
        tab="supervision",
    )


@router.get("/supervision/models/{version}/card")
def card(
    request: Request, version: str, principal: Annotated[Principal, require(Permission.READ_MODELS)]
) -> Response:
    """The model's card."""
    found = stored_model(reader_of(request).database.engine, version)
    body = found.card_html.get(page_language(request), "")
    return HTMLResponse(body, headers={"Content-Security-Policy": _CARD_POLICY})


@router.get("/supervision/models/{version}/register-entry")
def register_entry(
    request: Request, version: str, principal: Annotated[Principal, require(Permission.READ_MODELS)]
) -> Response:
    """The model's entry in a register of algorithms."""
    from serving.models.card.register_entry import RegisteredModel, render_register_entry

    engine = reader_of(request).database.engine
    found = stored_model(engine, version)
    model = RegisteredModel(
        found.version,
        found.kind,
        "employer" if found.version.startswith("employer-") else "project",
        found.trained_at,
        found.about,
        in_use=found.version == stored_model(engine, "champion").version,
    )
    body = render_register_entry(model, page_language(request), "html")
    return HTMLResponse(body, headers={"Content-Security-Policy": _CARD_POLICY})


@router.post("/supervision/check")
def check(request: Request, principal: Runner) -> Response:
    """Queue a check as of the newest list."""
    reader = reader_of(request)
    as_of = WatchlistRepository(reader.database).latest_as_of()
    if as_of is None:
        return render(request, "said", principal, status=422, said="refused")
    parameters = {"as_of": as_of.isoformat()}
    write_audited(
        request,
        reader.database,
        principal,
        lambda connection: service.queue(connection, "check", parameters, "", principal),
    )
    return render(request, "said", principal, said="check_asked")


def _changes(chosen: ChosenList) -> Mapping[str, int]:
    return list_changes(chosen.part.changes(), len(chosen.part.head["gone"]))


def _evidence(about: Document) -> Document | None:
    """Return the backtest of the promotion gate: metrics of all models, and the calibration."""
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


def _report(checks: Sequence[Job]) -> Document | None:
    done = next((one for one in checks if one.state == "done" and one.result), None)
    return done.result if done else None
