"""/projects: search, project page, feedback and notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy import Engine

from risk.departments import CODES
from risk.legal_elements import KINDS, elements_of, has_open_matter
from risk.locale import Language, text
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.jurisdiction import covers
from serving.auth.principal import Principal
from serving.auth.project_regions import region_of
from serving.auth.roles import Permission
from serving.clock import now, today
from serving.db.pagination import PageRequest
from serving.documents.formats import MEDIA_TYPES
from serving.feedback import service
from serving.feedback.page_buttons import verdict_labels
from serving.feedback.schemas import FeedbackIn
from serving.flag_states.schemas import STATES, FlagStateIn
from serving.flag_states.service import create as create_flag_state
from serving.flag_states.service import current_states
from serving.http.dependencies import settings_of
from serving.http.parameters import IsoDate, NamePath
from serving.notices.elements_text import element_texts, element_to_dict
from serving.notices.repository import NoticeFilter, list_notices
from serving.outcomes.findings import finding_labels, offered_findings
from serving.outcomes.repository import (
    Outcome,
    last_visit,
    listed_for,
    newest_photo,
    outcome_versions,
    photographed,
    visits_to,
)
from serving.outcomes.schemas import MEASURES, OBSTACLES, ROLES
from serving.outcomes.service import to_schema
from serving.projects import repository
from serving.projects.service import draft_listing_notice
from serving.projects.visit_plan import contacts_for, documents_for, site_state
from serving.watchlists.project_document import kind_of
from serving.watchlists.reader import Document, WatchlistReader, reader_of
from serving.watchlists.repository import ListSummary, WatchlistRepository
from serving.watchlists.scored_projects import Role, ScoredProjects
from serving.watchlists.snapshot_repository import load_case_file, load_dossier
from serving.watchlists.texts import flag_title, flags_by_grade, unlike_note
from serving.watchlists.trend import festival_months, in_wan
from serving.web.line_plot import LinePlot, line_plot
from serving.web.render import page_language, render
from serving.web.requests import Form
from serving.web.responses import attachment

router = APIRouter(include_in_schema=False)

MOST_FOUND = 50
_OTHERS = 10
_MOST_SHOWN = 20

Reader = Annotated[Principal, require(Permission.READ_PROJECTS)]
Judge = Annotated[Principal, require(Permission.WRITE_FEEDBACK)]
Visitor = Annotated[Principal, require(Permission.WRITE_OUTCOMES)]
Writer = Annotated[Principal, require(Permission.WRITE_NOTES)]


@router.get("/projects")
def search(
    request: Request,
    principal: Reader,
    q: Annotated[str, Query(max_length=200)] = "",
    tier: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Search all projects of the region, listed or not."""
    reader = reader_of(request)
    chosen = reader.choose(request, principal, None, None)
    if chosen is None:
        return render(request, "nothing", principal)
    found, rows = reader.scored(principal, chosen.summary).search(q, tier, MOST_FOUND)
    return render(
        request,
        "projects",
        principal,
        rows=rows,
        found=found,
        q=q,
        tier=tier,
        as_of=chosen.summary.as_of,
    )


@router.get("/projects/{project_id:path}/visit")
def visit_form(
    request: Request,
    project_id: str,
    principal: Visitor,
    correct: Annotated[str | None, Query(pattern=r"^[\w.:-]{1,64}$")] = None,
) -> Response:
    """The form to record a visit, or to correct the one called ``correct``."""
    reader = reader_of(request)
    versions = outcome_versions(reader.database.engine, correct, principal) if correct else []
    found = load_case_file(reader.database.engine, project_id, None, principal)
    risk = found or reader.risk(request, principal, project_id, None)
    flagged = [flag["code"] for flag in risk["red_flags"]]
    recorded = versions[-1].findings if versions else None
    return render(
        request,
        "visit",
        principal,
        risk=risk,
        findings=offered_findings(flagged, recorded, page_language(request)),
        with_place=settings_of(request).visits.photo_place,
        today=today(),
        listed=_listed_today(reader, project_id),
        was=to_schema(versions[-1]).model_dump(mode="json") if versions else None,
        choices={"obstacles": OBSTACLES, "measures": MEASURES, "met": ROLES},
    )


def _listed_today(reader: WatchlistReader, project_id: str) -> bool:
    """Return whether a visit made today counts as one of a list."""
    with reader.database.engine.connect() as connection:
        return listed_for(connection, project_id, today()) is not None


@router.get("/visits/{outcome_id}/photo")
def visit_photo(
    request: Request,
    outcome_id: NamePath,
    principal: Annotated[Principal, require(Permission.READ_OUTCOMES)],
) -> Response:
    """The newest photo of a visit."""
    body = newest_photo(reader_of(request).database.engine, outcome_id, principal)
    return Response(body, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


@router.post("/projects/{project_id:path}/feedback")
def judge(request: Request, project_id: str, principal: Judge, form: Form) -> Response:
    """Store feedback on the score or on a reason."""
    family = form.get("family") or None
    values = {name: form.get(name) for name in ("as_of", "verdict", "comment")}
    try:
        given = FeedbackIn(project_id=project_id, family=family, **values)  # type: ignore[arg-type]
    except ValidationError:
        return render(request, "said", principal, status=422, said="refused")
    database = reader_of(request).database
    write_audited(
        request, database, principal, lambda c: service.create(c, database, principal, given)
    )
    return render(request, "said", principal, said=f"verdicts.{given.verdict}")


@router.post("/projects/{project_id:path}/flags")
def set_flag_state(request: Request, project_id: str, principal: Visitor, form: Form) -> Response:
    """Store the state of a red flag and show it."""
    database = reader_of(request).database
    code = form.get("code") or ""
    try:
        given = FlagStateIn.model_validate({name: form[name] for name in form if form[name]})
    except ValidationError:
        given = None
    if given is not None:
        write_audited(
            request,
            database,
            principal,
            lambda c: create_flag_state(c, principal, project_id, given),
        )
    return render(
        request,
        "flag_state",
        principal,
        status=200 if given else 422,
        state=current_states(database, principal, project_id, today()).get(code),
        flag={"code": code},
        state_codes=STATES,
        project_id=project_id,
        refused=given is None,
    )


@router.post("/projects/{project_id:path}/notes")
def write_note(request: Request, project_id: str, principal: Writer, form: Form) -> Response:
    """Store a note and show all notes."""
    database = reader_of(request).database

    def keep(connection: Any) -> None:
        place = region_of(connection, project_id, principal)
        note_text = form["text"][:4000]
        repository.add_note(
            connection, repository.NoteRow(project_id, place, note_text, principal.name, now())
        )

    if form.get("text"):
        write_audited(request, database, principal, keep)
    notes = repository.list_notes(database.engine, project_id, principal, PageRequest(50)).items
    return render(request, "notes", principal, notes=notes, project_id=project_id)


@router.get("/projects/{project_id:path}/listing-notice.{kind}")
def listing_notice(
    request: Request,
    project_id: str,
    principal: Annotated[Principal, require(Permission.SEND_NOTICES)],
    kind: Annotated[str, Path(pattern="^(docx|pdf|html)$")],
) -> Response:
    """Return the draft notice of an intended listing."""
    database, office = reader_of(request).database, settings_of(request).briefing.office
    rendering = (kind, page_language(request))
    body = draft_listing_notice(database, principal, (project_id, None), office, rendering)
    return attachment(f"listing-notice.{kind}", MEDIA_TYPES[kind], body)


@router.get("/projects/{project_id:path}")
def project(
    request: Request, project_id: str, principal: Reader, as_of: IsoDate | None = None
) -> Response:
    """The page of a project."""
    reader = reader_of(request)
    engine = reader.database.engine
    case_file = load_case_file(engine, project_id, as_of, principal)
    if case_file is not None:
        return _case_page(request, principal, case_file)
    risk = reader.risk(request, principal, project_id, as_of)
    newer = load_case_file(engine, project_id, None, principal) if as_of else None
    day = dt.date.fromisoformat(risk["as_of"])
    found = load_dossier(engine, project_id, day, principal)
    list_of = _list_of(reader, principal, risk)
    archive = list_of.archive if list_of else None
    scored = reader.scored(principal, list_of) if list_of and archive is None else None
    return render(
        request,
        "project",
        principal,
        risk=risk,
        not_scored_since=newer["as_of"] if newer else None,
        archive=archive,
        kind=kind_of(risk),
        dossier=found,
        tree=_tree(found["contracts"]) if found else [],
        money=_chart(found, risk, page_language(request)) if found else None,
        trends=_trends(found, _history(reader, principal, project_id), page_language(request)),
        others=_others(scored, found, project_id),
        seen=lambda record: record["region"] is None or covers(principal, record["region"]),
        notes=repository.list_notes(engine, project_id, principal, PageRequest(50)).items,
        **_visits(engine, principal, project_id),
        verdicts=verdict_labels(page_language(request)),
        **_visit_plan(found or {}, risk),
        last_visit=_last_visit(last_visit(engine, principal, project_id), found or {}),
        flags=flags_by_grade(risk),
        title=lambda flag, state: flag_title(flag, page_language(request), state),
        unlike=lambda entry: unlike_note(entry, page_language(request)),
        flag_states=current_states(reader.database, principal, project_id, today()),
        state_codes=STATES,
        project_id=project_id,
        why=_reasons(risk),
        elements=_elements(risk, found, day, page_language(request)),
        notices=list_notices(engine, principal, PageRequest(20), NoticeFilter(project_id)).items,
        departments=CODES,
    )


def _visit_plan(found: Document, risk: Document) -> dict[str, Any]:
    """Return the state of the site, and what to ask for and whom at a visit."""
    facts, teams = found.get("facts", {}), found.get("teams_owed", ())
    flags = [flag["code"] for flag in flags_by_grade(risk)]
    return {
        "site_state": site_state(facts),
        "contacts": contacts_for(
            {**facts, "contractor_name": risk["contractor_name"]}, teams, flags
        ),
        "documents": documents_for(flags),
        "teams": teams,
        "payroll_teams": found.get("payroll_teams", {}),
        "orders": [one for one in _inspections(found) if one["rectify_by"]][-1:],
    }


def _inspections(found: Document) -> Sequence[Document]:
    """Return the inspections on record, oldest first."""
    handling: Document = found.get("handling") or {}
    return handling.get("inspections") or ()


def _last_visit(entered: Outcome | None, found: Document) -> Document | None:
    """Return the later of the last visit entered here and the last in the records."""
    recorded = next(reversed(_inspections(found)), None)
    names = ("inspected_on", "arrears_found", "obstacle")
    if entered and (
        recorded is None or entered.inspected_on.isoformat() >= recorded["inspected_on"]
    ):
        return {name: getattr(entered, name) for name in names}
    # Records hold visits with a result only.
    return {**dict.fromkeys(names), **recorded} if recorded else None


def _case_page(request: Request, principal: Principal, case_file: Document) -> Response:
    """The page of a project that is not scored and whose matters are followed."""
    database, project_id = reader_of(request).database, case_file["project_id"]
    engine, language = database.engine, page_language(request)
    day = dt.date.fromisoformat(case_file["as_of"])
    found = load_dossier(engine, project_id, day, principal) or {}
    return render(
        request,
        "case_file",
        principal,
        risk=case_file,
        dossier=found,
        handling=found.get("handling", {}),
        tree=_tree(found.get("contracts", ())),
        flags=flags_by_grade(case_file),
        title=lambda flag, state: flag_title(flag, language, state),
        flag_states=current_states(database, principal, project_id, today()),
        state_codes=STATES,
        project_id=project_id,
        notes=repository.list_notes(engine, project_id, principal, PageRequest(50)).items,
        **_visits(engine, principal, project_id),
        elements=_elements(case_file, found, day, language),
        notices=list_notices(engine, principal, PageRequest(20), NoticeFilter(project_id)).items,
        departments=CODES,
    )


def _visits(engine: Engine, principal: Principal, project_id: str) -> dict[str, Any]:
    """Return the visits entered here, newest first, each with its earlier versions."""
    found = visits_to(engine, principal, project_id)[:_MOST_SHOWN]
    photos = photographed(engine, [versions[-1].outcome_id for versions in found])
    return {"visits": found, "photos": photos, "finding_labels": finding_labels}


def _reasons(risk: Document) -> dict[str, list[Document]]:
    """Return the reasons by what they rest on; those of version 1 state nothing arguable."""
    found = risk["reasons"]
    return {
        "stated": [reason for reason in found if reason.get("basis") == "fact"],
        "unreported": [reason for reason in found if reason.get("basis") == "not_reported"],
        "combined": [reason for reason in found if reason.get("basis") in ("combined", None)],
    }


def _elements(
    risk: Document, found: Document | None, day: dt.date, language: Language
) -> dict[str, list[dict[str, str]]]:
    """Return the legal elements of transfer and listing as texts, if a matter is open."""
    handling = (found or {}).get("handling")
    if not has_open_matter(handling):
        return {}
    return {
        kind: [
            element_texts(element_to_dict(one), language)
            for one in elements_of(kind, handling, risk["region_code"], day)
        ]
        for kind in KINDS
    }


def _list_of(reader: WatchlistReader, principal: Principal, risk: Document) -> ListSummary | None:
    """Return the list that the risk was sealed with."""
    for one in WatchlistRepository(reader.database, kind_of(risk)).summaries(principal):
        if one.as_of.isoformat() == risk["as_of"] and one.region == risk["region"]:
            return one
    return None


def _tree(contracts: Sequence[Document]) -> list[Document]:
    """Return the contract tree; contracts with an unknown parent are roots."""
    nodes = {one["id"]: {**one, "below": []} for one in contracts}
    top: list[Document] = []
    for node in nodes.values():
        above = nodes.get(node["parent"] or "")
        if above is None or _goes_round(node, nodes):
            top.append(node)
        else:
            above["below"].append(node)
    return top


def _goes_round(node: Document, nodes: Mapping[str, Document]) -> bool:
    """Whether the chain of parents is a cycle."""
    seen, here = {node["id"]}, nodes.get(node["parent"] or "")
    while here is not None:
        if here["id"] in seen:
            return True
        seen.add(here["id"])
        here = nodes.get(here["parent"] or "")
    return False


_MARKS = ("complaint", "case", "inspection", "dispute", "contractor_listed")


def _chart(found: Document, risk: Document, language: str) -> Document | None:
    """Return the monthly series and the events of these months."""
    money = found["money"]
    if not money:
        return None
    marks = [
        {"date": item["date"], "kind": item["kind"].split("_")[0], "text": item["text"][language]}
        for item in risk["timeline"]
        if item["kind"].startswith(_MARKS)
    ]
    return {**money, "marks": marks}


def _history(reader: WatchlistReader, principal: Principal, project_id: str) -> list[Document]:
    """Return the scores by date, oldest first; the list sealed last counts for a date."""
    newest: dict[dt.date, Document] = {}
    for one in WatchlistRepository(reader.database).score_history(project_id, principal):
        score = {"label": f"{one.as_of:%Y-%m}", "probability": one.probability, "tier": one.tier}
        newest.setdefault(one.as_of, {**score, "rank": one.rank})
    return [newest[day] for day in sorted(newest)][-24:]


def _trends(
    found: Document | None, history: Sequence[Document], language: Language
) -> Mapping[str, LinePlot | None]:
    """Return plots of the chance from list to list and of wages owed from month to month."""
    by_month = (found or {}).get("owed_by_month") or {"months": [], "owed": []}
    months = by_month["months"]
    marks = festival_months(months, text("pages.indicators.spring", language))
    chance = {"chance": [one["probability"] for one in history]}
    owed = {"owed": [in_wan(one) for one in by_month["owed"]]}
    return {
        "chance": line_plot([one["label"] for one in history], chance) if history[1:] else None,
        "owed": line_plot(months, owed, marks=marks) if months[1:] else None,
    }


def _others(
    scored: ScoredProjects | None, found: Document | None, project_id: str
) -> Mapping[str, Sequence[Document]]:
    """Return other projects of the contractor and the owner, and similar projects."""
    if found is None or scored is None:
        return {"contractor": (), "owner": (), "similar": ()}

    def same(role: Role) -> Sequence[Document]:
        party = found["facts"].get(role)
        return scored.of_party(role, party, project_id, _OTHERS) if party else ()

    alike = scored.by_id(found["similar"])
    return {
        "contractor": same("contractor_id"),
        "owner": same("owner_id"),
        "similar": [alike[one] for one in found["similar"] if one in alike],
    }
