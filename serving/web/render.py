"""Renders a page: one environment of templates, and what every page has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from risk.locale import LANGUAGES, Language, text
from serving import formatting
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.http.dependencies import settings_of
from serving.web import svg

LANGUAGE_COOKIE = "wagewatch_language"
FOLDER = Path(str(files("serving.web")))
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class NavItem:
    """A page in the menu, shown to principals with ``permission``."""

    name: str
    href: str
    permission: Permission


MENU = (
    NavItem("watchlist", "/watchlist", Permission.READ_LISTS),
    NavItem("map", "/map", Permission.READ_LISTS),
    NavItem("projects", "/projects", Permission.READ_PROJECTS),
    NavItem("ledger", "/ledger", Permission.READ_OUTCOMES),
    NavItem("indicators", "/indicators", Permission.READ_INDICATORS),
    NavItem("briefings", "/briefings", Permission.READ_BRIEFINGS),
    NavItem("notices", "/notices", Permission.READ_NOTICES),
    NavItem("deposits", "/deposits", Permission.READ_PROJECTS),
    NavItem("supervision", "/supervision", Permission.READ_AUDIT),
)


def page_language(request: Request) -> Language:
    """The reader's choice, else the language of the settings."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return next((one for one in LANGUAGES if one == chosen), settings_of(request).language)


def render(
    request: Request, template: str, who: Principal | None, *, status: int = 200, **data: Any
) -> HTMLResponse:
    """The page of ``template`` with ``data`` in it."""
    language = page_language(request)
    body = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            t=partial(_say, language),
            lang=language,
            other="en" if language == "zh" else "zh",
            who=who,
            allowed=who.has if who else lambda _: False,
            Permission=Permission,
            menu=[item for item in MENU if who and who.has(item.permission)],
            here=request.url.path,
            address=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            **_words(language),
            place=partial(formatting.region_name, names=settings_of(request).places),
            **data,
        )
    )
    # Without a referrer a browser would hide where a form comes from, too.
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
    return HTMLResponse(body, status, headers)


def _say(language: Language, key: str, **fields: Any) -> str:
    return text(f"pages.{key}", language, **fields)


def _words(language: Language) -> dict[str, Any]:
    return {
        "yuan": lambda amount: formatting.format_yuan(amount, language),
        "fen": lambda amount: formatting.format_fen(amount, language),
        "odds": lambda share: formatting.format_odds(share, language),
        "day": lambda value: formatting.format_date(value, language),
        "coded": lambda kind, code: formatting.code_label(kind, code, language),
        "cell": lambda table, field, value: formatting.format_field(table, field, value, language),
        "heading": lambda table, field: formatting.field_label(table, field, language),
        "table_name": lambda table: formatting.table_label(table, language),
    }


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        asset=asset,
        count=formatting.format_count,
        percent=formatting.format_percent,
        moment=formatting.format_datetime,
        waterfall=svg.waterfall,
        history_line=svg.history_line,
    )
    return made


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with its content."""
    digest = hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
