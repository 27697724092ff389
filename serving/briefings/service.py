"""Makes briefings and keeps them where the API and the pages find them."""

from __future__ import annotations

import datetime as dt

from risk.store.store import RecordStore
from serving.briefings.compose import monthly, yearly
from serving.briefings.facts import Facts, gather_facts
from serving.briefings.period import Period
from serving.briefings.repository import Briefing, keep_briefing
from serving.db.database import Database
from serving.documents.model import Paper
from serving.settings import Settings


def monthly_paper(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Paper:
    """The briefing of a month, in the language of the settings.

    Raises:
        BriefingContradicts: its figures disagree.
    """
    return monthly(_facts(store, database, settings, period, region), settings.language)


def yearly_paper(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Paper:
    """The work summary of a year.

    Raises:
        BriefingContradicts: its figures disagree.
    """
    return yearly(_facts(store, database, settings, period, region), settings.language)


def keep(database: Database, period: Period, region: str, kind: str, body: bytes, by: str) -> None:
    """Keep a monthly briefing as it was made; the very same is kept once."""
    now = dt.datetime.now(dt.UTC)
    keep_briefing(database.engine, Briefing(0, period.start, region, kind, "", now, by), body)


def _facts(
    store: RecordStore, database: Database, settings: Settings, period: Period, region: str
) -> Facts:
    return gather_facts(store, database, settings, period, region)
