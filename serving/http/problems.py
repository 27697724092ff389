"""Errors as RFC 9457 problem documents, the same shape for every route."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from risk.errors import WagewatchError
from risk.locale import LANGUAGES, Language, catalogue, text
from serving.db.failures import write_failure
from serving.errors import ApiError, page_message
from serving.http.dependencies import language_of
from serving.http.middleware import BodyTooLarge
from serving.http.schemas import Problem

MEDIA_TYPE = "application/problem+json"

RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "api.responses.400"},
    401: {"model": Problem, "description": "api.responses.401"},
    403: {"model": Problem, "description": "api.responses.403"},
    404: {"model": Problem, "description": "api.responses.404"},
    413: {"model": Problem, "description": "api.responses.413"},
    422: {"model": Problem, "description": "api.responses.422"},
    429: {"model": Problem, "description": "api.responses.429"},
    503: {"model": Problem, "description": "api.responses.503"},
}
"""Error responses common to all resources, for the OpenAPI description of routers."""

CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "api.responses.409"}
}

_RETRY_SECONDS = {
    "service_unavailable": 2,
    "database_busy": 2,
    "disk_full": 60,
    "read_only": 60,
}
_LONGEST = 100
_SECRETS = frozenset({"password", "old", "new", "secret", "token", "authorization"})
_NAMES = re.compile("'([^']*)'")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_log = logging.getLogger("wagewatch.api")


def add_exception_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem document."""
    app.add_exception_handler(WagewatchError, _on_wagewatch_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(BodyTooLarge, _on_body_too_large)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(PoolTimeout, _on_database_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


def problem(
    request: Request,
    status: int,
    *,
    code: str,
    texts: Mapping[Language, str],
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """Return the problem document of one error, or its page if a browser asked for a page.

    The detail is in the client's language; ``texts`` holds it in all languages. The header
    ``Link`` leads to the code in the documentation.
    """
    state = request.app.state
    if state.is_page(request):
        page: Response = state.error_page(request, int(status), code, dict(texts))
        return page
    language = language_of(request)
    body = {
        "type": f"urn:wagewatch:problem:{code}",
        "title": text(f"problems.{status}", language),
        "status": int(status),
        "detail": texts[language],
        "instance": request.url.path,
        "code": code,
        "texts": dict(texts),
        "errors": list(errors),
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }
    headers = {"Link": f'</help/reference/errors/#{code}>; rel="help"'}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def unreadable_address(request: Request) -> Response:
    """Return the problem document of an address with text that cannot be stored."""
    return problem(request, 400, code="text_invalid", texts=_texts("text_invalid"))


def wrong_charset(request: Request) -> Response:
    """Return the problem document of a JSON body in another encoding than UTF-8."""
    return problem(request, 400, code="not_json", texts=_texts("not_json"))


def _texts(key: str, **fields: object) -> dict[Language, str]:
    return {language: text(f"problems.{key}", language, **fields) for language in LANGUAGES}


def _on_wagewatch_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, WagewatchError)  # noqa: S101 - the type the handler is added for
    if not isinstance(error, ApiError):
        # Not an error of the request: answered with its own text, but logged with a traceback.
        _log.error("%s", error, exc_info=error)
    status = error.status if isinstance(error, ApiError) else HTTPStatus.INTERNAL_SERVER_ERROR
    is_page = request.app.state.is_page(request)
    texts = {
        language: page_message(error, language) if is_page else error.message(language)
        for language in LANGUAGES
    }
    response = problem(request, status, code=error.code, texts=texts)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    seconds = error.retry_after() if isinstance(error, ApiError) else None
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def _on_body_too_large(request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyTooLarge)  # noqa: S101
    code = "request_entity_too_large"
    return problem(request, 413, code=code, texts=_texts(code, most=error.most))


def _on_database_error(request: Request, error: Exception) -> Response:
    failure = write_failure(error)
    is_lost = isinstance(error, PoolTimeout | OperationalError) and not _is_of_sqlite(error)
    if failure is None and not is_lost:
        return _on_unexpected_error(request, error)
    _log.warning("%s", getattr(error, "orig", error))
    code = failure or "service_unavailable"
    response = problem(request, 503, code=code, texts=_texts(code))
    response.headers["Retry-After"] = str(_RETRY_SECONDS[code])
    return response


def _is_of_sqlite(error: Exception) -> bool:
    return isinstance(getattr(error, "orig", None), sqlite3.Error)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return problem(request, 400, code="not_json", texts=_texts("not_json"))
    language = language_of(request)
    found = {_field(item["loc"]): _declared(request, item) for item in error.errors()}
    errors = [
        {
            "field": field,
            "found": _found(item["loc"], item["input"]),
            "allowed": _allowed(field, item, language),
        }
        for field, item in found.items()
    ]
    texts = {language: _invalid_parameters(found, language) for language in LANGUAGES}
    return problem(request, 422, code="invalid_parameter", texts=texts, errors=errors)


def _declared(request: Request, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``item``, or for a body that was not sent as JSON what it was sent as."""
    if not isinstance(item["input"], bytes):
        return item
    sent = request.headers.get("content-type", "")
    return {**item, "type": "not_sent_as_json", "input": f"Content-Type: {sent}"}


def _invalid_parameters(found: Mapping[str, Mapping[str, Any]], language: Language) -> str:
    return " ".join(
        text(
            "problems.invalid_parameter",
            language,
            field=field,
            found=_found(item["loc"], item["input"]),
            allowed=_allowed(field, item, language),
        )
        for field, item in found.items()
    )


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    if f"problems.{error.status_code}" not in catalogue("en"):
        return Response(status_code=status, headers=error.headers)
    code = status.name.lower()
    response = problem(request, status, code=code, texts=_texts(code, path=request.url.path))
    response.headers.update(error.headers or {})
    return response


def _on_unexpected_error(request: Request, error: Exception) -> Response:
    _log.error("%s", request.url.path, exc_info=error)
    code = "internal_server_error"
    return problem(request, 500, code=code, texts=_texts(code, path=request.url.path))


def _field(location: Sequence[object]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _found(location: Sequence[object], value: object) -> str:
    """Return ``value`` for the message, as in JSON: no secret, of an object only the names of its
    fields, of a list of objects only their number.
    """
    if isinstance(value, Mapping):
        return _shortened(", ".join(map(str, value)))
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        return f"[{len(value)}]"
    if _SECRETS & {str(part) for part in location}:
        return "***"
    return _shortened(value if isinstance(value, str) else _json(value))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _shortened(text: str) -> str:
    shown = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _allowed(name: str, item: Mapping[str, Any], language: Language) -> str:
    """What the constraint that failed allows; pydantic's own words where there are none here."""
    if (key := f"parameters.{name}") in catalogue(language):
        return text(key, language)
    if (key := f"constraints.{item['type']}") in catalogue(language):
        return text(key, language, **_context(item, language))
    return str(item["msg"])


def _context(item: Mapping[str, Any], language: Language) -> Mapping[str, Any]:
    """The values of a constraint; pydantic joins names as in English."""
    context: Mapping[str, Any] = item.get("ctx", {})
    names = _NAMES.findall(str(context.get("expected", "")))
    if not names:
        return context
    return {**context, "expected": text("constraints.comma", language).join(names)}
