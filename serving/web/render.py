"""Rendering of pages: template environment, menu, language and Content-Security-Policy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from risk.locale import LANGUAGES, Language, catalogue, text
from serving import formatting
from serving.auth.principal import Principal
from serving.auth.repository import real_names
from serving.auth.roles import Permission
from serving.http.dependencies import settings_of

LANGUAGE_COOKIE = "wagewatch_language"
_HELP_PAGE = re.compile(r"(/help/[a-z-]+/[a-z-]+/)")
FOLDER = Path(str(files("serving.web")))
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class NavItem:
    """A page of the menu, shown to principals with ``permission``."""

    name: str
    href: str
    permission: Permission


MENU = (
    NavItem("watchlist", "/watchlist", Permission.READ_LISTS),
    NavItem("map", "/map", Permission.READ_LISTS),
    NavItem("projects", "/projects", Permission.READ_PROJECTS),
    NavItem("ledger", "/ledger", Permission.READ_OUTCOMES),
    NavItem("indicators", "/indicators", Permission.READ_INDICATORS),
    NavItem("month", "/month", Permission.READ_BRIEFINGS),
    NavItem("briefings", "/briefings", Permission.READ_BRIEFINGS),
    NavItem("notices", "/notices", Permission.READ_NOTICES),
    NavItem("deposits", "/deposits", Permission.READ_PROJECTS),
    NavItem("data", "/data", Permission.IMPORT_FILES),
    NavItem("supervision", "/supervision", Permission.CHANGE_MODELS),
    NavItem("supervision", "/supervision/audit", Permission.READ_AUDIT),
    NavItem("supervision", "/supervision/people", Permission.READ_PEOPLE),
)
"""Of items with one name, a person sees the first that they may open."""


def menu_of(principal: Principal | None) -> list[NavItem]:
    """Return the items of the menu that ``principal`` may open."""
    items: dict[str, NavItem] = {}
    for item in MENU:
        if principal and principal.has(item.permission):
            items.setdefault(item.name, item)
    return list(items.values())


def page_language(request: Request) -> Language:
    """Return the language chosen by the reader, else that of the settings."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return next((name for name in LANGUAGES if name == chosen), settings_of(request).language)


def render(
    request: Request, template: str, principal: Principal | None, *, status: int = 200, **data: Any
) -> HTMLResponse:
    """Return the page of ``template`` rendered with ``data``."""
    language = page_language(request)
    body = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            t=partial(_page_text, language),
            lang=language,
            other="en" if language == "zh" else "zh",
            who=principal,
            allowed=principal.has if principal else lambda _: False,
            Permission=Permission,
            menu=menu_of(principal),
            here=request.url.path,
            address=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            **_formatters(language),
            place=cache(place_namer(request)),
            person=person_namer(request),
            **data,
        )
    )
    # With no-referrer a browser would also hide the origin of a form.
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
    return HTMLResponse(body, status, headers)


def place_namer(request: Request) -> Callable[[str], str]:
    """Return a function from the code of a region to its name.

    Names of the settings come first.
    """
    return partial(formatting.region_name, names=settings_of(request).places)


def person_namer(request: Request) -> Callable[[str], str]:
    """Return a function from the name of a user to their real name, if it is known."""

    @cache
    def names() -> Mapping[str, str]:
        return real_names(request.app.state.database.engine)

    return lambda name: names().get(name, name)


def _page_text(language: Language, key: str, **fields: Any) -> str:
    return text(f"pages.{key}", language, **fields) if fields else _plain_text(language, key)


@cache
def _plain_text(language: Language, key: str) -> str:
    # A page of fifty entries asks for the same few texts a thousand times.
    return text(f"pages.{key}", language)


def _formatters(language: Language) -> dict[str, Any]:
    return {
        **{name: text(f"pages.{name}", language) for name in ("colon", "comma", "semicolon")},
        "month_name": lambda label: formatting.format_month(label, language),
        "yuan": lambda amount: formatting.format_yuan(amount, language),
        "fen": lambda amount: formatting.format_fen(amount, language),
        "odds": lambda share, kind: formatting.format_odds(share, kind, language),
        "day": lambda value: formatting.format_date(value, language),
        "coded": lambda kind, code: formatting.code_label(kind, code, language),
        "cell": lambda table, field, value: formatting.format_field(table, field, value, language),
        "heading": lambda table, field: formatting.field_label(table, field, language),
        "table_name": lambda name: formatting.capitalized(formatting.table_label(name, language)),
        "matter_name": lambda key: formatting.matter_label(key, language),
        "say": lambda key, **fields: text(key, language, **fields),
        "failed_text": lambda failed: _failed_text(failed, language),
        "note_text": lambda note: _note_text(note, language),
    }


def _failed_text(failed: Mapping[str, Any], language: Language) -> str:
    """Text of a file that was refused; as it was stored where its page has no text for it."""
    key = f"pages.failures.{failed['code']}"
    if key not in catalogue(language) or "fields" not in failed:
        return str(failed["message"])
    return text(key, language, **failed["fields"])


def _note_text(note: Mapping[str, Any], language: Language) -> str:
    """Text of a note of a closing account; as it was stored if it has no text any more."""
    for key in (f"pages.notes.{note['code']}", f"intake.note.{note['code']}"):
        if key in catalogue(language):
            return text(key, language, **note["fields"])
    return str(note["message"])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        asset=asset,
        count=formatting.format_count,
        percent=formatting.format_percent,
        moment=formatting.format_datetime,
    )
    environment.filters["linked"] = linked
    return environment


def linked(message: str) -> Markup:
    """Return a text with its pages of the documentation as links.

    >>> linked("<a> see /help/howto/sources/.")
    Markup('&lt;a&gt; see <a href="/help/howto/sources/">/help/howto/sources/</a>.')
    """
    pieces = _HELP_PAGE.split(message)
    link = Markup('<a href="{0}">{0}</a>')
    return Markup().join(
        link.format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


@cache
def asset(name: str) -> str:
    """Return the URL of a static file, which changes with its content."""
    digest = hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
