"""/map: the projects of the region on a map, and the order of visits for a day."""

from __future__ import annotations

import logging
import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from serving.auth.dependencies import require
from serving.auth.principal import Principal
from serving.auth.roles import Permission
from serving.db.byte_cache import ByteCache
from serving.http.dependencies import settings_of
from serving.http.parameters import IsoDate
from serving.outcomes.repository import visits_of
from serving.watchlists.outlines import Outline, OutlinesUnreadable, outlines_within, read_outlines
from serving.watchlists.reader import ChosenList, Document, reader_of
from serving.watchlists.route_planning import short_order, way
from serving.watchlists.scored_projects import ScoredProjects
from serving.web.render import render
from serving.web.svg import MapProjection, dots, fit_projection

router = APIRouter(include_in_schema=False)

MOST_LINKED = 400
"""Number of clickable projects; the others are plain points, to keep the page small."""

MOST_STOPS = 30
_LINK_BYTES = 1_000
"""About the bytes of a linked project in memory."""

_MOST_AREAS = 40
_MOST_OUTLINES = 200
_STEP = 1.5
"""Pixels between corners of an outline: a page stays below 200 kB."""

_LOG = logging.getLogger(__name__)
_TIERS = ("red", "orange", "yellow", "blue")

Reader = Annotated[Principal, require(Permission.READ_LISTS)]


@router.get("/map")
def overview(
    request: Request, principal: Reader, as_of: IsoDate | None = None, region: str | None = None
) -> Response:
    """The map."""
    reader = reader_of(request)
    chosen = reader.choose(request, principal, as_of, region)
    if chosen is None:
        return render(request, "nothing", principal)
    scored = reader.scored(principal, chosen.summary)
    scored.require_all()
    outlines, unreadable = _outlines(request, principal.region or chosen.summary.region)
    drawing = _drawn_before(request, principal, chosen, scored, outlines)
    return render(
        request,
        "map",
        principal,
        chosen=chosen,
        projects=sum(drawing.tiers.values()),
        placed=drawing.placed,
        drawing=drawing.document,
        unreadable=unreadable,
        listed=drawing.listed,
        visits=visits_of(reader.database.engine, principal, chosen.summary.as_of),
        tiers=[(tier, drawing.tiers.get(tier, 0)) for tier in _TIERS],
    )


@dataclass(frozen=True)
class Drawing:
    """A drawing, None without projects that have coordinates, and their number.

    ``tiers`` counts all projects, ``listed`` are those on the list.
    """

    placed: int
    document: Document | None
    outlines: Sequence[Outline]
    tiers: Mapping[str, int]
    listed: Sequence[Document]

    @property
    def size(self) -> int:
        """About the bytes it takes in memory."""
        rows = _LINK_BYTES * (1 + len(self.listed))
        if self.document is None:
            return rows
        paths = [*self.document["points"].values()]
        paths += [area.get("path", "") for area in self.document["areas"]]
        return sum(map(len, paths)) + rows + _LINK_BYTES * len(self.document["linked"])


def _drawn_before(
    request: Request,
    principal: Principal,
    chosen: ChosenList,
    scored: ScoredProjects,
    outlines: Sequence[Outline],
) -> Drawing:
    """Return the drawing of a list for the region of the principal.

    It changes only with the outlines, which are the same objects while their file is the same.
    """
    drawings: ByteCache[tuple[object, ...], Drawing] = reader_of(request).drawings
    key = (chosen.summary.digest, principal.region)
    found = drawings.get(key)
    if found is None or not _are_same(found.outlines, outlines):
        found = _draw(scored, outlines)
        drawings.put(key, found, found.size)
    return found


def _are_same(some: Sequence[Outline], others: Sequence[Outline]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


def _draw(scored: ScoredProjects, outlines: Sequence[Outline]) -> Drawing:
    placed = [dict(row._mapping) for row in scored.placed()]
    of_list = (outlines, scored.tiers(), scored.listed(MOST_LINKED))
    if not placed:
        return Drawing(0, None, *of_list)
    linked = scored.by_id([row["project_id"] for row in placed[:MOST_LINKED]])
    rows = [linked.get(row["project_id"], row) for row in placed]
    return Drawing(len(placed), _drawing(rows, outlines), *of_list)


@router.get("/route")
def route(
    request: Request,
    principal: Reader,
    stop: Annotated[list[str] | None, Query(max_length=200)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
) -> Response:
    """The chosen projects in an order with a short route."""
    reader = reader_of(request)
    chosen = reader.choose(request, principal, None, None)
    if chosen is None:
        return render(request, "nothing", principal)
    rows = reader.scored(principal, chosen.summary).by_id(stop or ())
    wanted = [rows[one] for one in dict.fromkeys(stop or ()) if one in rows][:MOST_STOPS]
    placed = [r for r in wanted if r["latitude"] is not None and r["longitude"] is not None]
    start = None if lat is None or lon is None else (lat, lon)
    points = [(row["latitude"], row["longitude"]) for row in placed]
    order = short_order(points, start)
    steps = way(points, order, start)
    return render(
        request,
        "route",
        principal,
        stops=[(placed[i], km) for i, km in zip(order, steps, strict=True)],
        total=sum(steps),
        unplaced=[row for row in wanted if row not in placed],
        left_out=len(stop or ()) > MOST_STOPS,
        start=start,
        drawing=_way_drawing(points, order, start) if points else None,
    )


def _outlines(request: Request, region: str) -> tuple[Sequence[Outline], bool]:
    """Return the outlines of the region, and whether their file could not be read."""
    workspace, name = request.app.state.workspace, settings_of(request).map.outlines_file
    if not name or workspace is None:
        return (), False
    try:
        return outlines_within(read_outlines(workspace.root / name), region), False
    except OutlinesUnreadable as error:
        _LOG.warning("%s", error)
        return (), True


def _drawing(rows: Sequence[Document], outlines: Sequence[Outline] = ()) -> Document:
    """Return the drawing: linked projects (highest risk on top), points by tier, areas.

    ``rows`` are in the order of :meth:`ScoredProjects.placed`.
    """
    corners = [at for outline in outlines for ring in outline.rings for at in ring]
    frame = fit_projection([*((row["latitude"], row["longitude"]) for row in rows), *corners])
    linked, others = rows[:MOST_LINKED], rows[MOST_LINKED:]
    return {
        "width": frame.width,
        "height": frame.height,
        "linked": [{"row": row, "at": _at(frame, row)} for row in reversed(linked)],
        "points": {
            tier: dots(_at(frame, row) for row in others if row["tier"] == tier) for tier in _TIERS
        },
        "areas": _drawn(frame, outlines) if outlines else _areas(frame, rows),
    }


def _at(frame: MapProjection, row: Document) -> tuple[float, float]:
    return frame.place(row["latitude"], row["longitude"])


def _drawn(frame: MapProjection, outlines: Sequence[Outline]) -> list[Document]:
    """Return the outlines as paths, without corners that would fall on the one before."""
    areas: list[Document] = []
    for one in outlines[:_MOST_OUTLINES]:
        rings = [_thinned([frame.place(*at) for at in ring]) for ring in one.rings]
        largest = max(rings, key=len)
        areas.append(
            {
                "code": one.region_code,
                "name": one.name,
                "path": "".join(f"M{' '.join(f'{x:g},{y:g}' for x, y in ring)}Z" for ring in rings),
                "x": sum(x for x, _ in largest) / len(largest),
                "y": sum(y for _, y in largest) / len(largest),
            }
        )
    return areas


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that lie at least ``_STEP`` from the one kept before."""
    found = [points[0]]
    for x, y in points[1:]:
        if abs(x - found[-1][0]) + abs(y - found[-1][1]) >= _STEP:
            found.append((x, y))
    return found


def _areas(frame: MapProjection, rows: Sequence[Document]) -> list[Document]:
    """Return where the name of each county is written, or of each township within one county.

    It is the middle of its projects. No border is drawn: where it lies only an outline can say.
    """
    counties = {row["region_code"][:6] for row in rows}
    digits = 9 if len(counties) == 1 else 6
    members: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        members[row["region_code"][:digits]].append(_at(frame, row))
    areas: list[Document] = []
    for code, points in sorted(members.items())[:_MOST_AREAS]:
        x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
        areas.append({"code": code, "x": x, "y": y})
    return areas


def _way_drawing(
    points: Sequence[tuple[float, float]], order: Sequence[int], start: tuple[float, float] | None
) -> Document:
    every = [*points, *([start] if start else [])]
    frame = fit_projection(every, width=640, most=420)
    stops = [frame.place(*points[i]) for i in order]
    began: list[Any] = [frame.place(*start)] if start else []
    line = " ".join(f"{x:g},{y:g}" for x, y in [*began, *stops])
    return {
        "width": frame.width,
        "height": frame.height,
        "stops": stops,
        "line": line,
        "start": began[0] if began else None,
    }
