"""Sources that have stopped, for the monitoring check."""

from __future__ import annotations

import datetime as dt

from risk.sources.pull_log import last_pulls
from risk.sources.state import StoppedSource, source_states, stopped_sources
from risk.store.store import RecordStore
from serving.clock import now, office_midnight, today
from serving.settings import Settings


def stopped_at(settings: Settings, store: RecordStore, as_of: dt.date) -> list[StoppedSource]:
    """Return the sources that have stopped: at the beginning of a past day, else by now."""
    at = office_midnight(as_of) if as_of < today() else now()
    return stopped_sources(source_states(settings.sources, last_pulls(store, at)), at)
