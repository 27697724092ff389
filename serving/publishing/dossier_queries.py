"""The queries of publishing that Spark can run: what a list shows besides scores and red flags."""

from __future__ import annotations

from risk.indicator_sql import rates_query
from risk.store.known_query import KnownQuery
from risk.unit_kinds import Kind
from serving.publishing.timeline import TIMELINES
from serving.snapshot.owed_by_month import OWED_BY_MONTH
from serving.snapshot.payment_history import MONEY
from serving.snapshot.wages_owed import TEAMS_OWED

DOSSIERS_FOLDER = "_dossiers"
"""Its name in the folder of a date. Readers of Parquet pass over names that begin with an
underscore."""


RATE_MONTHS = 24
"""A year, and the one before to compare it with."""


def dossier_queries(kind: Kind, transfer_days: int) -> tuple[KnownQuery, ...]:
    """All of them for units of ``kind``; lists of employers come without rates of counties."""
    of_counties = (rates_query(RATE_MONTHS, transfer_days),) if kind == "project" else ()
    return (TIMELINES, MONEY, TEAMS_OWED, OWED_BY_MONTH, *of_counties)
