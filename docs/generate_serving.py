"""docs/reference/endpoints.md: every path of the HTTP API."""

from __future__ import annotations

from serving.app import create_app
from serving.db.database import Database
from serving.settings import Settings

_MADE = "Generated from the code by `make docs`; do not edit."


def endpoints() -> str:
    """docs/reference/endpoints.md: every path of the HTTP API."""
    with Database("sqlite://") as database:
        description = create_app(Settings(), database).state.api_description
        described, chinese = description("en"), description("zh")
    lines = [
        "# Endpoints",
        "",
        _MADE,
        "",
        "`wagewatch serve` describes itself at `/docs` (OpenAPI at `/openapi.json`). What is sent"
        " was computed and sealed when the list was published. Failures are `problem+json`"
        " (RFC 9457) with a stable `code` and Chinese and English text.",
        "",
        "| method | path | gives | action |",
        "|---|---|---|---|",
    ]
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            zh = chinese["paths"][path][method]["description"]
            gives = f"{about['description'].removesuffix('.')} / {zh}"
            action = about.get("x-action", "")
            lines.append(f"| {method.upper()} | `{path}` | {gives} | {action} |")
    lines += ["", "[roles.md](roles.md) has the roles that include each action."]
    return "\n".join(lines) + "\n"
