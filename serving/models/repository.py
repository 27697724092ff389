"""Models that scored published lists, with their cards, in the service database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from serving.db.tables import MODELS, WATCHLISTS
from serving.errors import ApiError


class ModelNotPublished(ApiError):
    """No list was published with this model."""

    code = "model_not_published"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class StoredModel:
    """A model that scored a published list. ``about`` holds its metadata.

    ``card_md`` and ``card_html`` hold its card by language.
    """

    version: str
    kind: str
    trained_at: dt.date
    about: Mapping[str, Any]
    card_md: Mapping[str, str]
    card_html: Mapping[str, str]


def save_model(connection: Connection, model: StoredModel, now: dt.datetime) -> None:
    """Insert a model with its card unless it is stored already."""
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


def list_models(engine: Engine) -> list[StoredModel]:
    """Return the models of published lists, the most recently added first."""
    with engine.connect() as connection:
        rows = connection.execute(select(MODELS).order_by(MODELS.c.stored_at.desc())).all()
    return [_model(row) for row in rows]


def stored_model(engine: Engine, version: str) -> StoredModel:
    """Return a model; ``champion`` is that of the newest list of projects.

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


def _model(row: Row[Any]) -> StoredModel:
    return StoredModel(row.version, row.kind, row.trained_at, row.about, row.card_md, row.card_html)
