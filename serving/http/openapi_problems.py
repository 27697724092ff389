"""Examples of problem documents in the OpenAPI description, one for each status."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from risk.locale import LANGUAGES, text
from serving.http.middleware import MAX_BODY
from serving.http.problems import MEDIA_TYPE

Json = dict[str, Any]

_EXAMPLES: Mapping[int, tuple[str, Mapping[str, object]]] = {
    HTTPStatus.BAD_REQUEST: ("problems.not_json", {}),
    HTTPStatus.UNAUTHORIZED: ("errors.not_signed_in", {}),
    HTTPStatus.FORBIDDEN: ("errors.not_allowed", {"role": "briefer", "action": "write_outcomes"}),
    HTTPStatus.NOT_FOUND: ("errors.project_unknown", {"project_id": "P-00017"}),
    HTTPStatus.CONFLICT: ("errors.version_outdated", {"found": 1, "newest": 2}),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("problems.request_entity_too_large", {"most": MAX_BODY}),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("problems.invalid_parameter", {"field": "limit", "found": 0}),
    HTTPStatus.TOO_MANY_REQUESTS: ("errors.too_many_requests", {"seconds": 3}),
    HTTPStatus.SERVICE_UNAVAILABLE: ("problems.database_busy", {}),
}
"""Key of the text and the values in it, by status."""


def add_problem_examples(description: Json) -> None:
    """Give every answer that is a problem document an example."""
    for path, operations in description["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                media = response.get("content", {}).get(MEDIA_TYPE)
                if media:
                    media["example"] = problem_example(int(status), path)


def problem_example(status: int, path: str) -> Json:
    """A problem document with ``status``, as a request to ``path`` is answered in Chinese."""
    key, fields = _EXAMPLES[status]
    allowed = {
        language: text("constraints.greater_than_equal", language, ge=1) for language in LANGUAGES
    }
    texts = {
        language: text(key, language, **fields, allowed=allowed[language]) for language in LANGUAGES
    }
    wrong = {"field": "limit", "found": "0", "allowed": allowed["zh"]}
    code = key.partition(".")[2]
    return {
        "type": f"urn:wagewatch:problem:{code}",
        "title": text(f"problems.{status}", "zh"),
        "status": status,
        "detail": texts["zh"],
        "instance": path,
        "code": code,
        "texts": texts,
        "errors": [wrong] if status == HTTPStatus.UNPROCESSABLE_ENTITY else [],
        "request_id": "9f2c5b0e7a41d86c",
    }
