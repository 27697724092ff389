"""Page of complaints without a project: candidates and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from risk.errors import WagewatchError
from serving.audit.writes import write_audited
from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.clock import now
from serving.complaint_links.named import decide_named, named_pairs, pairs_digest
from serving.complaint_links.queries import newest_register, newest_rows
from serving.complaint_links.repository import Decision
from serving.complaint_links.service import (
    Document,
    LinkChoice,
    decide,
    visible_complaints,
    with_decisions,
)
from serving.errors import page_message
from serving.watchlists.reader import reader_of
from serving.web.page_numbers import shown_page
from serving.web.render import page_language, render
from serving.web.requests import Form

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
_SURE, _LIKELY, _POSSIBLE = 0.9, 0.6, 0.2

Reader = Annotated[Principal, require(Permission.READ_LINKS)]
Decider = Annotated[Principal, require(Permission.WRITE_LINKS)]


@router.get("/links")
def links(
    request: Request,
    principal: Reader,
    state: Annotated[str, Query(pattern="^(waiting|decided)$")] = "waiting",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """List complaints that are waiting or decided."""
    database = reader_of(request).database
    register = newest_register(database, principal)
    if register is None:
        return render(request, "nothing", principal)
    every = with_decisions(visible_complaints(register.document, principal), database, principal)
    found = [
        complaint for complaint in every if (complaint["decision"] is None) == (state == "waiting")
    ]
    found.sort(
        key=lambda complaint: (
            -_best(complaint),
            complaint["received_on"],
            complaint["complaint_id"],
        )
    )
    page = shown_page(page, len(found), PER_PAGE)
    start = (page - 1) * PER_PAGE
    pairs = named_pairs(every)
    return render(
        request,
        "links",
        principal,
        as_of=register.as_of,
        pairs=pairs,
        shown=pairs_digest(pairs),
        rows=found[start : start + PER_PAGE],
        waiting=sum(complaint["decision"] is None for complaint in every),
        decided=sum(complaint["decision"] is not None for complaint in every),
        more=len(found) > start + PER_PAGE,
        page=page,
        state=state,
        names=_project_names(every),
        marked=mark_matches,
        sureness=certainty_level,
        tab="links",
    )


@router.post("/links/{complaint_id:path}")
def decide_link(request: Request, complaint_id: str, principal: Decider, form: Form) -> Response:
    """Link a complaint to a candidate, or refuse all candidates."""
    database = reader_of(request).database
    rows = newest_rows(database, principal)
    project, firm = form.get("project_id") or None, form.get("org_id") or None
    verdict: Literal["linked", "refused"] = "linked" if project or firm else "refused"
    choice = LinkChoice(complaint_id, verdict, project, firm)
    if verdict == "refused" and form.get("none") != "1":
        return render(request, "said", principal, status=422, said="refused")
    made: list[Decision] = []
    try:
        write_audited(
            request,
            database,
            principal,
            lambda c: made.append(decide(c, database, principal, choice, rows, now())),
        )
    except WagewatchError as error:
        return _refused(request, principal, error)
    (decision,) = made
    return render(
        request, "link_said", principal, verdict=verdict, probability=decision.probability
    )


@router.post("/links-by-name")
def confirm_named(request: Request, principal: Decider, form: Form) -> Response:
    """Link every complaint that gives the name of exactly one project, as shown."""
    database = reader_of(request).database
    pairs = named_pairs(with_decisions(newest_rows(database, principal), database, principal))
    try:
        write_audited(
            request,
            database,
            principal,
            lambda c: decide_named(c, principal, pairs, form.get("shown", ""), now()),
        )
    except WagewatchError as error:
        return _refused(request, principal, error)
    return render(request, "said", principal, said="links.linked")


def _refused(request: Request, principal: Principal, error: WagewatchError) -> Response:
    message = page_message(error, page_language(request))
    return render(request, "link_refused", principal, status=422, told=message)


def _project_names(rows: Sequence[Document]) -> dict[str, str]:
    """Names of the candidate projects by id."""
    return {
        candidate["id"]: candidate["name"]
        for row in rows
        for candidate in row["candidates"]
        if candidate["kind"] == "project"
    }


def mark_matches(name: str, words: list[str]) -> list[tuple[str, bool]]:
    """Split ``name`` into pieces; True marks those in ``words``, in order.

    >>> mark_matches("石桥湾中心小学", ["石桥湾", "小学"])
    [('石桥湾', True), ('中心', False), ('小学', True)]
    """
    pieces, rest = [], name
    for word in words:
        before, found, after = rest.partition(word)
        if found:
            pieces += [(before, False), (word, True)]
            rest = after
    return [piece for piece in (*pieces, (rest, False)) if piece[0]]


def certainty_level(probability: float) -> str:
    """Return the level of a probability.

    >>> certainty_level(0.95), certainty_level(0.3)
    ('sure', 'possible')
    """
    if probability >= _SURE:
        return "sure"
    if probability >= _LIKELY:
        return "likely"
    return "possible" if probability >= _POSSIBLE else "unlikely"


def _best(row: object) -> float:
    candidates = row["candidates"]  # type: ignore[index]
    return max((float(candidate["probability"]) for candidate in candidates), default=0.0)
