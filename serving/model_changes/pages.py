"""/supervision/model-changes: versions with their evidence, promotion, rollback and comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from sqlalchemy import Connection

from risk.errors import WagewatchError
from risk.unit_kinds import KINDS
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.pagination import PageRequest
from serving.errors import CommandError, page_message
from serving.http.dependencies import settings_of
from serving.http.schemas import Schema
from serving.jobs.service import queue
from serving.model_changes import service
from serving.model_changes.repository import ModelStep, RegistryVersion, list_steps, list_versions
from serving.model_changes.schemas import DecisionIn, ModelChangeIn
from serving.watchlists.reader import Document, reader_of
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

_CARD_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)
_MOST_STEPS = 200

S = TypeVar("S", bound=Schema)

Supervisor = Annotated[Principal, require(Permission.CHANGE_MODELS)]
Reader = Annotated[Principal, require(Permission.READ_MODELS)]
Changer = Annotated[Principal, require(Permission.CHANGE_MODELS)]
Runner = Annotated[Principal, require(Permission.RUN_JOBS)]


class ChangeFormInvalid(CommandError):
    """The form lacks the version or the reason."""

    code = "change_form_invalid"


@dataclass(frozen=True)
class Change:
    """A change with its steps, oldest first."""

    steps: tuple[ModelStep, ...]

    @property
    def waits(self) -> bool:
        """Whether a second person must decide."""
        return self.steps[-1].step == "asked"


@router.get("/supervision/model-changes")
def show_changes(request: Request, principal: Supervisor) -> Response:
    """The registered versions and all changes."""
    return _page(request, principal)


@router.get("/supervision/model-versions/{version}/card")
def version_card(request: Request, version: str, principal: Reader) -> Response:
    """The card of the champion or the challenger."""
    found = service.version_with_card(reader_of(request).database, version)
    body = found.card_html[page_language(request)]
    return HTMLResponse(body, headers={"Content-Security-Policy": _CARD_POLICY})


@router.post("/supervision/model-changes")
def ask_change(request: Request, principal: Changer, form: Form) -> Response:
    """Ask for a promotion or a rollback, or add a comment."""
    second = settings_of(request).training.second_person

    def apply(connection: Connection) -> object:
        fields = {name: form.get(name) or None for name in ("action", "version", "text")}
        given = _parsed(ModelChangeIn, {**fields, "unit": form.get("unit") or "project"})
        return service.ask(connection, principal, given, second_person=second)

    return _written(request, principal, apply)


@router.post("/supervision/model-changes/{change_id}")
def decide_change(request: Request, change_id: str, principal: Changer, form: Form) -> Response:
    """Approve or reject a change."""

    def apply(connection: Connection) -> object:
        given = {"approve": form.get("decision") == "approve", "text": form.get("text")}
        return service.decide(connection, principal, change_id, _parsed(DecisionIn, given))

    return _written(request, principal, apply)


@router.post("/supervision/model-versions")
def refresh_versions(request: Request, principal: Runner) -> Response:
    """Queue a job that reads the registry again."""
    write_audited(
        request,
        reader_of(request).database,
        principal,
        lambda connection: queue(connection, service.REFRESH, {}, "", principal),
    )
    return _page(request, principal, queued=True)


def _parsed(schema: type[S], fields: Document) -> S:
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        raise ChangeFormInvalid() from error


def _written(
    request: Request, principal: Principal, apply: Callable[[Connection], object]
) -> Response:
    """Carry out the write and return the page, with the reason if it was refused."""
    try:
        write_audited(request, reader_of(request).database, principal, apply)
    except WagewatchError as error:
        return _page(request, principal, failure=page_message(error, page_language(request)))
    return _page(request, principal, queued=True)


def _page(
    request: Request, principal: Principal, *, failure: str | None = None, queued: bool = False
) -> Response:
    engine = reader_of(request).database.engine
    with engine.connect() as connection:
        versions = list_versions(connection)
    return render(
        request,
        "model_changes",
        principal,
        units=[(unit, _newest(versions, unit)) for unit in KINDS if _newest(versions, unit)],
        gate=_gate,
        changes=_changes(list_steps(engine, PageRequest(_MOST_STEPS)).items),
        second_person=settings_of(request).training.second_person,
        failure=failure,
        queued=queued,
        tab="model_changes",
    )


def _newest(versions: Sequence[RegistryVersion], unit: str) -> list[RegistryVersion]:
    """The versions of ``unit``, the last registered first."""
    return [one for one in reversed(versions) if one.unit == unit]


def _gate(version: RegistryVersion) -> Document:
    """The report of the gate: whether it passed, its grounds and its checks."""
    found = (version.about.get("evidence") or {}).get("gate") or {}
    return {"passed": found.get("passed"), "grounds": found.get("grounds"),
            "checks": found.get("checks", ())}  # fmt: skip


def _changes(steps: Sequence[ModelStep]) -> list[Change]:
    """The changes of ``steps`` (newest first), the one with the newest step first."""
    by_change: dict[str, list[ModelStep]] = {}
    for step in steps:
        by_change.setdefault(step.change_id, []).insert(0, step)
    return [Change(tuple(found)) for found in by_change.values()]
