"""State of the configured sources: last success, last error, and when the next pull is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from risk.contract import STORED_TABLES
from risk.locale import Language
from risk.sources.pull_log import LastPulls, LoggedPull
from risk.sources.schedule import SourceSchedule, schedules
from risk.sources.settings import period_text

Status = Literal["never", "ok", "partly", "failed", "stopped"]
"""Never pulled; everything came; a part came; nothing came; no success for too long."""

GOES_ON = dt.timedelta(minutes=10)
"""Least time between a pull that reached a bound and the next, which goes on from there."""

RETRY = dt.timedelta(hours=1)
"""Least time between two pulls after a failure."""


@dataclass(frozen=True)
class SourceState:
    """Configured source and what its log says; ``pulls`` is None before the first pull.

    A pull is a success if it ended without a failure and brought at least one whole unit.
    """

    schedule: SourceSchedule
    pulls: LastPulls | None = None

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.schedule.name

    @property
    def last(self) -> LoggedPull | None:
        """The last pull."""
        return self.pulls.last if self.pulls else None

    @property
    def last_success(self) -> dt.datetime | None:
        """End of the last success."""
        success = self.pulls.success if self.pulls else None
        return success.ended_at if success else None

    @property
    def every_text(self) -> str:
        """The period as in the settings; empty without one."""
        return period_text(self.schedule.every)

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows of the last success by table."""
        success = self.pulls.success if self.pulls else None
        return success.counts["rows"] if success else {}

    @property
    def files(self) -> int:
        """Files of the last success."""
        success = self.pulls.success if self.pulls else None
        return int(success.counts["files"]) if success else 0

    @property
    def due(self) -> dt.datetime | None:
        """When the service pulls next, at once if it never did; None if it does not pull."""
        every = self.schedule.every
        if every is None:
            return None
        if self.last is None:
            return dt.datetime.min.replace(tzinfo=dt.UTC)
        pauses = {"complete": every, "bounded": min(every, GOES_ON)}
        return self.last.ended_at + pauses.get(self.last.state, min(every, RETRY))

    def is_stopped(self, at: dt.datetime) -> bool:
        """Return whether no pull succeeded for too long; before any success since the first one."""
        longest = self.schedule.stopped_after
        if longest is None or self.pulls is None:
            return False
        return at - (self.last_success or self.pulls.first_began) > longest

    def status(self, at: dt.datetime) -> Status:
        """Return the state at a moment."""
        if self.last is None:
            return "never"
        if self.is_stopped(at):
            return "stopped"
        if self.last.state == "complete" and not self.last.counts["refused_units"]:
            return "ok"
        return "partly" if self.last.counts["units"] else "failed"

    def reason(self, language: Language) -> str:
        """Return why the last pull ended early; empty if it did not."""
        return self.last.error.get(language, "") if self.last else ""

    def as_json(self, language: Language, at: dt.datetime) -> dict[str, Any]:
        """Return the state at a moment as plain data; the error is in ``language``."""
        return {
            "source": self.name,
            "kind": self.schedule.kind,
            "every": self.every_text or None,
            "status": self.status(at),
            "last_success": _text(self.last_success),
            "rows": dict(self.rows),
            "files": self.files,
            "last_pull": _text(self.last.ended_at if self.last else None),
            "last_state": self.last.state if self.last else None,
            "last_error": self.reason(language) or None,
        }


@dataclass(frozen=True)
class StoppedSource:
    """Source without success for longer than it may be.

    ``tables`` are those of its last success, in the contract's order, ``last_success`` its end;
    ``error`` is why the last pull failed, by language.
    """

    name: str
    tables: tuple[str, ...]
    last_success: dt.datetime | None
    error: Mapping[str, str]


def source_states(sections: Mapping[str, Any], pulls: Mapping[str, LastPulls]) -> list[SourceState]:
    """Return the states of all sources by name; ``pulls`` are their last ones by name."""
    return [SourceState(one, pulls.get(one.name)) for one in schedules(sections)]


def stopped_sources(states: Sequence[SourceState], at: dt.datetime) -> list[StoppedSource]:
    """Return the sources that have stopped at a moment."""
    return [_stopped(state) for state in states if state.is_stopped(at)]


def _stopped(state: SourceState) -> StoppedSource:
    tables = tuple(name for name in STORED_TABLES if name in state.rows)
    error = dict(state.last.error) if state.last else {}
    return StoppedSource(state.name, tables, state.last_success, error)


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
