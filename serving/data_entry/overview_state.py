"""Whether the overview of the record store is up to date; reads no record.

Pages import it, so it needs neither the store nor numpy.
"""

from __future__ import annotations

from sqlalchemy import Engine

from risk.workspace import Workspace
from serving.data_entry.repository import overview_stamp


def store_stamp(workspace: Workspace) -> str:
    """State of the record store's file; empty if there is none."""
    if not workspace.records.is_file():
        return ""
    state = workspace.records.stat()
    return f"{state.st_mtime_ns}-{state.st_size}"


def overview_outdated(workspace: Workspace, engine: Engine) -> bool:
    """Whether the record store was written since the overview was made."""
    stamp = store_stamp(workspace)
    return bool(stamp) and stamp != overview_stamp(engine)


def is_reading(workspace: Workspace | None, engine: Engine) -> bool:
    """Whether the overview is about to be made: by the scheduler, at the latest in half a minute.

    A service without a workspace has no scheduler.
    """
    return workspace is not None and overview_outdated(workspace, engine)
