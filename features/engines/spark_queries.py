"""Queries over records as known before a date, run by Spark and written to files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from risk.store.known_query import SETTLED, KnownQuery

if TYPE_CHECKING:
    from features.engines.spark import SparkEngine


def write_queries(
    engine: SparkEngine, as_of: dt.date, queries: Iterable[KnownQuery], folder: str
) -> None:
    """Write the rows of each of ``queries`` to ``FOLDER/NAME/part-*.parquet``.

    The tables that they read are computed once.
    """
    engine.view(SETTLED.name, SETTLED.sql(as_of), materialised=True)
    for query in queries:
        for table in query.reads:
            engine.view(table.name, table.sql(as_of, SETTLED.name), materialised=True)
        rows = engine.frame(query.sql(as_of, SETTLED.name))
        rows.write.mode("overwrite").parquet(f"{folder}/{query.name}")
