"""Audit entries as sentences: what was looked at, downloaded or changed, and how it ended.

An entry holds the method and the address of a request, see :mod:`serving.audit.request_entry`, or
the command or rule that wrote. Addresses not listed here are described by the permission they need.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from risk.locale import Language, catalogue, text
from serving.audit.repository import AuditEntry
from serving.formatting import matter_label

_ANY = r"/(?P<project>.+?)"
_PARTS = "history|timeline|reasons|red-flags|changes|elements|notes|flag-states|feedback|flags"
_PART = rf"(?:/(?:{_PARTS}))?"
_THINGS = (
    (r"/watchlists?(?:/[^/]+)?/composition", "composition"),
    (r"/watchlists/[^/]+/adoption|/supervision/adoption", "adoption"),
    (r"/watchlist/forms/.+|/visits\.xlsx", "visit_forms"),
    (r"/watchlists?(?:[/.].*)?", "watchlist"),
    (r"/map", "map"),
    (r"/route", "route"),
    (r"/offline", "day_pack"),
    (r"/visits/.+/photo", "visit_photo"),
    (rf"/projects{_ANY}/visit", "visit_form"),
    (rf"/projects{_ANY}/case-file", "case_file"),
    (rf"/projects{_ANY}/listing-notice(?:\..+)?", "listing_notice"),
    (rf"/projects{_ANY}{_PART}", "project"),
    (r"/projects", "projects"),
    (r"/ledger(?:\.xlsx)?|/matters", "ledger"),
    (r"/matters/transferred-unlisted|/unlisted", "unlisted"),
    (r"/matters/(?P<matter>.+)", "matter"),
    (r"/revisits", "revisits"),
    (r"/campaigns?(?:[/.].*)?", "campaign"),
    (r"/indicators(?:/trend)?", "indicators"),
    (r"/month", "month"),
    (r"/briefings(?:/.*)?", "briefings"),
    (r"/notices(?:/.*)?", "notices"),
    (r"/deposits(?:\.xlsx)?", "deposits"),
    (r"/data/templates/.+", "templates"),
    (r"/data/imports(?:/.*)?", "imports"),
    (r"/data(?:/.*)?|/submissions/.+", "data"),
    (r"/outcomes(?:/.*)?", "outcomes"),
    (r"/feedback", "feedback"),
    (r"/links", "links"),
    (r"/supervision/audit|/audit", "audit"),
    (r"/supervision/people", "people"),
    (r"/supervision/model-.+|/model-.+", "model_changes"),
    (r"/models(?:/.*)?|/supervision(?:/models/.+)?", "models"),
    (r"/subscriptions", "subscriptions"),
)
_DEEDS = (
    (rf"/projects{_ANY}/notes", "note"),
    (rf"/projects{_ANY}/(?:flags|flag-states)", "flag_state"),
    (rf"/projects{_ANY}/feedback", "feedback"),
    (r"/feedback", "feedback"),
    (r"/outcomes", "outcome"),
    (r"/outcomes/.+/versions", "outcome_version"),
    (r"/matters", "open_matter"),
    (r"/(?:ledger|matters)/(?P<matter>.+?)(?:/steps)?", "matter_step"),
    (r"/data/uploads", "start_upload"),
    (r"/data/files/.+", "send_file"),
    (r"/data/uploads/.+", "upload"),
    (r"/month/preview", "preview_month"),
    (r"/month/publish", "make_month"),
    (r"/briefings", "make_briefing"),
    (r"/data/(?:quarantine|look)(?:/projects)?", "correct"),
    (r"/records/.+|/complaints", "send_records"),
    (r"/links(?:/.+)?|/links-by-name", "link"),
    (r"/notices", "send_notice"),
    (r"/notices/.+", "notice_step"),
    (r"/supervision/people", "people"),
    (r"/supervision/model-.+|/model-.+", "model_change"),
    (r"/supervision/check|/jobs", "run_job"),
    (r"/subscriptions(?:/.*)?", "subscription"),
    (r"/scores", "scores"),
    (r"/scores/what-if", "what_if"),
)
_FILE = re.compile(r"\.(?:xlsx|pdf|docx|html|json)$|/files?(?:/|$)")
_READS = frozenset({"GET", "HEAD"})
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_WITH_PASSWORD = ("sign_in", "change_password")
_WITH_CODE = "second_factor"


@dataclass(frozen=True)
class Sentence:
    """What an entry says. ``project_id`` and ``matter`` are what it is about, if known."""

    text: str
    outcome: str | None
    project_id: str | None
    matter: str | None


def project_of(entry: AuditEntry) -> str | None:
    """Return the id of the project that ``entry`` is about, if it is known."""
    return sentence(entry, str, "en").project_id


def sentence(entry: AuditEntry, name_of: Callable[[str], str], language: Language) -> Sentence:
    """Return what ``entry`` says; ``name_of`` maps the id of a project to its name."""
    path = urlsplit(entry.subject).path.removeprefix("/v1").rstrip("/")
    reads = entry.method in _READS
    key, found = _match(_THINGS if reads else _DEEDS, path)
    project, matter = found.get("project"), found.get("matter")
    fields = {
        "project": name_of(project) if project else "",
        "matter": matter_label(matter, language) if matter else "",
    }
    if key is None:
        refused = entry.action in _WITH_PASSWORD and entry.status in _REFUSED
        said = _by_permission(f"{entry.action}_refused" if refused else entry.action, language)
    elif reads:
        verb = "downloaded" if _FILE.search(path) else "viewed"
        thing = text(f"pages.audit.things.{key}", language, **fields)
        said = text(f"pages.audit.{verb}", language, thing=thing)
    else:
        said = text(f"pages.audit.deeds.{key}", language, **fields)
        said = _detail(urlsplit(entry.subject).fragment, language) or said
    return Sentence(said, _outcome(entry, language), project, matter)


def _match(
    rules: tuple[tuple[str, str], ...], path: str
) -> tuple[str | None, dict[str, str | None]]:
    for pattern, key in rules:
        found = re.fullmatch(pattern, path)
        if found is not None:
            return key, found.groupdict()
    return None, {}


def _detail(fragment: str, language: Language) -> str | None:
    """Return what a change of users and tokens did to whom; None for other entries."""
    verb, _, rest = fragment.partition(" ")
    kind, _, whom = rest.partition(" ")
    key = f"pages.audit.people.{verb}_{kind}"
    return text(key, language, whom=whom) if key in catalogue(language) else None


def _by_permission(action: str, language: Language) -> str:
    key = f"pages.audit.actions.{action}"
    known = key in catalogue(language)
    return text(key if known else "pages.audit.actions.other", language)


def _outcome(entry: AuditEntry, language: Language) -> str | None:
    """Return how a request that did not succeed ended; None if it did."""
    status = entry.status
    if status < HTTPStatus.BAD_REQUEST or entry.action == _WITH_CODE:
        return None
    if entry.action in _WITH_PASSWORD and status in _REFUSED:
        name = "wrong_password"
    elif status in _REFUSED:
        name = "refused"
    elif status == HTTPStatus.NOT_FOUND:
        name = "missing"
    else:
        name = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "incomplete"
    return text(f"pages.audit.outcomes.{name}", language)
