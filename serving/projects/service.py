"""Reads risks, history, legal elements and notes of projects for the API."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request

from risk.legal_elements import Kind, elements_of, has_open_matter
from risk.locale import LANGUAGES, Language, text
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.clock import today
from serving.db.database import Database
from serving.db.pagination import PageRequest
from serving.errors import ApiError
from serving.http.schemas import Page, Schema
from serving.notices.elements_text import element_texts, element_to_dict
from serving.projects.repository import NoteRow, list_notes
from serving.projects.schemas import (
    CaseFile,
    Contributions,
    Element,
    Elements,
    Note,
    ReasonMoved,
    ScoredThen,
    WhatChanged,
)
from serving.watchlists.project_document import is_scored, project_document
from serving.watchlists.redaction import Views
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import load_case_file, load_dossier

S = TypeVar("S", bound=Schema)


def get_case_file(
    database: Database, principal: Principal, which: tuple[str, dt.date | None]
) -> CaseFile:
    """Return what a list holds of the cases and orders of a project, scored or not.

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: the region has neither its risk nor a
            case file.
    """
    document = project_document(database, *which, principal)
    as_of = dt.date.fromisoformat(document["as_of"])
    found = load_dossier(database.engine, which[0], as_of, principal) or {}
    handling = found.get("handling") or {"cases": (), "inspections": ()}
    names = ("project_id", "project_name", "contractor_name", "region_code", "as_of", "red_flags")
    return CaseFile.model_validate(
        {
            **{name: document[name] for name in names},
            "scored": is_scored(document),
            "open_matter": has_open_matter(handling),
            "cases": [_in_yuan(case) for case in handling["cases"]],
            "inspections": [_in_yuan(one) for one in handling["inspections"]],
        }
    )


class ContributionsNotStored(ApiError):
    """The list was published before contributions of features were stored."""

    code = "contributions_not_stored"
    status = HTTPStatus.NOT_FOUND


def get_contributions(
    views: Views, principal: Principal, which: tuple[str, dt.date | None]
) -> Contributions:
    """Return the contributions of all features to the score of a project.

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: there is no score, or not in their region.
        ContributionsNotStored: the list is older than these.
    """
    risk = json.loads(views.risk(principal, *which).body)
    as_of = dt.date.fromisoformat(risk["as_of"])
    stored = (load_dossier(views.engine, which[0], as_of, principal) or {}).get("contributions")
    if stored is None:
        raise ContributionsNotStored(project_id=which[0], as_of=as_of)
    total = sum(feature["contribution"] for feature in stored["features"])
    return Contributions(
        project_id=which[0],
        as_of=as_of,
        model_version=risk["model"]["version"],
        probability=risk["probability"],
        raw=stored["base"] + total,
        **stored,
    )


def draft_listing_notice(
    database: Database,
    principal: Principal,
    which: tuple[str, dt.date | None],
    office: str,
    rendering: tuple[str, Language],
) -> bytes:
    """Return the draft notice of an intended listing, rendered as (format, language).

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: the region has neither its risk nor a
            case file.
        ListingNotShown: the records do not show the elements.
    """
    from serving.notices.listing_notice import ListingCase, render_listing_notice

    document = project_document(database, *which, principal)
    as_of = dt.date.fromisoformat(document["as_of"])
    found = load_dossier(database.engine, which[0], as_of, principal) or {}
    return render_listing_notice(ListingCase(document, found, office, today()), *rendering)


def _in_yuan(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of the handling with its money in yuan."""
    return {
        name: value / 100 if name.startswith("amount") and value is not None else value
        for name, value in record.items()
        if name != "known_at"
    }


def list_part(
    views: Views,
    principal: Principal,
    request: Request,
    which: tuple[str, dt.date | None],
    name: str,
    kind: type[S],
) -> Page[S]:
    """Return one list field of the sealed risk of a project, or of its case file."""
    case_file = load_case_file(views.engine, which[0], which[1], principal)
    if case_file is not None and name in case_file:
        return Page(items=[kind.model_validate(item) for item in case_file[name]], next=None)
    view = views.risk(principal, *which)
    request.scope["state"]["about"] = (view.as_of, view.list_digest, view.model_version)
    found = json.loads(view.body)[name]
    return Page(items=[kind.model_validate(item) for item in found], next=None)


def list_history(
    database: Database, principal: Principal, project_id: str, request: PageRequest
) -> Page[ScoredThen]:
    """Return a page of the publications of a project, newest first; the cursor is an offset."""
    found = WatchlistRepository(database).score_history(project_id, principal)
    start = request.cursor or 0
    items = [ScoredThen(**asdict(one)) for one in found[start : start + request.limit]]
    more = len(found) > start + request.limit
    return Page(items=items, next=str(start + request.limit) if more else None)


def get_changes(database: Database, principal: Principal, project_id: str) -> WhatChanged:
    """Compare the newest publication of a project with the previous date."""
    found = WatchlistRepository(database).score_history(project_id, principal)
    now = found[0]
    before = next((one for one in found if one.as_of < now.as_of), None)
    document = (
        WatchlistRepository(database).project_risk(project_id, now.as_of, principal).document()
    )
    old = (
        WatchlistRepository(database).project_risk(project_id, before.as_of, principal).document()
        if before
        else None
    )
    flags, old_flags = _flags(document), _flags(old)
    return WhatChanged(
        project_id=project_id,
        now=ScoredThen(**asdict(now)),
        before=ScoredThen(**asdict(before)) if before else None,
        reasons=_reason_changes(document, old),
        new_red_flags=sorted(flags - old_flags),
        cleared_red_flags=sorted(old_flags - flags),
    )


def get_elements(
    database: Database, principal: Principal, which: tuple[str, dt.date | None], kind: Kind
) -> Elements:
    """Return the legal elements of ``kind`` from the dossier stored with the list.

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: the region has neither its risk nor a
            case file.
    """
    risk = project_document(database, *which, principal)
    as_of = dt.date.fromisoformat(risk["as_of"])
    dossier = load_dossier(database.engine, which[0], as_of, principal) or {}
    handling = dossier.get("handling")
    found = [
        element_to_dict(one) for one in elements_of(kind, handling, risk["region_code"], as_of)
    ]
    return Elements.model_validate(
        {
            "project_id": which[0],
            "as_of": as_of,
            "kind": kind,
            "caution": {la: text(f"elements.caution.{kind}", la) for la in LANGUAGES},
            "open_matter": has_open_matter(handling),
            "elements": [_element(one) for one in found],
        }
    )


def _element(one: Mapping[str, Any]) -> Element:
    words = {la: element_texts(one, la) for la in LANGUAGES}
    texts = {
        name: {la: words[la][name] for la in LANGUAGES} for name in ("title", "said", "obtain")
    }
    copied = ("code", "standing", "fields", "evidence")
    return Element.model_validate({**{name: one[name] for name in copied}, **texts})


def list_project_notes(
    database: Database, principal: Principal, project_id: str, request: PageRequest
) -> Page[Note]:
    """Return a page of the notes on a project.

    Raises:
        ProjectUnknown: it is not known, or in another region.
    """
    with database.engine.connect() as connection:
        region_of(connection, project_id, principal)
    found = list_notes(database.engine, project_id, principal, request)
    after = None if found.next is None else str(found.next)
    return Page(items=[note_to_schema(one) for one in found.items], next=after)


def note_to_schema(row: NoteRow) -> Note:
    """Return the schema of a note."""
    return Note(
        project_id=row.project_id,
        text=row.text,
        written_by=row.written_by,
        written_at=row.written_at,
    )


def _flags(document: Mapping[str, Any] | None) -> set[str]:
    return {flag["code"] for flag in document["red_flags"]} if document else set()


def _reason_changes(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[ReasonMoved]:
    """Return the contributions by family, largest change first."""
    new = {reason["family"]: reason["contribution"] for reason in now["reasons"]}
    old = {
        reason["family"]: reason["contribution"]
        for reason in (before or {"reasons": []})["reasons"]
    }
    families = sorted(
        set(new) | set(old), key=lambda name: -abs(new.get(name, 0.0) - old.get(name, 0.0))
    )
    return [
        ReasonMoved(family=name, contribution_before=old.get(name), contribution_now=new.get(name))
        for name in families
    ]
