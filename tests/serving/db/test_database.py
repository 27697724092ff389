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


def test_what_is_published_is_read_back_byte_for_byte(database, publish, publication):
    done = publish()
    sealed = publication().seal()
    stored = WatchlistRepository(database).watchlist(AS_OF)
    assert (stored.body, stored.digest) == (sealed.watchlist.body, sealed.watchlist.digest)
    assert done.new
    assert done.digest == stored.digest
    assert [entry["rank"] for entry in json.loads(stored.body)["entries"]] == [1, 2, 3, 4]


def test_every_project_of_the_cohort_has_its_risk(database, publish, publication):
    publish()
    sealed = publication().seal()
    for project_id, risk in sealed.risks.items():
        assert WatchlistRepository(database).project_risk(project_id).body == risk.body
    assert json.loads(WatchlistRepository(database).project_risk("P/005").body)["listing"] is None


def test_entries_are_kept_as_rows(database, publish):
    publish()
    with database.engine.connect() as connection:
        rows = connection.execute(
            select(WATCHLIST_ENTRIES).order_by(WATCHLIST_ENTRIES.c.rank)
        ).all()
    assert [row.project_id for row in rows] == ["P/000", "P/001", "P/002", "P/003"]
    assert (rows[3].selection, rows[3].draw_probability) == ("random", 0.25)


def test_the_summary_says_who_published_when(database, publish):
    publish()
    [summary] = WatchlistRepository(database).summaries()
    assert summary.published_by == "李"
    assert summary.published_at == dt.datetime(2025, 6, 1, 8, 30, tzinfo=dt.UTC)
    assert (summary.entries, summary.cohort, summary.model_kind) == (4, 6, "scorecard")


def test_the_same_list_again_changes_nothing(database, publish):
    first = publish()
    before = WatchlistRepository(database).summaries()
    again = publish()
    assert (again.digest, again.new) == (first.digest, False)
    assert WatchlistRepository(database).summaries() == before


def test_another_list_for_the_same_day_is_refused(database, publish):
    publish()
    before = WatchlistRepository(database).watchlist(AS_OF)
    with pytest.raises(AlreadyPublished):
        publish(listed=3)
    assert WatchlistRepository(database).watchlist(AS_OF) == before


def test_a_risk_of_an_unlisted_project_counts_for_the_digest(publication):
    listed_same = publication(cohort=6).seal().watchlist.digest
    assert publication(cohort=5).seal().watchlist.digest != listed_same
    document = json.loads(publication(cohort=6).seal().watchlist.body)
    assert len(document["risks_digest"]) == 64


def test_regions_have_lists_of_their_own(database, publish):
    publish()
    publish(region="990102", listed=2)
    assert (
        len(json.loads(WatchlistRepository(database).watchlist(AS_OF, "990102").body)["entries"])
        == 2
    )
    assert len(json.loads(WatchlistRepository(database).watchlist(AS_OF).body)["entries"]) == 4


def test_the_newest_answers_when_no_day_is_named(database, publish):
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


def test_what_is_missing_is_said(database, publish):
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
def test_sealed_rows_can_neither_change_nor_go(database, publish, table):
    publish()
    column = table.c.body if "body" in table.c else table.c.tier
    for statement in (update(table).values({column: b"x"}), delete(table)):
        with pytest.raises(DBAPIError, match="sealed"), database.engine.begin() as connection:
            connection.execute(statement)


def test_replace_does_not_get_around_the_seal(database, publish):
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


def test_foreign_keys_hold(database):
    row = {"watchlist_id": 99, "project_id": "P", "digest": "d", "body": b"{}"}
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(insert(PROJECT_RISKS), [row])


def test_the_migrations_make_the_tables(database):
    assert set(SEALED) < {table.name for table in METADATA.sorted_tables}
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_lists_of_an_earlier_release_are_lists_of_projects(database, publication):
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


def test_many_may_open_a_new_database_at_once(tmp_path, publication):
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


def test_a_database_of_a_later_version_is_refused(database, database_url):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew):
        Database(database_url)


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/at/all.sqlite", "nonsense://x", "postgresql+nodriver://u:secret@h/d"],
)
def test_a_database_that_cannot_be_opened_is_named_without_its_password(url):
    with pytest.raises(DatabaseUnreachable) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "service.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DatabaseUnreachable):
        Database(f"sqlite:///{tmp_path}/service.sqlite")
