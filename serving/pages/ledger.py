"""Open matters, cases to look at again, and how far the winter action is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from serving.access.principal import Principal
from serving.access.roles import Action
from serving.api.doorkeeper import may
from serving.api.once import now
from serving.api.state import settings_of
from serving.database.matters import STEPS, UNTOUCHED, Step, keep_step, standings
from serving.database.outcomes import visited_since
from serving.pages.entering import Form
from serving.pages.page import render
from serving.pages.reading import Document, Register, reading_of
from serving.pages.writing import kept_by
from serving.settings import CampaignSettings

router = APIRouter(include_in_schema=False)

PER_PAGE = 100
REVISIT_AFTER = 30
"""Days after closing a case that it is due to be looked at again."""

Reader = Annotated[Principal, may(Action.READ_OUTCOMES)]
Writer = Annotated[Principal, may(Action.WRITE_NOTES)]


@router.get("/ledger")
def ledger(
    request: Request,
    who: Reader,
    state: Annotated[str, Query(pattern="^(open|overdue|closed)$")] = "open",
    kind: Annotated[str, Query(pattern="^(|case|rectification|complaint)$")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Matters with who has them and by when."""
    reading = reading_of(request)
    chosen = reading.choose(request, who, None, None)
    if chosen is None:
        return render(request, "nothing", who)
    today = now().astimezone().date()
    every = _matters(reading.register(who, chosen.summary), reading, who)
    counts = {name: sum(_is(one, name, today) for one in every) for name in _STATES}
    found = [one for one in every if _is(one, state, today) and kind in ("", one["kind"])]
    start = (page - 1) * PER_PAGE
    return render(
        request,
        "ledger",
        who,
        chosen=chosen,
        matters=found[start : start + PER_PAGE],
        found=len(found),
        more=len(found) > start + PER_PAGE,
        page=page,
        counts=counts,
        state=state,
        kind=kind,
        today=today,
        tab="ledger",
    )


@router.post("/ledger/{matter:path}")
def take_step(request: Request, matter: str, who: Writer, form: Form) -> Response:
    """Give a matter to somebody, note something, close it or open it again."""
    reading = reading_of(request)
    chosen = reading.choose(request, who, None, None)
    found = {}
    if chosen is not None:
        register = reading.register(who, chosen.summary)
        found = {one["key"]: one for one in (*register.matters, *register.closed)}
    step = next((one for one in STEPS if one == form.get("step")), None)
    due_on = _day(form.get("due_on"))
    wrong = step is None or matter not in found or (form.get("due_on") and due_on is None)
    if wrong or (step == "closed" and not form.get("text")):
        return render(request, "said", who, status=422, said="refused")
    kept = Step(
        matter=matter,
        region_code=found[matter]["region_code"] or "",
        step=step or "noted",
        person=form.get("person", "")[:100] or None,
        unit=form.get("unit", "")[:100] or None,
        due_on=due_on,
        text=form.get("text", "")[:2000] or None,
        taken_by=who.name,
        taken_at=now(),
    )
    kept_by(request, reading.database, who, lambda connection: keep_step(connection, kept))
    return render(request, "said", who, said=f"steps.{kept.step}")


@router.get("/revisits")
def revisits(request: Request, who: Reader) -> Response:
    """Closed cases that are to be looked at again."""
    reading = reading_of(request)
    chosen = reading.choose(request, who, None, None)
    if chosen is None:
        return render(request, "nothing", who)
    today = now().astimezone().date()
    closed = reading.register(who, chosen.summary).closed
    visited = visited_since(reading.database.engine, who, today - dt.timedelta(days=400))
    rows = []
    for one in closed:
        due_on = dt.date.fromisoformat(one["closed_on"]) + dt.timedelta(days=REVISIT_AFTER)
        seen = visited.get(one["project_id"])
        since = seen if seen and seen.isoformat() > one["closed_on"] else None
        rows.append({**one, "due_on": due_on, "checked": one["checked_on"] or since})
    rows.sort(key=lambda row: (row["checked"] is not None, row["due_on"]))
    return render(
        request,
        "revisits",
        who,
        rows=rows[:PER_PAGE],
        found=len(rows),
        due=sum(r["checked"] is None and r["due_on"] <= today for r in rows),
        done=sum(r["checked"] is not None for r in rows),
        today=today,
        tab="revisits",
        days=REVISIT_AFTER,
    )


@router.get("/campaign")
def campaign(request: Request, who: Reader) -> Response:
    """How far the sweep of the winter action is."""
    reading = reading_of(request)
    chosen = reading.choose(request, who, None, None)
    if chosen is None:
        return render(request, "nothing", who)
    today = now().astimezone().date()
    start, stop = campaign_of(settings_of(request).campaign, min(today, _horizon(chosen)))
    projects = reading.register(who, chosen.summary).projects
    visited = visited_since(reading.database.engine, who, start)
    checked = {row["project_id"] for row in projects if _checked(row, visited, start, stop)}
    left = [row for row in projects if row["project_id"] not in checked]
    left.sort(key=lambda row: (row["funding"] != "government", -row["probability"]))
    return render(
        request,
        "campaign",
        who,
        start=start,
        stop=stop,
        places=_by_place(projects, checked),
        total=len(projects),
        checked=len(checked),
        government=[row for row in projects if row["funding"] == "government"],
        government_checked=sum(
            row["funding"] == "government" and row["project_id"] in checked for row in projects
        ),
        left=left[:PER_PAGE],
        left_out=max(len(left) - PER_PAGE, 0),
        tab="campaign",
    )


def campaign_of(settings: CampaignSettings, day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day of the winter action that is on, or was the last, on ``day``.

    >>> campaign_of(CampaignSettings(), dt.date(2026, 1, 20))
    (datetime.date(2025, 11, 1), datetime.date(2026, 2, 15))
    >>> campaign_of(CampaignSettings(), dt.date(2025, 7, 1))
    (datetime.date(2024, 11, 1), datetime.date(2025, 2, 15))
    """
    month, number = (int(part) for part in settings.start.split("-"))
    start = dt.date(day.year, month, number)
    if start > day:
        start = start.replace(year=day.year - 1)
    month, number = (int(part) for part in settings.stop.split("-"))
    stop = dt.date(start.year, month, number)
    return start, stop if stop >= start else stop.replace(year=start.year + 1)


_STATES = ("open", "overdue", "closed")


def _matters(register: Register, reading: Any, who: Principal) -> list[Document]:
    standing = standings(reading.database.engine, who)
    return [{**one, "standing": standing.get(one["key"], UNTOUCHED)} for one in register.matters]


def _due(one: Document) -> dt.date | None:
    known = one["standing"].due_on
    return known or (dt.date.fromisoformat(one["due_on"]) if one["due_on"] else None)


def _is(one: Document, state: str, today: dt.date) -> bool:
    closed = one["standing"].closed
    if state == "closed":
        return bool(closed)
    due_on = _due(one)
    return not closed and (state == "open" or (due_on is not None and due_on < today))


def _day(value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _horizon(chosen: Any) -> dt.date:
    """Up to when the list can speak: pages show a past world with past dates."""
    latest: dt.date = chosen.summary.as_of + dt.timedelta(days=45)
    return latest


def _checked(row: Document, visited: Any, start: dt.date, stop: dt.date) -> bool:
    days = [visited.get(row["project_id"]), row["last_inspected_on"]]
    known = [dt.date.fromisoformat(str(one)) for one in days if one]
    return any(start <= one <= stop for one in known)


def _by_place(projects: Sequence[Document], checked: set[str]) -> list[tuple[str, int, int]]:
    found: dict[str, list[int]] = {}
    for row in projects:
        tally = found.setdefault(row["region_code"], [0, 0])
        tally[0] += 1
        tally[1] += row["project_id"] in checked
    return [(code, total, done) for code, (total, done) in sorted(found.items())]
