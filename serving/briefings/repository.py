"""What was made once and is read as it is: briefings, the eight rates, models with their cards."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, insert, select

from serving.auth.jurisdiction import overlaps, within
from serving.auth.principal import Principal
from serving.db.engine import utc, writing
from serving.db.pagination import Page, Wanted, page
from serving.db.tables import BRIEFINGS, INDICATORS, MODELS, WATCHLISTS
from serving.errors import ApiError


class BriefingUnknown(ApiError):
    """There is no such briefing in the region."""

    code = "briefing_unknown"
    status = HTTPStatus.NOT_FOUND


class ModelNotPublished(ApiError):
    """No list was published with this model."""

    code = "model_not_published"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class Briefing:
    """A monthly briefing without its body."""

    id: int
    month: dt.date
    region: str
    format: str
    digest: str
    made_at: dt.datetime
    made_by: str


@dataclass(frozen=True)
class CountyRates:
    """The eight rates of a county in a month as known at ``as_of``; see ``risk.indicators``."""

    as_of: dt.date
    region_code: str
    month: dt.date
    rates: Mapping[str, Any]


@dataclass(frozen=True)
class ModelOnShelf:
    """A model that scored a published list. ``about`` is what was stored with it.

    ``card_md`` and ``card_html`` hold its card by language.
    """

    version: str
    kind: str
    trained_at: dt.date
    about: Mapping[str, Any]
    card_md: Mapping[str, str]
    card_html: Mapping[str, str]


def keep_briefing(engine: Engine, briefing: Briefing, body: bytes) -> None:
    """Keep a briefing; nothing if the very same is there."""
    digest = hashlib.sha256(body).hexdigest()
    with writing(engine).begin() as connection:
        same = select(BRIEFINGS.c.id).where(
            BRIEFINGS.c.month == briefing.month,
            BRIEFINGS.c.region == briefing.region,
            BRIEFINGS.c.format == briefing.format,
            BRIEFINGS.c.digest == digest,
        )
        if connection.execute(same).first() is None:
            connection.execute(
                insert(BRIEFINGS).values(
                    month=briefing.month,
                    region=briefing.region,
                    format=briefing.format,
                    digest=digest,
                    body=body,
                    made_at=briefing.made_at,
                    made_by=briefing.made_by,
                )
            )


def list_briefings(engine: Engine, principal: Principal, wanted: Wanted) -> Page[Briefing]:
    """The briefings of the region, newest first."""
    columns = [BRIEFINGS.c[name] for name in Briefing.__dataclass_fields__]
    query = select(*columns).where(within(BRIEFINGS.c.region, principal))
    with engine.connect() as connection:
        rows, after = page(connection, query, BRIEFINGS.c.id, wanted, newest_first=True)
    return Page([_briefing(row) for row in rows], after)


def read_briefing(engine: Engine, number: int, principal: Principal) -> tuple[Briefing, bytes]:
    """A briefing and its body.

    Raises:
        BriefingUnknown: there is none in the principal's region.
    """
    query = select(BRIEFINGS).where(BRIEFINGS.c.id == number, within(BRIEFINGS.c.region, principal))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise BriefingUnknown(number=number)
    return _briefing(row), bytes(row.body)


def keep_rates(connection: Connection, rates: Sequence[CountyRates]) -> None:
    """Keep the rates that are not kept yet."""
    rows = [
        {"as_of": one.as_of, "region_code": one.region_code, "month": one.month, "rates": one.rates}
        for one in rates
    ]
    known = {
        (row.region_code, row.month)
        for as_of in {one.as_of for one in rates}
        for row in connection.execute(
            select(INDICATORS.c.region_code, INDICATORS.c.month).where(INDICATORS.c.as_of == as_of)
        )
    }
    rows = [row for row in rows if (row["region_code"], row["month"]) not in known]
    if rows:
        connection.execute(insert(INDICATORS), rows)


def list_rates(
    engine: Engine, principal: Principal, wanted: Wanted, as_of: dt.date | None, digits: int
) -> Page[CountyRates]:
    """The rates of the region's places as of ``as_of``, the newest there are for None.

    ``digits``: how long the codes of these places are.
    """
    newest = select(func.max(INDICATORS.c.as_of)).scalar_subquery()
    day = INDICATORS.c.as_of == (newest if as_of is None else as_of)
    here = overlaps(INDICATORS.c.region_code, principal)
    long = func.length(INDICATORS.c.region_code) == digits
    query = select(INDICATORS).where(and_(day, here, long))
    with engine.connect() as connection:
        rows, after = page(connection, query, INDICATORS.c.id, wanted)
    return Page([CountyRates(r.as_of, r.region_code, r.month, r.rates) for r in rows], after)


def keep_model(connection: Connection, model: ModelOnShelf, now: dt.datetime) -> None:
    """Keep a model with its card, if it is not kept yet."""
    known = select(MODELS.c.version).where(MODELS.c.version == model.version)
    if connection.execute(known).first() is None:
        connection.execute(
            insert(MODELS).values(
                version=model.version,
                kind=model.kind,
                trained_at=model.trained_at,
                about=dict(model.about),
                card_md=dict(model.card_md),
                card_html=dict(model.card_html),
                stored_at=now,
            )
        )


def list_models(engine: Engine) -> list[ModelOnShelf]:
    """The models lists were published with, the one first seen last first."""
    with engine.connect() as connection:
        rows = connection.execute(select(MODELS).order_by(MODELS.c.stored_at.desc())).all()
    return [_model(row) for row in rows]


def model_on_shelf(engine: Engine, version: str) -> ModelOnShelf:
    """A model; ``champion`` is the one of the newest list of projects.

    Raises:
        ModelNotPublished: no list was published with it.
    """
    query = select(MODELS).where(MODELS.c.version == version)
    if version == "champion":
        newest = (
            select(WATCHLISTS.c.model_version)
            .where(WATCHLISTS.c.kind == "project")
            .order_by(WATCHLISTS.c.as_of.desc(), WATCHLISTS.c.id.desc())
        )
        query = select(MODELS).where(MODELS.c.version == newest.limit(1).scalar_subquery())
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise ModelNotPublished(version=version)
    return _model(row)


def _briefing(row: Row[Any]) -> Briefing:
    return Briefing(
        row.id, row.month, row.region, row.format, row.digest, utc(row.made_at), row.made_by
    )


def _model(row: Row[Any]) -> ModelOnShelf:
    return ModelOnShelf(
        row.version, row.kind, row.trained_at, row.about, row.card_md, row.card_html
    )
