"""/watchlist: the newest list with the tasks of the day, filtered and sorted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from risk.flags.grades import COUNTED
from risk.locale import text
from risk.unit_kinds import KINDS, Kind
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now, today
from serving.feedback.page_buttons import verdict_labels
from serving.flag_states.repository import newest_flag_states
from serving.formatting import code_label
from serving.http.dependencies import settings_of
from serving.matters.queries import current_states
from serving.outcomes.repository import visited_since, visits_of
from serving.tasks.day_tasks import DayTasks, day_tasks, shown_region
from serving.watchlists import texts
from serving.watchlists.list_part import ListPart
from serving.watchlists.list_query import ListQuery, conditions, order
from serving.watchlists.reader import WatchlistReader, reader_of
from serving.watchlists.repository import WatchlistRepository
from serving.web.page_numbers import shown_page
from serving.web.render import page_language, place_namer, render

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
Reader = Annotated[Principal, require(Permission.READ_LISTS)]
Document = Mapping[str, Any]


@router.get("/watchlist")
def watchlist(
    request: Request, principal: Reader, wanted: Annotated[ListQuery, Query()]
) -> Response:
    """The list as a page."""
    chosen = reader_of(request).choose(request, principal, wanted.day(), wanted.region, wanted.kind)
    if chosen is None:
        return render(request, "nothing", principal)
    engine, as_of = reader_of(request).database.engine, chosen.summary.as_of
    part, visits = chosen.part, visits_of(engine, principal, as_of)
    done = part.among({key for key, visit in visits.items() if visit.has_result})
    where = conditions(part, wanted, done)
    found = part.count(where) if where else part.total
    choices = _choices(part)
    pages = max(1, -(-found // PER_PAGE))
    page = shown_page(wanted.page, found, PER_PAGE)
    entries = part.shown(where, order(part, wanted), PER_PAGE, (page - 1) * PER_PAGE)
    return render(
        request,
        "watchlist",
        principal,
        chosen=chosen,
        wanted=wanted,
        entries=entries,
        total=part.total,
        gone=part.head["gone"],
        found=found,
        page=page,
        pages=pages,
        visits=visits,
        uncounted=visited_since(engine, principal, as_of),
        done=len(done),
        tasks=_tasks(request, principal, as_of, part.total - len(done)),
        region=shown_region(principal, chosen.summary.region),
        owed=reader_of(request)
        .scored(principal, chosen.summary)
        .owed([entry["project_id"] for entry in entries]),
        choices=choices,
        filter_words=_filter_words(request, wanted, choices),
        facts=texts.stated_flags,
        verdicts=verdict_labels(page_language(request)),
        unlike=lambda entry: texts.unlike_note(entry, page_language(request)),
        factors=lambda entry: texts.factors(entry, page_language(request)),
        flags=texts.flags_by_grade,
        title=lambda flag, state: texts.flag_title(flag, page_language(request), state),
        states=_states(reader_of(request), principal),
        counted=COUNTED,
        changed=lambda entry: texts.change(entry, page_language(request)),
        warnings=texts.warnings(
            {**part.head, "entries": (), "ranking": part.ranking()}, page_language(request)
        ),
        kinds=_kinds(reader_of(request), principal),
        forms=_forms(request),
        tiers=[(t, part.tiers().get(t, 0)) for t in ("red", "orange", "yellow", "blue")],
    )


def _forms(request: Request) -> list[str]:
    """Names of the import forms of the office."""
    from serving.watchlists.import_form import form_names

    workspace = request.app.state.workspace
    return form_names(workspace) if workspace else []


def _states(reader: WatchlistReader, principal: Principal) -> dict[tuple[str, str], str]:
    """Return the states of red flags that are in force, by (project_id, code)."""
    found = newest_flag_states(reader.database.engine, principal)
    return {key: row.state for key, row in found.items() if not row.has_lapsed(today())}


@router.get("/offline")
def offline(request: Request, principal: Reader) -> Response:
    """The page shown without signal in place of one that was not downloaded."""
    return render(request, "offline", principal)


def _tasks(request: Request, principal: Principal, as_of: dt.date, visits_left: int) -> DayTasks:
    database, on = reader_of(request).database, today()
    states = (
        current_states(database, settings_of(request), principal, on, now())
        if principal.has(Permission.READ_OUTCOMES)
        else ()
    )
    return day_tasks(states, as_of, visits_left, on)


def _filter_words(request: Request, wanted: ListQuery, choices: Document) -> list[str]:
    """Return the filters that are set, and the order unless it is by rank, in words."""
    language = page_language(request)
    flags = {code: title[language] for code, title in choices["flags"]}
    flags["any"] = text("pages.watchlist.with_flags", language)
    found = {
        "q": wanted.q.strip(),
        "tier": wanted.tier and code_label("tier", wanted.tier, language),
        "flag": flags.get(wanted.flag, wanted.flag),
        "place": wanted.place and place_namer(request)(wanted.place),
        "change": wanted.change and code_label("change", wanted.change, language),
        "visited": wanted.visited and text(_VISITED[wanted.visited], language),
        "sort": "" if wanted.sort == "rank" else text(f"pages.sorts.{wanted.sort}", language),
    }
    return [words for words in found.values() if words]


_VISITED = {"yes": "pages.watchlist.visited", "no": "pages.watchlist.not_yet"}


def _choices(part: ListPart) -> Document:
    """Return the filter choices: regions and red flags that occur."""
    places = part.places()
    counties = {code[:6] for code in places}
    return {"flags": sorted(part.flag_titles().items()), "places": sorted(places | counties)}


def _kinds(reader: WatchlistReader, principal: Principal) -> list[Kind]:
    """Return the kinds of unit that have lists; empty if there is only one."""
    found = [
        kind for kind in KINDS if WatchlistRepository(reader.database, kind).has_any(principal)
    ]
    return found if len(found) > 1 else []
