"""The clock of the machine goes back by an hour or a day: nothing is lost, nothing waits as long.

Sessions, second factors and the audit log: auth/test_edges_in_time.py, auth/test_second_factor.py
and audit/test_chain.py.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select

from risk.errors import WagewatchError
from risk.intake.importer import import_paths
from risk.sources.pull_log import LoggedPull, log_pull
from risk.sources.state import GOES_ON
from risk.store.store import RecordStore
from serving.auth.principal import OFFICE
from serving.auth.repository import Token
from serving.auth.roles import Role
from serving.data_entry.overview import refresh_overview
from serving.db.engine import writing
from serving.db.tables import DELIVERIES, EVENTS, INBOX
from serving.events.outbox import (
    LEASE,
    RETRY_SECONDS,
    Subscription,
    add_subscription,
    claim_deliveries,
    mark_failed,
)
from serving.ingest.importer import import_waiting
from serving.ingest.repository import Submission, add_submission
from serving.jobs.repository import DEAD_AFTER, JobRequest, claim_job, heartbeat, queue_job
from serving.publishing.repository import store_publication
from serving.settings import load_settings
from serving.sources.scheduled import due_source
from serving.watchlists.repository import WatchlistRepository
from serving.worker.scheduler import _may

from .conftest import AS_OF, PUBLISHED_AT

NOON = dt.datetime(2025, 6, 10, 4, tzinfo=dt.UTC)
HOUR, DAY, SECOND = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)

pytestmark = pytest.mark.parametrize("back", [HOUR, DAY], ids=["an hour", "a day"])


@pytest.fixture
def job(database):
    """A job that a runner claimed at noon."""
    with writing(database.engine).begin() as connection:
        queue_job(connection, JobRequest("j", "check", {}, "", "王", NOON), OFFICE)
    claimed = claim_job(database.engine, NOON)
    assert claimed is not None
    return claimed


@pytest.mark.usefixtures("job")
def test_a_job_whose_runner_died_is_begun_again_a_minute_later(database, back):
    engine, moment = database.engine, NOON - back
    assert claim_job(engine, moment) is None
    assert claim_job(engine, moment + DEAD_AFTER) is None
    again = claim_job(engine, moment + DEAD_AFTER + SECOND)
    assert again is not None
    assert (again.job_id, again.attempts) == ("j", 1)


def test_a_job_whose_runner_lives_is_left_to_it(database, job, back):
    engine, moment = database.engine, NOON - back
    assert claim_job(engine, moment) is None
    heartbeat(engine, job.job_id, moment + 30 * SECOND)
    assert claim_job(engine, moment + DEAD_AFTER + SECOND) is None


@pytest.fixture
def events(database, publication):
    """The number of deliveries that are due from noon on."""
    types = ("watchlist.published", "project.tier_changed")
    one = Subscription("s", "case", "http://x", "", types, "", NOON, "test", None)
    with writing(database.engine).begin() as connection:
        add_subscription(connection, one, OFFICE)
    store_publication(database, publication().seal(), published_at=NOON, published_by="李")
    with database.engine.connect() as connection:
        return len(connection.execute(select(DELIVERIES)).all())


def test_deliveries_that_are_due_wait_no_longer_than_for_a_lease(database, events, back):
    engine, moment = database.engine, NOON - back
    assert claim_deliveries(engine, moment) == []
    assert claim_deliveries(engine, moment + LEASE - SECOND) == []
    assert len(claim_deliveries(engine, moment + LEASE)) == events == 4


def test_deliveries_of_a_caller_that_died_are_claimed_again(database, events, back):
    assert len(claim_deliveries(database.engine, NOON)) == events
    assert claim_deliveries(database.engine, NOON - back) == []
    again = claim_deliveries(database.engine, NOON - back + LEASE)
    assert [one.attempts for one in again] == [2] * events


@pytest.mark.usefixtures("events")
def test_a_retry_waits_no_longer_than_its_delay(database, back):
    failed = [replace(one, attempts=11) for one in claim_deliveries(database.engine, NOON)]
    for one in failed:
        mark_failed(database.engine, one, "500", NOON)
    with writing(database.engine).begin() as connection:
        connection.execute(DELIVERIES.update().values(attempts=11))
    longest = dt.timedelta(seconds=RETRY_SECONDS[10])
    # With the clock right, the last retry is a day later and not earlier.
    assert claim_deliveries(database.engine, NOON + longest - SECOND) == []
    assert claim_deliveries(database.engine, NOON - back) == []
    assert len(claim_deliveries(database.engine, NOON - back + LEASE)) == len(failed)


def test_what_is_done_at_intervals_is_done_at_once(back):
    pause = dt.timedelta(minutes=10)
    assert [_may(NOON + pause, at, pause) for at in (NOON, NOON + pause - SECOND)] == [False, False]
    assert _may(NOON + pause, NOON + pause, pause)
    assert _may(NOON + pause, NOON - back, pause)
    assert _may(NOON + GOES_ON, NOON - back, GOES_ON)


def test_a_source_is_pulled_and_then_at_its_pace(workspace, database, back):
    workspace.settings_file.write_text(
        '[sources.wages]\nkind = "sql"\nurl = "sqlite:///x"\nevery = "1d"\n', encoding="utf-8"
    )

    def pulled(ended):
        with RecordStore(workspace.records) as store:
            counts = {"units": 1, "rows": {}, "files": 0, "refused_units": 0}
            log_pull(store, LoggedPull("wages", ended - HOUR, ended, "complete", counts, {}))
        refresh_overview(workspace, database)

    def due(at):
        return due_source(workspace, load_settings(workspace), database.engine, at)

    pulled(NOON)
    assert due(NOON + HOUR) is None
    moment = NOON - back
    assert due(moment) == "wages"
    pulled(moment)
    assert [due(moment + HOUR), due(moment + DAY)] == [None, "wages"]


def test_lists_stay_in_the_order_of_their_publication(database, publication, back):
    for as_of, at in ((AS_OF, PUBLISHED_AT), (AS_OF + DAY, PUBLISHED_AT - back)):
        sealed = publication(as_of).seal()
        assert store_publication(database, sealed, published_at=at, published_by="李").new
    lists = WatchlistRepository(database)
    assert lists.latest_as_of() == AS_OF + DAY
    assert lists.previous(AS_OF + DAY, "").document()["as_of"] == str(AS_OF)
    with database.engine.connect() as connection:
        query = select(EVENTS.c.as_of).order_by(EVENTS.c.id)
        days = list(connection.execute(query).scalars())
    assert days == sorted(days)
    assert set(days) == {AS_OF, AS_OF + DAY}


def test_a_token_ends_by_the_clock_and_a_new_one_is_not_shut_out(back):
    token = Token(1, "t", Role.SYSTEM, "", None, NOON, "a", NOON + HOUR, None)
    assert token.valid_at(NOON - back)
    assert not token.valid_at(NOON + HOUR)
    ended = Token(1, "t", Role.SYSTEM, "", None, NOON, "a", None, NOON)
    assert not ended.valid_at(NOON - back)


def amounts(store):
    return store.rows("SELECT amount FROM payments ORDER BY known_at DESC, arrival DESC LIMIT 1")


def test_a_corrected_book_is_refused_until_the_clock_is_right(workspace, tmp_path, back):
    """Half an hour after midnight an hour is a day as well."""
    night = dt.datetime(2025, 6, 10, 0, 30)
    book = tmp_path / "payments.csv"

    def put(amount, today, **options):
        text = f"payment_id,payroll_id,paid_on,amount\nP1,R1,2025-06-01,{amount}\n"
        book.write_text(text, encoding="utf-8")
        return import_paths(workspace, [book], today=today, **options)

    put(100, night.date())
    with pytest.raises(WagewatchError) as refused:
        put(200, (night - back).date())
    assert (refused.value.code, refused.value.fields["last"]) == (
        "clock_behind_imports",
        "2025-06-10",
    )
    assert "2025-06-09" in refused.value.message("zh")
    with RecordStore(workspace.records) as store:
        assert store.rows("SELECT count(*) FROM payments") == [(1,)]
    # A stated day says which book is the newer one, whatever the clock shows.
    put(200, (night - back).date(), known_on=night.date())
    put(300, night.date())
    with RecordStore(workspace.records) as store:
        assert amounts(store) == [(300_00,)]


def test_a_correction_sent_by_a_system_counts_as_the_newer_one(workspace, database, back):
    night = dt.datetime(2025, 6, 10, 0, 30, tzinfo=dt.UTC)
    header = ("payment_id", "payroll_id", "paid_on", "amount")
    for number, (moment, amount) in enumerate(((night, "100"), (night - back, "200"))):
        one = Submission(
            str(number),
            "payments",
            header,
            [("P1", "R1", "2025-06-01", amount)],
            moment.date(),
            *(moment, "case", "", ""),
        )
        with database.engine.begin() as connection:
            add_submission(connection, one)
    import_waiting(workspace, database)
    with RecordStore(workspace.records) as store:
        assert amounts(store) == [(200_00,)]
    with database.engine.connect() as connection:
        days = connection.execute(select(INBOX.c.received_on)).scalars().all()
    assert days == [night.date()] * 2
