from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from serving.db.database import Database
from serving.db.engine import DatabaseUnreachable, writing
from serving.db.migrate import HEAD, DatabaseTooNew
from serving.db.tables import METADATA, PROJECT_RISKS, SEALED, WATCHLIST_ENTRIES, WATCHLISTS
from serving.publishing.repository import store_publication
from serving.watchlists.repository import (
    AlreadyPublished,
    NothingPublished,
    NotPublished,
    ProjectNotScored,
    WatchlistRepository,
)

AS_OF = dt.date(2025, 6, 1)
EARLIER = dt.date(2025, 5, 1)


def test_watchlist_returns_the_published_bytes(database, publish, publication):
    done = publish()
    sealed = publication().seal()
    stored = WatchlistRepository(database).watchlist(AS_OF)
    assert (stored.body, stored.digest) == (sealed.watchlist.body, sealed.watchlist.digest)
    assert done.new
    assert done.digest == stored.digest
    assert [entry["rank"] for entry in json.loads(stored.body)["entries"]] == [1, 2, 3, 4]


def test_project_risk_exists_for_the_whole_cohort(database, publish, publication):
    publish()
    sealed = publication().seal()
    for project_id, risk in sealed.risks.items():
        assert WatchlistRepository(database).project_risk(project_id).body == risk.body
    assert json.loads(WatchlistRepository(database).project_risk("P/005").body)["listing"] is None


def test_store_publication_adds_entry_rows(database, publish):
    publish()
    with database.engine.connect() as connection:
        rows = connection.execute(
            select(WATCHLIST_ENTRIES).order_by(WATCHLIST_ENTRIES.c.rank)
        ).all()
    assert [row.project_id for row in rows] == ["P/000", "P/001", "P/002", "P/003"]
    assert (rows[3].selection, rows[3].draw_probability) == ("random", 0.25)


def test_summaries_name_author_and_time(database, publish):
    publish()
    [summary] = WatchlistRepository(database).summaries()
    assert summary.published_by == "李"
    assert summary.published_at == dt.datetime(2025, 6, 1, 8, 30, tzinfo=dt.UTC)
    assert (summary.entries, summary.cohort, summary.model_kind) == (4, 6, "scorecard")


def test_store_publication_is_idempotent(database, publish):
    first = publish()
    before = WatchlistRepository(database).summaries()
    again = publish()
    assert (again.digest, again.new) == (first.digest, False)
    assert WatchlistRepository(database).summaries() == before


def test_store_publication_refuses_another_list_of_the_same_day(database, publish):
    publish()
    before = WatchlistRepository(database).watchlist(AS_OF)
    with pytest.raises(AlreadyPublished):
        publish(listed=3)
    assert WatchlistRepository(database).watchlist(AS_OF) == before


def test_digest_covers_risks_of_unlisted_projects(publication):
    listed_same = publication(cohort=6).seal().watchlist.digest
    assert publication(cohort=5).seal().watchlist.digest != listed_same
    document = json.loads(publication(cohort=6).seal().watchlist.body)
    assert len(document["risks_digest"]) == 64


def test_watchlist_by_region(database, publish):
    publish()
    publish(region="990102", listed=2)
    assert (
        len(json.loads(WatchlistRepository(database).watchlist(AS_OF, "990102").body)["entries"])
        == 2
    )
    assert len(json.loads(WatchlistRepository(database).watchlist(AS_OF).body)["entries"]) == 4


def test_watchlist_without_as_of_is_the_newest(database, publish):
    publish(EARLIER)
    publish(AS_OF, version="2")
    assert json.loads(WatchlistRepository(database).watchlist(None).body)["as_of"] == "2025-06-01"
    assert (
        json.loads(WatchlistRepository(database).project_risk("P/000").body)["as_of"]
        == "2025-06-01"
    )
    assert (
        json.loads(WatchlistRepository(database).project_risk("P/000", EARLIER).body)["as_of"]
        == "2025-05-01"
    )
    assert WatchlistRepository(database).latest_as_of() == AS_OF
    previous = WatchlistRepository(database).previous(AS_OF, "")
    assert previous is not None
    assert json.loads(previous.body)["as_of"] == "2025-05-01"
    assert WatchlistRepository(database).previous(EARLIER, "") is None


def test_missing_lists_and_risks_raise(database, publish):
    assert WatchlistRepository(database).latest_as_of() is None
    with pytest.raises(NothingPublished):
        WatchlistRepository(database).watchlist(None)
    with pytest.raises(NothingPublished):
        WatchlistRepository(database).project_risk("P/000")
    publish()
    with pytest.raises(NotPublished, match="2025-06-01/"):
        WatchlistRepository(database).watchlist(EARLIER)
    with pytest.raises(NotPublished, match="990102"):
        WatchlistRepository(database).watchlist(None, "990102")
    with pytest.raises(NotPublished):
        WatchlistRepository(database).project_risk("P/000", EARLIER)
    with pytest.raises(ProjectNotScored):
        WatchlistRepository(database).project_risk("P/999")


@pytest.mark.parametrize("table", [WATCHLISTS, WATCHLIST_ENTRIES, PROJECT_RISKS])
def test_sealed_rows_refuse_update_and_delete(database, publish, table):
    publish()
    column = table.c.body if "body" in table.c else table.c.tier
    for statement in (update(table).values({column: b"x"}), delete(table)):
        with pytest.raises(DBAPIError, match="sealed"), database.engine.begin() as connection:
            connection.execute(statement)


def test_sealed_rows_refuse_replace(database, publish):
    publish()
    replace = text(
        "INSERT OR REPLACE INTO project_risks (watchlist_id, project_id, digest, body)"
        " SELECT watchlist_id, project_id, 'x', 'x' FROM project_risks"
        if database.engine.dialect.name == "sqlite"
        else "INSERT INTO project_risks SELECT * FROM project_risks"
        " ON CONFLICT (watchlist_id, project_id) DO UPDATE SET digest = 'x'"
    )
    with pytest.raises(DBAPIError, match="sealed"), database.engine.begin() as connection:
        connection.execute(replace)


def test_foreign_keys_are_enforced(database):
    row = {"watchlist_id": 99, "project_id": "P", "digest": "d", "body": b"{}"}
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(insert(PROJECT_RISKS), [row])


def test_migrations_create_the_tables(database):
    assert set(SEALED) < {table.name for table in METADATA.sorted_tables}
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migration_of_kinds_preserves_lists(database, publication):
    """The table of lists is made anew beside what points at it; nothing of it is lost."""
    moment = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    store_publication(database, publication().seal(), published_at=moment, published_by="x")
    before, risks = (
        WatchlistRepository(database).watchlist(AS_OF),
        WatchlistRepository(database).project_risks(AS_OF, ""),
    )
    with writing(database.engine).begin() as connection:
        config = Config()
        config.set_main_option("script_location", "serving.db:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        command.upgrade(config, "head")
    assert (
        WatchlistRepository(database).watchlist(AS_OF),
        WatchlistRepository(database).project_risks(AS_OF, ""),
    ) == (before, risks)
    assert [one.kind for one in WatchlistRepository(database).summaries()] == ["project"]
    with pytest.raises(DBAPIError, match="sealed"), database.engine.begin() as connection:
        connection.execute(delete(WATCHLISTS))


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", "serving.db:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_database_opened_concurrently_is_migrated_once(tmp_path, publication):
    url = f"sqlite:///{tmp_path}/new.sqlite"
    sealed = publication().seal()
    moment = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)

    def publish_into(number: int) -> bool:
        with Database(url) as database:
            return store_publication(
                database, sealed, published_at=moment, published_by=str(number)
            ).new

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(publish_into, range(4))) == [False, False, False, True]


def test_database_of_a_later_version_is_refused(database, database_url):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew):
        Database(database_url)


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/at/all.sqlite", "nonsense://x", "postgresql+nodriver://u:secret@h/d"],
)
def test_database_unreachable_hides_the_password(url):
    with pytest.raises(DatabaseUnreachable) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_database_refuses_other_files(tmp_path):
    (tmp_path / "service.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DatabaseUnreachable):
        Database(f"sqlite:///{tmp_path}/service.sqlite")
