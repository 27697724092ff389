"""Failures as RFC 9457 problem documents, one shape for every route."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from risk.errors import WagewatchError
from risk.locale import LANGUAGES, Language, catalogue, text
from serving.audit.queue import AuditFull
from serving.auth.dependencies import CsrfMissing
from serving.auth.oidc import OidcFailed, OidcOff
from serving.auth.principal import NotAllowed, NotSignedIn, OutsideRegion
from serving.auth.project_regions import ProjectUnknown
from serving.auth.rate_limit import TooManyRequests
from serving.briefings.repository import BriefingUnknown
from serving.campaigns.plans import CampaignUnknown
from serving.complaint_links.service import (
    ComplaintNotWaiting,
    LinkNotYours,
    LinkUnclear,
    OrganisationUnknown,
)
from serving.events.outbox import SubscriptionUnknown
from serving.http.dependencies import language_of
from serving.http.failures import OutcomeInvalid, RowsUnreadable, SignInFailed, SubmissionUnknown
from serving.http.idempotency_keys import KeyUsedOtherwise
from serving.http.middleware import MOST_BODY, BodyTooLarge
from serving.http.schemas import Problem
from serving.jobs.repository import JobUnknown
from serving.matters.repository import MatterUnknown
from serving.matters.steps import DutiesUnchecked, MatterClosed, MatterOpen, StepInvalid
from serving.models.repository import ModelNotPublished
from serving.notices.payload import NothingToNotify
from serving.notices.repository import NoticeUnknown
from serving.outcomes.repository import OutcomeUnknown, VersionOutdated
from serving.watchlists.repository import (
    NothingPublished,
    NotPublished,
    ProjectNotScored,
)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[WagewatchError], HTTPStatus] = {
    NotPublished: HTTPStatus.NOT_FOUND,
    NothingPublished: HTTPStatus.NOT_FOUND,
    ProjectNotScored: HTTPStatus.NOT_FOUND,
    ProjectUnknown: HTTPStatus.NOT_FOUND,
    ComplaintNotWaiting: HTTPStatus.NOT_FOUND,
    OrganisationUnknown: HTTPStatus.NOT_FOUND,
    LinkUnclear: HTTPStatus.UNPROCESSABLE_ENTITY,
    LinkNotYours: HTTPStatus.FORBIDDEN,
    OutcomeUnknown: HTTPStatus.NOT_FOUND,
    JobUnknown: HTTPStatus.NOT_FOUND,
    SubscriptionUnknown: HTTPStatus.NOT_FOUND,
    BriefingUnknown: HTTPStatus.NOT_FOUND,
    ModelNotPublished: HTTPStatus.NOT_FOUND,
    NoticeUnknown: HTTPStatus.NOT_FOUND,
    NothingToNotify: HTTPStatus.UNPROCESSABLE_ENTITY,
    SubmissionUnknown: HTTPStatus.NOT_FOUND,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    SignInFailed: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    OutsideRegion: HTTPStatus.FORBIDDEN,
    OidcOff: HTTPStatus.NOT_FOUND,
    OidcFailed: HTTPStatus.UNAUTHORIZED,
    CsrfMissing: HTTPStatus.FORBIDDEN,
    VersionOutdated: HTTPStatus.CONFLICT,
    KeyUsedOtherwise: HTTPStatus.UNPROCESSABLE_ENTITY,
    MatterUnknown: HTTPStatus.NOT_FOUND,
    CampaignUnknown: HTTPStatus.NOT_FOUND,
    MatterClosed: HTTPStatus.CONFLICT,
    MatterOpen: HTTPStatus.CONFLICT,
    DutiesUnchecked: HTTPStatus.CONFLICT,
    StepInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    RowsUnreadable: HTTPStatus.UNPROCESSABLE_ENTITY,
    OutcomeInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    AuditFull: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What each failure is over HTTP; any other is the service's own fault."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Not readable / 请求无法读取"},
    401: {"model": Problem, "description": "Not signed in / 未登录"},
    403: {"model": Problem, "description": "Not allowed / 无权限"},
    404: {"model": Problem, "description": "Not found / 未找到"},
    413: {"model": Problem, "description": "Body too large / 内容过大"},
    422: {"model": Problem, "description": "Something is wrong in the request / 参数有误"},
    429: {"model": Problem, "description": "Too many requests / 请求过多"},
    503: {"model": Problem, "description": "Busy, try again / 繁忙，请稍后再试"},
}
"""For routers: the failures every resource may answer with."""

CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Changed meanwhile / 已被他人更改"}
}

_log = logging.getLogger("wagewatch.api")


def answer_failures(app: FastAPI) -> None:
    """Make ``app`` answer every failure as a problem document."""
    app.add_exception_handler(WagewatchError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(BodyTooLarge, _too_large)
    app.add_exception_handler(OperationalError, _busy)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(Exception, _broken)


def problem(
    request: Request,
    status: int,
    *,
    code: str,
    told: Mapping[Language, str],
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """One failure, told in the reader's language and in both; in a browser as a page."""
    state = request.app.state
    if state.is_page(request):
        page: Response = state.tell_page(request, int(status), dict(told))
        return page
    language = language_of(request)
    body = {
        "type": f"urn:wagewatch:problem:{code}",
        "title": text(f"problems.{status}", language),
        "status": int(status),
        "detail": told[language],
        "instance": request.url.path,
        "code": code,
        "texts": dict(told),
        "errors": list(errors),
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def _told(key: str, **fields: object) -> dict[Language, str]:
    return {language: text(f"problems.{key}", language, **fields) for language in LANGUAGES}


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, WagewatchError)  # noqa: S101 - the type the handler is added for
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s", error, exc_info=error)
    told = {language: error.message(language) for language in LANGUAGES}
    answer = problem(request, status, code=error.code, told=told)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(error.fields["seconds"])
    if isinstance(error, AuditFull):
        answer.headers["Retry-After"] = "1"
    return answer


def _too_large(request: Request, _: Exception) -> Response:
    code = "request_entity_too_large"
    return problem(request, 413, code=code, told=_told(code, most=MOST_BODY))


def _busy(request: Request, error: Exception) -> Response:
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.OperationalError) and "locked" not in str(cause):
        return _broken(request, error)
    _log.warning("%s", getattr(error, "orig", error))
    code = "service_unavailable"
    answer = problem(request, 503, code=code, told=_told(code))
    answer.headers["Retry-After"] = "2"
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return problem(request, 400, code="not_json", told=_told("not_json"))
    language = language_of(request)
    faults = {_field(item["loc"]): _shown(item["input"]) for item in error.errors()}
    errors = [
        {"field": name, "found": found, "allowed": _allowed(name, language)}
        for name, found in faults.items()
    ]
    told = {
        one: " ".join(
            text("problems.invalid_parameter", one, field=f, found=v, allowed=_allowed(f, one))
            for f, v in faults.items()
        )
        for one in LANGUAGES
    }
    return problem(request, 422, code="invalid_parameter", told=told, errors=errors)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    known = f"problems.{error.status_code}" in catalogue("en")
    if not known:
        return Response(status_code=status, headers=error.headers)
    code = status.name.lower()
    answer = problem(request, status, code=code, told=_told(code, path=request.url.path))
    answer.headers.update(error.headers or {})
    return answer


def _broken(request: Request, error: Exception) -> Response:
    _log.error("%s", request.url.path, exc_info=error)
    code = "internal_server_error"
    return problem(request, 500, code=code, told=_told(code, path=request.url.path))


def _field(location: Sequence[object]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _shown(value: object) -> str:
    shown = str(value)
    return shown if len(shown) <= 100 else f"{shown[:100]}…"


def _allowed(name: str, language: Language) -> str:
    key = f"parameters.{name}"
    return text(key if key in catalogue(language) else "parameters.other", language)
