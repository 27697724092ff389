"""Which job a runner claims and what is stored of it, on both sides of each moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from serving.auth.principal import OFFICE, OutsideRegion, Principal
from serving.auth.roles import Role
from serving.db.engine import writing
from serving.db.pagination import PageRequest
from serving.jobs import service
from serving.jobs.repository import (
    MAX_ATTEMPTS,
    JobRequest,
    JobUnknown,
    claim_job,
    end_job,
    fail_job,
    find_job,
    heartbeat,
    list_jobs,
    queue_job,
    requeue_job,
    update_progress,
)
from serving.worker.scheduler import Scheduler

NOON = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
SECOND, MICROSECOND = dt.timedelta(seconds=1), dt.timedelta(microseconds=1)
EAST = Principal("e", "e", Role.SUPERVISOR, "990102")


@pytest.fixture
def queue(database):
    def queued(name, region="", principal=OFFICE, kind="check"):
        asked = JobRequest(name, kind, {"as_of": "2025-06-01"}, region, "李", NOON)
        with writing(database.engine).begin() as connection:
            return queue_job(connection, asked, principal)

    return queued


@pytest.fixture
def engine(database):
    return database.engine


def claimed(engine, at):
    job = claim_job(engine, at)
    return None if job is None else job.job_id


def test_a_new_job_waits_with_nothing_done(queue, engine):
    job = queue("a", "990102")
    assert (job.state, job.step, job.progress, job.attempts) == ("queued", "", 0.0, 0)
    assert (job.kind, job.parameters, job.asked_by) == ("check", {"as_of": "2025-06-01"}, "李")
    assert (job.created_at, job.started_at, job.ended_at) == (NOON, None, None)
    assert (job.result, job.problem) == (None, None)
    assert find_job(engine, "a", OFFICE) == job


def test_jobs_are_of_a_region(queue, engine):
    queue("office")
    queue("east", "990102", EAST)
    queue("township", "990102001", EAST)
    queue("west", "990103")
    for region in ("", "9901", "990103"):
        with pytest.raises(OutsideRegion):
            queue("other", region, EAST)
    assert find_job(engine, "east", EAST).region == "990102"
    for name in ("office", "west", "nobody"):
        with pytest.raises(JobUnknown):
            find_job(engine, name, EAST)
    first = list_jobs(engine, OFFICE, PageRequest(3))
    assert [job.job_id for job in first.items] == ["west", "township", "east"]
    rest = list_jobs(engine, OFFICE, PageRequest(3, first.next))
    assert ([job.job_id for job in rest.items], rest.next) == (["office"], None)
    assert [job.job_id for job in list_jobs(engine, EAST, PageRequest(9)).items] == [
        *("township", "east"),
    ]


def test_jobs_of_some_kinds_are_found_behind_any_number_of_others(queue, engine):
    for name, kind in (("a", "check"), ("b", "monthly"), ("c", "import"), ("d", "check")):
        queue(name, kind=kind)
    newest = PageRequest(1)
    for kinds, name in ((["monthly"], "b"), (["monthly", "import"], "c"), ((), "d")):
        assert list_jobs(engine, OFFICE, newest, kinds).items[0].job_id == name


def test_pages_of_the_api_name_the_next_as_text(queue, database):
    for name in "abc":
        queue(name)
    first = service.list_(database, OFFICE, PageRequest(2))
    assert ([job.id for job in first.items], first.next) == (["c", "b"], "2")
    assert service.list_(database, OFFICE, PageRequest(3)).next is None
    assert service.get(database, OFFICE, "a").id == "a"


def test_the_oldest_waiting_job_is_claimed_and_none_twice(queue, engine):
    queue("a")
    queue("b")
    assert [claimed(engine, NOON) for _ in range(3)] == ["a", "b", None]
    running = find_job(engine, "a", OFFICE)
    assert (running.state, running.attempts, running.started_at) == ("running", 1, NOON)


def test_a_job_without_a_sign_of_life_for_a_minute_is_claimed_again(queue, engine):
    queue("a")
    assert claimed(engine, NOON) == "a"
    assert claimed(engine, NOON + 60 * SECOND) is None
    heartbeat(engine, "a", NOON + 30 * SECOND)
    assert claimed(engine, NOON + 90 * SECOND) is None
    later = NOON + 90 * SECOND + MICROSECOND
    assert claimed(engine, later) == "a"
    job = find_job(engine, "a", OFFICE)
    assert (job.state, job.attempts, job.started_at) == ("running", 2, NOON)
    assert claimed(engine, later + 60 * SECOND) is None


def test_a_job_is_tried_three_times():
    assert MAX_ATTEMPTS == 3


def test_jobs_that_ended_are_not_claimed_again(queue, engine):
    for name in ("done", "failed"):
        queue(name)
        claim_job(engine, NOON)
    end_job(engine, "done", {"new": True}, NOON + SECOND)
    fail_job(engine, "failed", {"code": "x"}, NOON + 2 * SECOND)
    assert claimed(engine, NOON + dt.timedelta(days=1)) is None
    done, failed = (find_job(engine, name, OFFICE) for name in ("done", "failed"))
    assert (done.state, done.result, done.progress) == ("done", {"new": True}, 1.0)
    assert (done.ended_at, done.problem) == (NOON + SECOND, None)
    assert (failed.state, failed.problem, failed.progress) == ("failed", {"code": "x"}, 0.0)
    assert (failed.ended_at, failed.result) == (NOON + 2 * SECOND, None)
    for late in (end_job, fail_job):
        late(engine, "failed", {"late": 1}, NOON)
    requeue_job(engine, "done")
    assert find_job(engine, "failed", OFFICE) == failed
    assert find_job(engine, "done", OFFICE) == done


@pytest.mark.parametrize(
    ("back", "lost_after"),
    [
        # Five minutes are within what clocks may differ: the sign of life is of the future.
        (300, 361),
        # More: the clock was set back, and the sign of life counts as of now.
        (301, 61),
    ],
)
def test_signs_of_life_from_before_the_clock_was_set_back(queue, engine, back, lost_after):
    queue("a")
    claim_job(engine, NOON)
    now = NOON - back * SECOND
    assert claimed(engine, now) is None
    assert claimed(engine, now + (lost_after - 1) * SECOND) is None
    assert claimed(engine, now + lost_after * SECOND) == "a"


class _Endless:
    """A process that runs until it is ended."""

    def poll(self):
        return None

    def terminate(self):
        pass

    def wait(self):
        pass


def test_a_job_that_stops_with_the_service_was_not_tried(
    queue, engine, database, workspace, monkeypatch
):
    monkeypatch.setattr(Scheduler, "_process", lambda *_: _Endless())
    queue("a")
    for _ in range(MAX_ATTEMPTS + 1):
        keeper = Scheduler(workspace, database, workspace.root / "service.log")
        keeper.run_jobs()
        assert find_job(engine, "a", OFFICE).attempts == 1
        keeper.stop()
        job = find_job(engine, "a", OFFICE)
        assert (job.state, job.attempts) == ("queued", 0)


def test_progress_is_stored_of_running_jobs_and_cleared_when_queued_again(queue, engine):
    waiting = queue("a")
    update_progress(engine, "a", "early", 0.5)
    assert find_job(engine, "a", OFFICE) == waiting
    claim_job(engine, NOON)
    queue("b")
    update_progress(engine, "a", "x" * 101, 0.5)
    job = find_job(engine, "a", OFFICE)
    assert (job.step, job.progress) == ("x" * 100, 0.5)
    assert find_job(engine, "b", OFFICE).step == ""
    requeue_job(engine, "a")
    assert find_job(engine, "a", OFFICE) == replace(job, state="queued", step="", progress=0.0)
    assert claimed(engine, NOON) == "a"
