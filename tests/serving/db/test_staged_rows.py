"""Rows of a list are made without the write lock of SQLite, and stored all or not at all."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest
from sqlalchemy import func, inspect, select

from serving.db.database import Database
from serving.db.staged_rows import staging
from serving.db.tables import EVENTS, PROJECT_RISKS, WATCHLIST_ENTRIES, WATCHLISTS
from serving.publishing.repository import store_publication
from serving.watchlists.events import record_publication, stage_events

from ..conftest import AS_OF, PUBLISHED_AT, make_publication

RISK = {"digest": "0" * 64, "body": b"x", "region_code": "9901", "tier": "red", "probability": 0.5}


def risks(*numbers):
    return [{"project_id": f"P-{number}", **RISK} for number in numbers]


def stored(database, table=PROJECT_RISKS):
    with database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def publish(database, **made):
    sealed = make_publication(**made).seal()
    store_publication(database, sealed, published_at=PUBLISHED_AT, published_by="李")
    return sealed


def test_others_write_while_the_rows_of_a_list_are_staged(tmp_path):
    with Database(f"sqlite:///{tmp_path / 'service.db'}") as database:
        publish(database)
        other = sqlite3.connect(tmp_path / "service.db", timeout=0, isolation_level=None)
        seen = []

        def batches():
            for number in (1, 2):
                yield risks(number)
                other.execute("INSERT INTO probes (at) VALUES ('2025-06-01 00:00:00')")
                seen.append(other.execute("SELECT count(*) FROM project_risks").fetchone()[0])

        before = stored(database)
        with staging(database.engine) as (connection, staged):
            with connection.begin():
                staged.add(PROJECT_RISKS, batches())
            with connection.execution_options(writing=True).begin():
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("INSERT INTO probes (at) VALUES ('2025-06-02 00:00:00')")
                staged.insert_list(1)
        other.close()
        assert seen == [before, before]
        assert stored(database) == before + 2


def test_rows_that_cannot_be_made_leave_nothing(database):
    publish(database)
    before = stored(database)

    def batches():
        yield risks(1)
        raise ArithmeticError

    def attempt():
        with staging(database.engine) as (connection, staged):
            with connection.begin():
                staged.add(PROJECT_RISKS, batches())
            # On PostgreSQL rows are made when they are inserted.
            with connection.begin():
                staged.insert_list(1)

    for _ in range(2):
        with pytest.raises(ArithmeticError):
            attempt()
    assert stored(database) == before
    with database.engine.connect() as connection:
        assert not [n for n in inspect(connection).get_temp_table_names() if "staged" in n]


def test_a_list_is_stored_whole_with_its_rows_in_order(database):
    sealed = publish(database, listed=3, cohort=5)
    publish(database, listed=3, cohort=5)
    assert (stored(database, WATCHLISTS), stored(database), stored(database, EVENTS)) == (1, 5, 4)
    with database.engine.connect() as connection:
        entries = connection.execute(select(WATCHLIST_ENTRIES.c.rank)).scalars().all()
        types = connection.execute(select(EVENTS.c.type).order_by(EVENTS.c.id)).scalars().all()
        ids = connection.execute(select(PROJECT_RISKS.c.project_id)).scalars().all()
    assert sorted(entries) == [1, 2, 3]
    assert types[0] == "watchlist.published"
    assert sorted(ids) == sorted(sealed.risks)


def test_events_compare_with_a_list_that_was_stored_since_they_were_staged(database):
    sealed = make_publication(cohort=5).seal()
    earlier = AS_OF - dt.timedelta(days=30)
    with staging(database.engine) as (connection, staged):
        with connection.begin():
            found = stage_events(connection, staged, sealed, PUBLISHED_AT)
        publish(database, cohort=5, as_of=earlier)
        before = stored(database, EVENTS)
        with connection.execution_options(writing=True).begin():
            record_publication(connection, staged, sealed, found, PUBLISHED_AT)
    assert found.since is None
    # Each project has its tier of the earlier list, so that none changed.
    assert stored(database, EVENTS) - before == 1
