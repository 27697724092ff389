"""A write that shows whether the service database can be written now."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, insert, update

from serving.db.engine import writing
from serving.db.tables import PROBES


def write_probe(engine: Engine, now: dt.datetime) -> None:
    """Store ``now`` in the only row of a table of its own; errors of the database are raised."""
    with writing(engine).begin() as connection:
        if connection.execute(update(PROBES).values(at=now)).rowcount == 0:
            connection.execute(insert(PROBES).values(id=1, at=now))
