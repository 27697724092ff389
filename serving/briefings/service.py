"""Creates and stores briefings."""

from __future__ import annotations

from dataclasses import dataclass

from risk.store.store import RecordStore
from serving.auth.project_regions import region_of_all
from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import Facts, collect_facts
from serving.briefings.figures import Figures, briefing_figures
from serving.briefings.period import Period
from serving.briefings.repository import Briefing, PeriodKind, insert_briefing
from serving.clock import now
from serving.db.database import Database
from serving.documents.formats import RENDERERS
from serving.documents.model import Document
from serving.settings import Settings


@dataclass(frozen=True)
class Monthly:
    """The briefing of a month, and its figures as data."""

    document: Document
    figures: Figures


def create_monthly(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Monthly:
    """Create the briefing of a month in the language of the settings.

    Raises:
        InconsistentDocument: figures disagree.
    """
    facts = _facts(store, database, settings, period, region)
    return Monthly(compose_monthly(facts, settings.language), briefing_figures(facts))


def create_yearly(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Document:
    """Create the work summary of a year in the language of the settings.

    Raises:
        InconsistentDocument: figures disagree.
    """
    return compose_yearly(_facts(store, database, settings, period, region), settings.language)


def store_briefing(
    database: Database, period: Period, figures: Figures, kind: str, body: bytes, by: str
) -> None:
    """Store a monthly briefing with its figures; identical content is stored once."""
    _store(database, period, figures.region, kind, body, by, figures)


def make_briefing(
    store: RecordStore,
    database: Database,
    settings: Settings,
    period: Period,
    region: str,
    by: str,
) -> int:
    """Create a briefing or yearly summary, store it in every format and return their number.

    Raises:
        InconsistentDocument: figures disagree.
    """
    facts = _facts(store, database, settings, period, region)
    figures = None if period.whole_year else briefing_figures(facts)
    compose = compose_yearly if period.whole_year else compose_monthly
    document = compose(facts, settings.language)
    for kind, render in RENDERERS.items():
        body = render(document, settings.language)
        _store(database, period, region, kind, body, by, figures)
    return len(RENDERERS)


def _store(
    database: Database,
    period: Period,
    region: str,
    kind: str,
    body: bytes,
    by: str,
    figures: Figures | None,
) -> None:
    with database.engine.connect() as connection:
        # A county on its own makes briefings of all regions: people of the county may read them.
        held_by = region or region_of_all(connection)
    span: PeriodKind = "year" if period.whole_year else "month"
    briefing = Briefing(0, period.start, held_by, kind, "", now(), by, span)
    insert_briefing(database.engine, briefing, body, figures)


def _facts(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Facts:
    return collect_facts(store, database, settings, period, region)
