"""Copies of registered versions, and the steps of changes, in the service database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from serving.db.engine import utc, writing
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import MODEL_STEPS, REGISTRY_VERSIONS

T = TypeVar("T")


@dataclass(frozen=True)
class RegistryVersion:
    """A registered version as of ``seen_at``; the cards are by language, empty for most."""

    version: str
    unit: str
    kind: str
    trained_at: dt.date
    aliases: list[str]
    about: Mapping[str, Any]
    changes: list[Mapping[str, Any]]
    card_md: Mapping[str, str]
    card_html: Mapping[str, str]
    seen_at: dt.datetime


@dataclass(frozen=True)
class ModelStep:
    """One step of a change; the newest decides where the change is.

    ``owner`` is the person behind ``by``, which may be a token; None if it is not known.
    """

    change_id: str
    step: str
    action: str
    unit: str
    version: str
    text: str
    by: str
    at: dt.datetime
    owner: str | None = None


def replace_versions(engine: Engine, versions: Sequence[RegistryVersion]) -> None:
    """Replace all copies by ``versions``."""
    with writing(engine).begin() as connection:
        connection.execute(delete(REGISTRY_VERSIONS))
        if versions:
            connection.execute(insert(REGISTRY_VERSIONS), [asdict(one) for one in versions])


def list_versions(connection: Connection) -> list[RegistryVersion]:
    """Return all copies, those of projects first, in the order of their registration."""
    query = select(REGISTRY_VERSIONS).order_by(
        REGISTRY_VERSIONS.c.unit.desc(), REGISTRY_VERSIONS.c.id
    )
    return [_read(RegistryVersion, row) for row in connection.execute(query)]


def add_step(connection: Connection, step: ModelStep) -> None:
    """Add a step."""
    connection.execute(insert(MODEL_STEPS).values(asdict(step)))


def steps_of(connection: Connection, change_id: str) -> list[ModelStep]:
    """Return the steps of a change, oldest first."""
    query = select(MODEL_STEPS).where(MODEL_STEPS.c.change_id == change_id)
    return [_read(ModelStep, row) for row in connection.execute(query.order_by(MODEL_STEPS.c.id))]


def list_steps(engine: Engine, request: PageRequest) -> Page[ModelStep]:
    """Return a page of the steps of all changes, newest first."""
    with engine.connect() as connection:
        rows, after = page(
            connection, select(MODEL_STEPS), MODEL_STEPS.c.id, request, newest_first=True
        )
    return Page([_read(ModelStep, row) for row in rows], after)


def _read(kind: type[T], row: Row[Any]) -> T:
    values = {field.name: row._mapping[field.name] for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: utc(v) if isinstance(v, dt.datetime) else v for k, v in values.items()})
