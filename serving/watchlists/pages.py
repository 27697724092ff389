"""/watchlist: the newest list, filtered and sorted; print, workbook and PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from risk.contract import TABLES
from risk.flags.grades import COUNTED, is_counted
from risk.locale import text
from risk.unit_kinds import KINDS, Kind
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now, today
from serving.db.pagination import PageRequest
from serving.flag_states.repository import newest_flag_states
from serving.formatting import code_label
from serving.http.dependencies import settings_of
from serving.http.parameters import IsoDate
from serving.matters.queries import current_states
from serving.outcomes.repository import Visit, list_outcomes, visited_since, visits_of
from serving.watchlists import texts
from serving.watchlists.day_tasks import DayTasks, day_tasks, shown_region
from serving.watchlists.ranking import ranking_of
from serving.watchlists.reader import ChosenList, WatchlistReader, reader_of
from serving.watchlists.repository import WatchlistRepository
from serving.web.render import page_language, place_namer, render
from serving.web.responses import XLSX, attachment

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
_VERDICTS = ("useful", "wrong", "already_known")
_MOST_VISITS = 100_000
_MOST_PRINTED = 3
Reader = Annotated[Principal, require(Permission.READ_LISTS)]
Document = Mapping[str, Any]


class ListQuery(BaseModel):
    """Filters of a list; all are optional, an empty field means any."""

    model_config = ConfigDict(extra="ignore")

    as_of: IsoDate | Literal[""] | None = None
    region: str | None = None
    kind: Kind = "project"
    q: str = ""
    tier: str = ""
    flag: str = ""
    change: str = ""
    place: str = ""
    visited: Literal["", "yes", "no"] = ""
    sort: Literal["rank", "probability", "workers", "amount", "name"] = "rank"
    page: int = 1

    def day(self) -> dt.date | None:
        """Return the requested date."""
        return self.as_of if isinstance(self.as_of, dt.date) else None


@router.get("/watchlist")
def watchlist(
    request: Request, principal: Reader, wanted: Annotated[ListQuery, Query()]
) -> Response:
    """The list as a page."""
    chosen = reader_of(request).choose(request, principal, wanted.day(), wanted.region, wanted.kind)
    if chosen is None:
        return render(request, "nothing", principal)
    engine, as_of = reader_of(request).database.engine, chosen.summary.as_of
    visits = visits_of(engine, principal, as_of)
    entries = chosen.document["entries"]
    done = sum(entry["project_id"] in visits for entry in entries)
    found = filter_entries(entries, wanted, visits)
    choices = _choices(entries)
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(wanted.page, 1), pages)
    return render(
        request,
        "watchlist",
        principal,
        chosen=chosen,
        wanted=wanted,
        entries=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        found=len(found),
        page=page,
        pages=pages,
        visits=visits,
        uncounted=visited_since(engine, principal, as_of),
        done=done,
        tasks=_tasks(request, principal, as_of, len(entries) - done),
        region=shown_region(principal, chosen.summary.region),
        owed=_owed(reader_of(request), principal, chosen),
        choices=choices,
        filter_words=_filter_words(request, wanted, choices),
        facts=texts.stated_flags,
        verdicts=_VERDICTS,
        unlike=lambda entry: texts.unlike_note(entry, page_language(request)),
        factors=lambda entry: texts.factors(entry, page_language(request)),
        flags=texts.flags_by_grade,
        title=lambda flag, state: texts.flag_title(flag, page_language(request), state),
        states=_states(reader_of(request), principal),
        counted=COUNTED,
        changed=lambda entry: texts.change(entry, page_language(request)),
        warnings=texts.warnings(chosen.document, page_language(request)),
        kinds=_kinds(reader_of(request), principal),
        forms=_forms(request),
        tiers=[
            (t, sum(e["tier"] == t for e in entries)) for t in ("red", "orange", "yellow", "blue")
        ],
    )


@router.get("/watchlist/print")
def printed(request: Request, principal: Reader, wanted: Annotated[ListQuery, Query()]) -> Response:
    """The list for printing, one page per district."""
    chosen = reader_of(request).choose(request, principal, wanted.day(), wanted.region, wanted.kind)
    if chosen is None:
        return render(request, "nothing", principal)
    entries = filter_entries(chosen.document["entries"], wanted, {})
    places: dict[str, list[Document]] = {}
    for entry in entries:
        places.setdefault(entry["region_code"], []).append(entry)
    return render(
        request,
        "print",
        principal,
        chosen=chosen,
        places=sorted(places.items()),
        facts=lambda entry: texts.main_reasons(entry, page_language(request), _MOST_PRINTED),
        flags=texts.flags_by_grade,
        warnings=texts.warnings(chosen.document, page_language(request)),
    )


@router.get("/watchlist.xlsx")
def as_workbook(
    request: Request, principal: Reader, wanted: Annotated[ListQuery, Query()]
) -> Response:
    """The list as a workbook, with a sheet to enter visits on."""
    from serving.watchlists.xlsx import watchlist_xlsx

    chosen, document = _filtered(request, principal, wanted)
    return _named(chosen, "xlsx", XLSX, watchlist_xlsx(document, page_language(request)))


@router.get("/visits.xlsx")
def visits(
    request: Request, principal: Annotated[Principal, require(Permission.READ_OUTCOMES)]
) -> Response:
    """All visits entered so far as inspections records, for import elsewhere."""
    from serving.watchlists.xlsx import records_xlsx

    engine = reader_of(request).database.engine
    found = list_outcomes(engine, principal, PageRequest(_MOST_VISITS), {}).items
    rows = [one.record() for one in found]
    day = max((one.inspected_on for one in found), default=dt.date.min.replace(year=2000))
    return attachment("inspections.xlsx", XLSX, records_xlsx(TABLES["inspections"], rows, day))


@router.get("/watchlist.pdf")
def as_pdf(request: Request, principal: Reader, wanted: Annotated[ListQuery, Query()]) -> Response:
    """The list as PDF."""
    from serving.watchlists.pdf import watchlist_pdf

    chosen, document = _filtered(request, principal, wanted)
    body = watchlist_pdf(document, page_language(request))
    return _named(chosen, "pdf", "application/pdf", body)


@router.get("/watchlist/forms/{name}.{ending}")
def as_form(
    request: Request,
    principal: Reader,
    wanted: Annotated[ListQuery, Query()],
    name: str,
    ending: Literal["csv", "xlsx"],
) -> Response:
    """The list in the import form of another platform."""
    from serving.watchlists.import_form import FormUnknown, form_csv, form_xlsx, named_form

    if request.app.state.workspace is None:
        raise FormUnknown(name=name)
    form = named_form(request.app.state.workspace, name)
    chosen, document = _filtered(request, principal, wanted)
    write, kind = {"csv": (form_csv, "text/csv"), "xlsx": (form_xlsx, XLSX)}[ending]
    return _named(chosen, ending, kind, write(form, document, page_language(request)))


def _forms(request: Request) -> list[str]:
    """Names of the import forms of the office."""
    from serving.watchlists.import_form import form_names

    workspace = request.app.state.workspace
    return form_names(workspace) if workspace else []


def filter_entries(
    entries: Sequence[Document], wanted: ListQuery, visits: Mapping[str, Visit]
) -> list[Document]:
    """Return the matching entries in the requested order."""
    found = [entry for entry in entries if _fits(entry, wanted, visits)]
    return sorted(found, key=_ORDERS[wanted.sort])


def _fits(entry: Document, wanted: ListQuery, visits: Mapping[str, Visit]) -> bool:
    names = f"{entry['project_id']}\n{entry['project_name']}\n{entry['contractor_name'] or ''}"
    flags = {flag["code"] for flag in entry["red_flags"]}
    return (
        wanted.q.strip().casefold() in names.casefold()
        and wanted.tier in ("", entry["tier"])
        and (
            not wanted.flag
            or wanted.flag in flags
            or (wanted.flag == "any" and any(map(is_counted, flags)))
        )
        and wanted.change in ("", entry["change"]["kind"])
        and entry["region_code"].startswith(wanted.place)
        and (not wanted.visited or (wanted.visited == "yes") == (entry["project_id"] in visits))
    )


_ORDERS: Mapping[str, Any] = {
    "rank": lambda e: e["rank"],
    "probability": lambda e: (-e["probability"], e["rank"]),
    "workers": lambda e: (-(e["workers"] or -1), e["rank"]),
    "amount": lambda e: (-(e["amount_at_stake"] or -1), e["rank"]),
    "name": lambda e: (e["project_name"], e["rank"]),
}


def _states(reader: WatchlistReader, principal: Principal) -> dict[tuple[str, str], str]:
    """Return the states of red flags that are in force, by (project_id, code)."""
    found = newest_flag_states(reader.database.engine, principal)
    return {key: row.state for key, row in found.items() if not row.has_lapsed(today())}


def _tasks(request: Request, principal: Principal, as_of: dt.date, visits_left: int) -> DayTasks:
    database, on = reader_of(request).database, today()
    states = (
        current_states(database, settings_of(request), principal, on, now())
        if principal.has(Permission.READ_OUTCOMES)
        else ()
    )
    return day_tasks(states, as_of, visits_left, on)


def _owed(reader: WatchlistReader, principal: Principal, chosen: ChosenList) -> Document:
    """Return the summary of teams owed wages by project; empty for registers without it."""
    rows = reader.register(principal, chosen.summary).projects
    return {row["project_id"]: row["owed"] for row in rows if row.get("owed")}


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


def _choices(entries: Sequence[Document]) -> Document:
    """Return the filter choices: regions and red flags that occur."""
    flags = {flag["code"]: flag["title"] for e in entries for flag in e["red_flags"]}
    places = {e["region_code"] for e in entries}
    counties = {code[:6] for code in places}
    return {"flags": sorted(flags.items()), "places": sorted(places | counties)}


def _kinds(reader: WatchlistReader, principal: Principal) -> list[Kind]:
    """Return the kinds of unit that have lists; empty if there is only one."""
    found = [
        kind for kind in KINDS if WatchlistRepository(reader.database, kind).summaries(principal)
    ]
    return found if len(found) > 1 else []


def _filtered(
    request: Request, principal: Principal, wanted: ListQuery
) -> tuple[ChosenList, dict[str, Any]]:
    reader = reader_of(request)
    chosen = reader.require(request, principal, wanted.day(), wanted.region, wanted.kind)
    entries = filter_entries(chosen.document["entries"], wanted, {})
    whole = ranking_of(chosen.document)
    return chosen, {**chosen.document, "entries": entries, "ranking": whole}


def _named(chosen: ChosenList, kind: str, media: str, body: bytes) -> Response:
    return attachment(f"watchlist-inspections-{chosen.summary.as_of}.{kind}", media, body)
