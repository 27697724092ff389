"""Failures as RFC 9457 problem documents, one shape for every route."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from risk.errors import WagewatchError
from risk.locale import Language, catalogue, text
from serving.api.schemas import Problem
from serving.api.state import language_of
from serving.database.service import NothingPublished, NotPublished, ProjectNotScored

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[WagewatchError], HTTPStatus] = {
    NotPublished: HTTPStatus.NOT_FOUND,
    NothingPublished: HTTPStatus.NOT_FOUND,
    ProjectNotScored: HTTPStatus.NOT_FOUND,
}
"""What each failure is over HTTP; any other is the service's own fault."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "Not found / 未找到"},
    422: {"model": Problem, "description": "A parameter is wrong / 参数有误"},
}
"""For routers: the failures every resource may answer with."""

_log = logging.getLogger("wagewatch.api")


def answer_failures(app: FastAPI) -> None:
    """Make ``app`` answer every failure as a problem document."""
    app.add_exception_handler(WagewatchError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


def problem(
    request: Request,
    status: int,
    *,
    code: str,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """One failure in the reader's language."""
    body = {
        "type": f"urn:wagewatch:problem:{code}",
        "title": text(f"problems.{status}", language_of(request)),
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "errors": list(errors),
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, WagewatchError)  # noqa: S101 - the type the handler is added for
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s", error, exc_info=error)
    return problem(request, status, code=error.code, detail=error.message(language_of(request)))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    language = language_of(request)
    faults = {str(item["loc"][-1]): str(item["input"]) for item in error.errors()}
    errors = [
        {"field": name, "found": found, "allowed": _allowed(name, language)}
        for name, found in faults.items()
    ]
    details = (text("problems.invalid_parameter", language, **item) for item in errors)
    return problem(request, 422, code="invalid_parameter", detail=" ".join(details), errors=errors)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    known = f"problems.{error.status_code}" in catalogue("en")
    if not known:
        return Response(status_code=status, headers=error.headers)
    code = status.name.lower()
    detail = text(f"problems.{code}", language_of(request), path=request.url.path)
    answer = problem(request, status, code=code, detail=detail)
    answer.headers.update(error.headers or {})
    return answer


def _broken(request: Request, error: Exception) -> Response:
    _log.error("%s", request.url.path, exc_info=error)
    code = "internal_server_error"
    detail = text(f"problems.{code}", language_of(request), path=request.url.path)
    return problem(request, 500, code=code, detail=detail)


def _allowed(name: str, language: Language) -> str:
    key = f"parameters.{name}"
    return text(key if key in catalogue(language) else "parameters.other", language)
