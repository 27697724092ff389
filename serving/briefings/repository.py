"""Rendered briefings in the service database."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, insert, or_, select

from serving.auth.jurisdiction import within
from serving.auth.principal import Principal
from serving.auth.project_regions import own_region
from serving.db.engine import utc, writing
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import BRIEFING_FIGURES, BRIEFINGS
from serving.errors import ApiError

if TYPE_CHECKING:
    from serving.briefings.figures import Figures


PeriodKind = Literal["month", "year"]


class BriefingUnknown(ApiError):
    """The region has no such briefing."""

    code = "briefing_unknown"
    status = HTTPStatus.NOT_FOUND


class BriefingFiguresUnknown(ApiError):
    """The briefing was made before figures were stored."""

    code = "briefing_figures_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Briefing:
    """The briefing of a month or the summary of a year, without its content.

    ``month`` is the first day of the ``period``, ``region`` the smallest that holds all of it.
    """

    id: int
    month: dt.date
    region: str
    format: str
    digest: str
    made_at: dt.datetime
    made_by: str
    period: PeriodKind = "month"

    @property
    def label(self) -> str:
        """The period as ``2025-03``, or as ``2025``."""
        return f"{self.month:%Y-%m}" if self.period == "month" else f"{self.month:%Y}"


def insert_briefing(
    engine: Engine, briefing: Briefing, body: bytes, figures: Figures | None = None
) -> None:
    """Insert a briefing unless the same period, region, format and content is stored.

    Its ``figures`` are added unless it has some.
    """
    digest = hashlib.sha256(body).hexdigest()
    same = select(BRIEFINGS.c.id).where(
        BRIEFINGS.c.month == briefing.month,
        BRIEFINGS.c.period == briefing.period,
        BRIEFINGS.c.region == briefing.region,
        BRIEFINGS.c.format == briefing.format,
        BRIEFINGS.c.digest == digest,
    )
    row = {
        "month": briefing.month,
        "period": briefing.period,
        "region": briefing.region,
        "format": briefing.format,
        "digest": digest,
        "body": body,
        "made_at": briefing.made_at,
        "made_by": briefing.made_by,
    }
    with writing(engine).begin() as connection:
        number = connection.execute(same).scalar()
        if number is None:
            connection.execute(insert(BRIEFINGS).values(row))
            number = connection.execute(same).scalar_one()
        if figures is not None:
            _insert_figures(connection, number, figures)


def _insert_figures(connection: Connection, number: int, figures: Figures) -> None:
    has = select(BRIEFING_FIGURES.c.id).where(BRIEFING_FIGURES.c.briefing_id == number)
    if connection.execute(has).first() is None:
        body = json.loads(json.dumps(asdict(figures), default=str))
        connection.execute(insert(BRIEFING_FIGURES).values(briefing_id=number, body=body))


def list_briefings(engine: Engine, principal: Principal, wanted: PageRequest) -> Page[Briefing]:
    """Return the briefings of the region, newest first."""
    columns = [BRIEFINGS.c[name] for name in Briefing.__dataclass_fields__]
    with engine.connect() as connection:
        query = select(*columns).where(_may_read(connection, principal))
        rows, after = page(connection, query, BRIEFINGS.c.id, wanted, newest_first=True)
    return Page([_briefing(row) for row in rows], after)


def list_periods(
    engine: Engine, principal: Principal, most: int, skip: int = 0
) -> tuple[Sequence[Briefing], bool]:
    """Return the files of ``most`` periods and regions after ``skip``, and whether there are more.

    The latest period comes first, all of its files together.
    """
    of_period = ("month", "period", "region")
    order = [BRIEFINGS.c[name].desc() for name in (*of_period, "id")]
    columns = [BRIEFINGS.c[name] for name in Briefing.__dataclass_fields__]
    with engine.connect() as connection:
        may_read = _may_read(connection, principal)
        earliest = connection.execute(_earliest_month(may_read, skip + most)).scalar()
        shown = [may_read] if earliest is None else [may_read, BRIEFINGS.c.month >= earliest]
        rows = connection.execute(select(*columns).where(*shown).order_by(*order)).all()
    periods = groupby(map(_briefing, rows), key=attrgetter(*of_period))
    found = [list(files) for _, files in periods]
    return list(chain.from_iterable(found[skip : skip + most])), len(found) > skip + most


def _earliest_month(may_read: ColumnElement[bool], periods: int) -> Select[tuple[dt.date, str]]:
    """Query of a month since which there are more than ``periods`` periods and regions.

    It reads an index only. The kind of period is stored behind the content of each file, and to
    read it of every file takes as long as to read them all.
    """
    months = select(BRIEFINGS.c.month, BRIEFINGS.c.region).where(may_read).distinct()
    latest = months.order_by(BRIEFINGS.c.month.desc(), BRIEFINGS.c.region.desc())
    return latest.offset(periods).limit(1)


def read_briefing(engine: Engine, number: int, principal: Principal) -> tuple[Briefing, bytes]:
    """Return a briefing and its content.

    Raises:
        BriefingUnknown: the principal's region has no such briefing.
    """
    with engine.connect() as connection:
        allowed = _may_read(connection, principal)
        query = select(BRIEFINGS).where(BRIEFINGS.c.id == number, allowed)
        row = connection.execute(query).first()
    if row is None:
        raise BriefingUnknown(number=number)
    return _briefing(row), bytes(row.body)


def read_figures(engine: Engine, number: int, principal: Principal) -> dict[str, Any]:
    """Return the figures of a briefing as data of :class:`serving.briefings.figures.Figures`.

    Raises:
        BriefingUnknown: the principal's region has no such briefing.
        BriefingFiguresUnknown: it was made before figures were stored.
    """
    with engine.connect() as connection:
        query = (
            select(BRIEFINGS.c.id, BRIEFING_FIGURES.c.body)
            .outerjoin(BRIEFING_FIGURES, BRIEFING_FIGURES.c.briefing_id == BRIEFINGS.c.id)
            .where(BRIEFINGS.c.id == number, _may_read(connection, principal))
        )
        row = connection.execute(query).first()
    if row is None:
        raise BriefingUnknown(number=number)
    if row.body is None:
        raise BriefingFiguresUnknown(number=number)
    return dict(row.body)


def _may_read(connection: Connection, principal: Principal) -> ColumnElement[bool]:
    """Return the condition that a briefing is of the principal's region.

    Where the region holds every known project, that includes briefings of all regions.
    """
    here = within(BRIEFINGS.c.region, principal)
    whole = own_region(connection, principal) == ""
    return or_(here, BRIEFINGS.c.region == "") if whole else here


def _briefing(row: Row[Any]) -> Briefing:
    values = {name: row._mapping[name] for name in Briefing.__dataclass_fields__}
    return Briefing(**{**values, "made_at": utc(values["made_at"])})
