"""Background scheduler: jobs, imports of submissions, pulls of sources, webhooks and matters.

Four threads in the process that ``wagewatch serve`` started: jobs and imports, pulls, webhooks,
matters.
They can be killed at any moment; all state is in the database and work is resumed.
"""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sqlalchemy.exc import DBAPIError

from risk.locale import LANGUAGES, text
from risk.workspace import Workspace
from serving.auth.principal import OFFICE
from serving.clock import now, office_date
from serving.complaint_links.current import candidates_outdated
from serving.data_entry.overview_state import overview_outdated
from serving.db.database import Database
from serving.events.webhooks import deliver_due
from serving.http.egress import policy_of
from serving.ingest.repository import waiting_submissions
from serving.jobs.repository import (
    MAX_ATTEMPTS,
    claim_job,
    fail_job,
    find_job,
    heartbeat,
    requeue_job,
)
from serving.settings import load_settings
from serving.worker.runner import CANDIDATES_ONLY, IMPORT_ONLY, OVERVIEW_ONLY, PULL

SECONDS = 1.0
"""Seconds between two polls of a thread."""

_RETRY_TAKING_IN = dt.timedelta(seconds=15)
_BETWEEN_CANDIDATES = dt.timedelta(seconds=30)
_BETWEEN_OVERVIEWS = dt.timedelta(seconds=30)
_WITHOUT_JOB = (IMPORT_ONLY, CANDIDATES_ONLY, OVERVIEW_ONLY)
_BETWEEN_PULLS = dt.timedelta(seconds=10)
_BETWEEN_MATTERS = dt.timedelta(minutes=10)

_log = logging.getLogger("wagewatch.keeper")


class Scheduler:
    """Runs the background threads until :meth:`stop`."""

    def __init__(self, workspace: Workspace, database: Database, log: Path) -> None:
        self._workspace = workspace
        self._database = database
        self._log = log
        self._stop = threading.Event()
        self._running: tuple[str, subprocess.Popen[bytes]] | None = None
        self._not_before = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._candidates_after = self._matters_after = self._not_before
        self._overview_after = self._pulls_after = self._not_before
        self._pulling: subprocess.Popen[bytes] | None = None
        self._pulled: dict[str, dt.datetime] = {}
        self._threads = [
            threading.Thread(target=self._loop, args=(step, name), name=name, daemon=True)
            for name, step in (
                ("jobs", self.run_jobs),
                ("pulls", self.run_pulls),
                ("webhooks", self.deliver_webhooks),
                ("matters", self.update_matters),
            )
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the threads; a running job or pull is interrupted and will be resumed."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        if self._pulling is not None:
            self._pulling.terminate()
            self._pulling.wait()
        if self._running is not None:
            job_id, process = self._running
            process.terminate()
            process.wait()
            if job_id not in _WITHOUT_JOB:
                # However often the service is restarted, that is no fault of the job.
                requeue_job(self._database.engine, job_id, counted=False)

    def running(self) -> str | None:
        """Return the id of the running job, or what is done without one; None if nothing is."""
        return None if self._running is None else self._running[0]

    def run_jobs(self) -> None:
        """Check the running job, or start the next one or a waiting import."""
        engine, moment = self._database.engine, now()
        if self._running is not None:
            job_id, process = self._running
            if process.poll() is None:
                if job_id not in _WITHOUT_JOB:
                    heartbeat(engine, job_id, moment)
                return
            self._running = None
            self._ended(job_id)
            return
        job = claim_job(engine, moment)
        if job is not None:
            if job.attempts >= MAX_ATTEMPTS:
                code = "job_interrupted"
                texts = {one: text(f"errors.{code}", one) for one in LANGUAGES}
                fail_job(engine, job.job_id, {"code": code, "texts": texts}, moment)
                return
            self._start(job.job_id)
        elif _may(self._not_before, moment, _RETRY_TAKING_IN) and waiting_submissions(
            engine, most=1
        ):
            # Another process may hold the record store, so imports are retried less often.
            self._not_before = moment + _RETRY_TAKING_IN
            self._start(IMPORT_ONLY)
        elif _may(self._overview_after, moment, _BETWEEN_OVERVIEWS):
            # Before the candidates, which take longer: pages wait for the overview.
            self._overview_after = moment + _BETWEEN_OVERVIEWS
            if overview_outdated(self._workspace, engine):
                self._start(OVERVIEW_ONLY)
        elif _may(self._candidates_after, moment, _BETWEEN_CANDIDATES):
            self._candidates_after = moment + _BETWEEN_CANDIDATES
            if candidates_outdated(self._workspace, engine):
                self._start(CANDIDATES_ONLY)

    def run_pulls(self) -> None:
        """Start the pull that is due the longest, unless one is under way."""
        if self._pulling is not None and self._pulling.poll() is None:
            return
        self._pulling, moment = None, now()
        if not _may(self._pulls_after, moment, _BETWEEN_PULLS):
            return
        from risk.sources.state import GOES_ON
        from serving.sources.scheduled import due_source

        self._pulls_after = moment + _BETWEEN_PULLS
        # A pull that could not even be logged is not begun again at once.
        resting = {
            name
            for name, began in self._pulled.items()
            if not _may(began + GOES_ON, moment, GOES_ON)
        }
        settings, engine = load_settings(self._workspace), self._database.engine
        name = due_source(self._workspace, settings, engine, moment, resting)
        if name is not None:
            self._pulled[name] = moment
            self._pulling = self._process(f"{PULL}{name}")

    def deliver_webhooks(self) -> None:
        """Deliver the webhooks that are due."""
        from serving.http.caller import WebhookCaller

        caller = WebhookCaller(policy_of(load_settings(self._workspace)))
        while not self._stop.is_set() and deliver_due(self._database.engine, caller, now()):
            pass

    def update_matters(self) -> None:
        """Open matters from new lists, escalate overdue ones and send the weekly digests."""
        moment = now()
        if not _may(self._matters_after, moment, _BETWEEN_MATTERS):
            return
        from serving.matters.escalation import escalate
        from serving.matters.rules import matter_rules
        from serving.matters.sync import sync_from_lists
        from serving.matters.weekly_digest import queue_weekly_digests

        self._matters_after = moment + _BETWEEN_MATTERS
        settings = load_settings(self._workspace)
        rules, today = matter_rules(settings.matters), office_date(moment)
        sync_from_lists(self._database, rules, moment)
        escalate(self._database, rules, today, moment)
        queue_weekly_digests(self._database, settings, today, moment)

    def _start(self, job_id: str) -> None:
        self._running = (job_id, self._process(job_id))

    def _process(self, work: str) -> subprocess.Popen[bytes]:
        """Start the process of a job, or of what is done without one."""
        command = [sys.executable, "-m", "serving.worker.runner", str(self._workspace.root), work]
        with self._log.open("ab") as log:
            return _started(command, log)

    def _ended(self, job_id: str) -> None:
        """Queue a job again whose process ended without a result; give up after some attempts."""
        if job_id in _WITHOUT_JOB:
            return
        if find_job(self._database.engine, job_id, OFFICE).state == "running":
            requeue_job(self._database.engine, job_id)

    def _loop(self, step: Callable[[], None], name: str) -> None:
        while not self._stop.wait(SECONDS):
            try:
                step()
            except DBAPIError as error:
                _log.error("%s: %s", name, error.orig)
            except Exception:
                _log.exception("%s", name)


def _may(since: dt.datetime, at: dt.datetime, between: dt.timedelta) -> bool:
    """Whether the moment ``since`` has come, or was set before the clock was set back."""
    return since <= at or since > at + between


def _started(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603
