"""Creates and stores briefings."""

from __future__ import annotations

from dataclasses import dataclass

from risk.store.store import RecordStore
from serving.briefings.compose import compose_monthly, compose_yearly
from serving.briefings.facts import Facts, collect_facts
from serving.briefings.figures import Figures, briefing_figures
from serving.briefings.period import Period
from serving.briefings.repository import Briefing, insert_briefing
from serving.clock import now
from serving.db.database import Database
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
    briefing = Briefing(0, period.start, figures.region, kind, "", now(), by)
    insert_briefing(database.engine, briefing, body, figures)


def _facts(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Facts:
    return collect_facts(store, database, settings, period, region)
