"""The queries of publishing that Spark can run: what a list shows besides scores and red flags."""

from __future__ import annotations

from risk.store.known_query import KnownQuery
from serving.publishing.timeline import TIMELINES
from serving.snapshot.owed_by_month import OWED_BY_MONTH
from serving.snapshot.payment_history import MONEY
from serving.snapshot.wages_owed import TEAMS_OWED

DOSSIERS_FOLDER = "_dossiers"
"""Its name in the folder of a date. Readers of Parquet pass over names that begin with an
underscore."""


def dossier_queries() -> tuple[KnownQuery, ...]:
    """All of them."""
    return (TIMELINES, MONEY, TEAMS_OWED, OWED_BY_MONTH)
