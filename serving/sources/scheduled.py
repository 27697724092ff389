"""Pulls that the service makes by itself, each in a process of its own."""

from __future__ import annotations

import datetime as dt
import sys
import traceback
from collections.abc import Collection, Mapping

from sqlalchemy import Engine

from risk.errors import WagewatchError
from risk.locale import LANGUAGES, text
from risk.sources.state import SourceState
from risk.store.store import RecordStoreBusy
from risk.workspace import Workspace
from serving.clock import CLOCK_SLACK, now
from serving.complaint_links.named import link_equal_names
from serving.data_entry.overview import refresh_overview
from serving.data_entry.overview_state import overview_outdated
from serving.data_entry.repository import newest_overview
from serving.data_entry.sources import known_states
from serving.db.database import Database
from serving.errors import page_message
from serving.ingest.seals import record_seals
from serving.settings import Settings
from serving.sources.clock import office_clock

PATIENCE = 1800.0
"""Seconds to wait for a record store that a job has open."""

_WHO = "service"


def due_source(
    workspace: Workspace,
    settings: Settings,
    engine: Engine,
    at: dt.datetime,
    resting: Collection[str] = (),
) -> str | None:
    """Return the source that the service pulls at a moment: the longest due, none of ``resting``.

    None if none is due, and while the overview does not show what was pulled last.
    """
    if not settings.sources or overview_outdated(workspace, engine):
        return None
    states = [
        one for one in known_states(settings, newest_overview(engine)) if one.name not in resting
    ]
    reached = [(due, one.name) for one in states if (due := _due(one, at)) is not None]
    return min(reached)[1] if reached else None


def _due(state: SourceState, at: dt.datetime) -> dt.datetime | None:
    """When a source became due; None if it is not.

    At once if its last pull was before the clock was set back: it would wait as long as that.
    """
    if state.due is not None and state.last and state.last.ended_at > at + CLOCK_SLACK:
        return at
    return state.due if state.due is not None and state.due <= at else None


def pull_scheduled(workspace: Workspace, settings: Settings, database: Database, name: str) -> None:
    """Pull from a source and renew the overview; a failure is logged with the records.

    Raises:
        RecordStoreBusy: another process has the store open for longer than :data:`PATIENCE`.
    """
    from risk.sources.errors import PullRunning

    began = now()
    try:
        _pull(workspace, settings, database, name)
    except (PullRunning, RecordStoreBusy) as error:
        print(error.message("en"), file=sys.stderr)
        return
    except WagewatchError as error:
        messages: dict[str, str] = {one: page_message(error, one) for one in LANGUAGES}
        _log_failure(workspace, name, began, messages)
    except Exception as error:
        # Without the message, which may hold a value of a record.
        traceback.print_tb(error.__traceback__)
        kind = type(error).__name__
        texts: dict[str, str] = {one: text("cli.unforeseen", one, detail=kind) for one in LANGUAGES}
        _log_failure(workspace, name, began, texts)
    refresh_overview(workspace, database)


def _pull(workspace: Workspace, settings: Settings, database: Database, name: str) -> None:
    from risk.sources.kinds import source_settings
    from risk.sources.pull import pull_source

    report = pull_source(
        *(workspace, source_settings(settings.sources, name)),
        clock=office_clock(settings),
        who=_WHO,
        prepare=lambda store: record_seals(store, database),
        patience=PATIENCE,
    )
    failures = [one for one in (report.fetched.error, report.untidied) if one is not None]
    for failure in failures:
        print(failure.message("en"), file=sys.stderr)
    link_equal_names(workspace, settings, database)


def _log_failure(
    workspace: Workspace, name: str, began: dt.datetime, texts: Mapping[str, str]
) -> None:
    """Log a pull that failed before it asked anything."""
    from risk.sources.meter import Bounds, Meter
    from risk.sources.pull import Fetched
    from risk.sources.pull_log import LoggedPull, log_pull
    from risk.store.store import RecordStore

    print(texts["en"], file=sys.stderr)
    counts = Fetched(Meter(Bounds())).counts()
    with RecordStore(workspace.records, memory_gb=workspace.memory_gb) as store:
        log_pull(store, LoggedPull(name, began, now(), "interrupted", counts, texts))
