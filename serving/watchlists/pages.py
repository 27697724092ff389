"""/watchlist: the newest list, filtered and sorted; print, workbook and PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from risk.contract import TABLES
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.pagination import PageRequest
from serving.outcomes.repository import list_outcomes
from serving.watchlists import texts
from serving.watchlists.list_query import ListQuery, filter_entries
from serving.watchlists.ranking import ranking_of
from serving.watchlists.reader import ChosenList, reader_of
from serving.web.render import page_language, render
from serving.web.responses import XLSX, attachment

router = APIRouter(include_in_schema=False)

_MOST_VISITS = 100_000
_MOST_PRINTED = 3
Reader = Annotated[Principal, require(Permission.READ_LISTS)]
Document = Mapping[str, Any]


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
    rows = [one.record() for one in found if one.arrears_found is not None]
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
