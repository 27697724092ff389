"""Runs one job in a process of its own.

The scheduler starts ``python -m serving.worker.runner WORKSPACE JOB``. A job that runs out of
memory or crashes does not affect the service, which itself never opens the record store.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from risk.errors import WagewatchError
from risk.locale import LANGUAGES, text
from risk.progress import Progress
from risk.workspace import Workspace
from serving.auth.principal import OFFICE
from serving.clock import now
from serving.complaint_links.current import refresh_candidates
from serving.complaint_links.named import link_equal_names
from serving.data_entry.overview import refresh_overview
from serving.db.database import Database
from serving.errors import page_message
from serving.ingest.importer import import_waiting
from serving.jobs.repository import Job, end_job, fail_job, find_job, update_progress
from serving.model_changes.service import JOB, REFRESH, carry_out, refresh
from serving.office_values import office_minimum_wages
from serving.settings import Settings, configured, database_url
from serving.watchlists.repository import WatchlistRepository

if TYPE_CHECKING:
    from serving.monthly.service import MonthRequest

T = TypeVar("T")

IMPORT_ONLY = "-"
"""In place of a job id: only import the waiting submissions."""

OVERVIEW_ONLY = "overview"
"""In place of a job id: only copy the overview of the records for the data page."""

CANDIDATES_ONLY = "candidates"
"""In place of a job id: only compute the candidates of complaints without a project."""

PULL = "pull:"
"""In place of a job id, before the name of a source: pull from it."""

_STORE_SECONDS = 600.0


def main(arguments: list[str]) -> int:
    """Run the job named in ``arguments``: workspace, job."""
    workspace, settings = configured(Workspace(Path(arguments[0])))
    with Database(database_url(workspace, settings)) as database:
        if arguments[1] == IMPORT_ONLY:
            import_waiting(workspace, database)
            link_equal_names(workspace, settings, database)
        elif arguments[1] == CANDIDATES_ONLY:
            refresh_candidates(workspace, database)
        elif arguments[1] == OVERVIEW_ONLY:
            refresh_overview(workspace, database)
        elif arguments[1].startswith(PULL):
            from serving.sources.scheduled import pull_scheduled

            pull_scheduled(workspace, settings, database, arguments[1].removeprefix(PULL))
        else:
            run_job(workspace, settings, database, arguments[1])
    return 0


def run_job(workspace: Workspace, settings: Settings, database: Database, job_id: str) -> None:
    """Run a job and store its result or its error."""
    engine = database.engine
    job = find_job(engine, job_id, OFFICE)

    def progress(step: str, share: float) -> None:
        update_progress(engine, job_id, step, share)

    try:
        result = _when_free(lambda: _run(JobContext(workspace, settings, database, job), progress))
    except WagewatchError as error:
        texts = {language: page_message(error, language) for language in LANGUAGES}
        fail_job(engine, job_id, {"code": error.code, "texts": texts}, now())
    except Exception as error:
        traceback.print_exc()
        kind = type(error).__name__
        texts = {language: text("cli.unforeseen", language, detail=kind) for language in LANGUAGES}
        fail_job(engine, job_id, {"code": "unforeseen", "texts": texts}, now())
    else:
        end_job(engine, job_id, result, now())


class JobContext:
    """Workspace, settings, database and parameters of a job."""

    def __init__(
        self, workspace: Workspace, settings: Settings, database: Database, job: Job
    ) -> None:
        self.workspace = workspace
        self.settings = settings
        self.database = database
        self.job = job

    @property
    def as_of(self) -> dt.date:
        """The date the job is about."""
        return dt.date.fromisoformat(self.job.parameters["as_of"])


def _publish(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from risk.store.store import RecordStore
    from serving.publishing.context import PublishRequest
    from serving.publishing.hooks import publish_context
    from serving.publishing.pipeline import publish_watchlist

    parameters = work.job.parameters
    capacity = parameters["capacity"] or work.settings.policy.capacity
    request = PublishRequest(work.as_of, capacity, parameters["region"], work.job.asked_by)
    with RecordStore(
        work.workspace.records, read_only=True, memory_gb=work.workspace.memory_gb
    ) as store:
        context = publish_context(work.workspace, store, work.database, work.settings)
        done = publish_watchlist(context, request, progress)
    return {
        "as_of": work.as_of.isoformat(),
        "region": parameters["region"],
        "digest": done.digest,
        "new": done.new,
        "entries": done.entries,
        "cohort": done.cohort,
    }


def _train(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from serving.models.run_documents import attach_documents
    from serving.models.tracking_mirror import mirror
    from training.pipeline import Search, run_training

    run = run_training(
        work.workspace,
        work.as_of,
        principal=work.job.asked_by,
        capacity=work.settings.policy.capacity,
        search=Search(work.settings.training.trials, work.settings.seed),
        progress=progress,
        minimum_wages=office_minimum_wages(work.workspace, work.settings),
    )
    attach_documents(work.workspace, run.version.version)
    remark = mirror(work.workspace, work.settings, run.version.version, "project", "en")
    refresh(work.workspace, work.database)
    return {
        "version": run.version.version,
        "kind": run.version.kind,
        "promoted": run.decision.passed,
        "grounds": run.decision.grounds,
        **({"remark": remark} if remark else {}),
    }


def _check(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from risk.store.store import RecordStore
    from serving.models.service import check_champion
    from serving.sources.stopped import stopped_at
    from training.json_safe import to_json_safe

    with RecordStore(
        work.workspace.records, read_only=True, memory_gb=work.workspace.memory_gb
    ) as store:
        store.minimum_wages = office_minimum_wages(work.workspace, work.settings)
        places = work.settings.policy.capacity
        report = check_champion(
            *(work.workspace, store, WatchlistRepository(work.database), work.as_of, places),
            sources=stopped_at(work.settings, store, work.as_of),
        )
    document: Mapping[str, Any] = to_json_safe(asdict(report))
    return document


def _what_if(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from serving.scores.what_if import WhatIfRequest, what_if

    parameters = work.job.parameters
    question = WhatIfRequest(parameters["project_id"], work.as_of, parameters["records"])
    wages = office_minimum_wages(work.workspace, work.settings)
    return what_if(work.workspace, work.database, question, progress, wages)


def _monthly(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from serving.monthly.service import make_month

    return make_month(work.workspace, work.settings, work.database, _month(work), progress)


def _preview_month(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from serving.monthly.preview import preview_month

    return preview_month(work.workspace, work.settings, work.database, _month(work), progress)


def _month(work: JobContext) -> MonthRequest:
    from serving.monthly.service import MonthRequest

    parameters = work.job.parameters
    capacity = parameters["capacity"] or work.settings.policy.capacity
    return MonthRequest(work.as_of, capacity, parameters["region"], work.job.asked_by)


def _briefing(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from serving.briefings.jobs import run_briefing

    progress("briefing", 0.1)
    return run_briefing(work.workspace, work.settings, work.database, work.job)


def _model_change(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    from models.registry import kind_of
    from serving.models.tracking_mirror import mirror

    done = carry_out(work.workspace, work.database, work.job.parameters["change_id"])
    version = done["version"]
    remark = mirror(work.workspace, work.settings, version, kind_of(version), "en")
    return {**done, **({"remark": remark} if remark else {})}


def _models(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    refresh(work.workspace, work.database)
    return {}


def _entry(kind: str) -> Callable[[JobContext, Progress], Mapping[str, Any]]:
    """The runner of a job of the data page."""

    def run(work: JobContext, progress: Progress) -> Mapping[str, Any]:
        from serving.data_entry.jobs import JOBS, EntryWork

        entry = EntryWork(
            work.workspace,
            work.database,
            work.job.parameters,
            work.job.asked_by,
            work.settings.language,
        )
        result = JOBS[kind](entry, progress)
        if kind == "import_files":
            link_equal_names(work.workspace, work.settings, work.database)
        return result

    return run


_RUNNERS: Mapping[str, Callable[[JobContext, Progress], Mapping[str, Any]]] = {
    "publish": _publish,
    "train": _train,
    "check": _check,
    "what_if": _what_if,
    "monthly": _monthly,
    "preview_month": _preview_month,
    "briefing": _briefing,
    JOB: _model_change,
    REFRESH: _models,
    **{
        kind: _entry(kind)
        for kind in (
            "propose_layouts",
            "try_import",
            "import_files",
            "answer_cells",
            "merge_project",
        )
    },
}


def _run(work: JobContext, progress: Progress) -> Mapping[str, Any]:
    import_waiting(work.workspace, work.database)
    return _RUNNERS[work.job.kind](work, progress)


def _when_free(step: Callable[[], T]) -> T:
    """Do a step, again while an import of another process has the record store, for ten minutes.

    Jobs may be interrupted and begun again at any point.
    """
    from risk.store.store import RecordStoreBusy

    deadline = time.monotonic() + _STORE_SECONDS
    while True:
        try:
            return step()
        except RecordStoreBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    sys.exit(main(sys.argv[1:]))
