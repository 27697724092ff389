"""State of the configured sources: last success, last error, and when the next pull is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from risk.locale import Language
from risk.sources.kinds import all_sources
from risk.sources.pull_log import LoggedPull
from risk.sources.settings import SourceSettings, period_text

SOONEST_RETRY = dt.timedelta(minutes=10)
"""Least time between two pulls after a failure."""

LATE = 2
"""Periods without a success after which a source counts as stopped."""


@dataclass(frozen=True)
class SourceState:
    """Configured source and what its log says.

    ``last_success`` is the end of the last pull that did not end in a failure, ``last_state`` is
    empty before the first pull. ``due`` is None if the service does not pull by itself.
    """

    name: str
    kind: str
    every: dt.timedelta | None
    last_success: dt.datetime | None = None
    last_end: dt.datetime | None = None
    last_state: str = ""
    last_error: Mapping[str, str] | None = None

    @property
    def every_text(self) -> str:
        """The period as in the settings; empty without one."""
        return period_text(self.every)

    @property
    def due(self) -> dt.datetime | None:
        """When the service pulls next; after a failure earlier, and at once if it never did."""
        if self.every is None:
            return None
        if self.last_end is None:
            return dt.datetime.min.replace(tzinfo=dt.UTC)
        if self.last_state == "complete":
            return self.last_end + self.every
        return self.last_end + min(self.every, SOONEST_RETRY)

    def is_stopped(self, at: dt.datetime) -> bool:
        """Return whether no pull succeeded for :data:`LATE` periods; False without a period."""
        if self.every is None or self.last_end is None:
            return False
        return self.last_success is None or at - self.last_success > LATE * self.every

    def as_json(self, language: Language) -> dict[str, Any]:
        """Return the state as plain data; the error is in ``language``."""
        return {
            "source": self.name,
            "kind": self.kind,
            "every": self.every_text or None,
            "last_success": _text(self.last_success),
            "last_pull": _text(self.last_end),
            "last_state": self.last_state or None,
            "last_error": (self.last_error or {}).get(language),
        }


def source_states(sections: Mapping[str, Any], pulls: Sequence[LoggedPull]) -> list[SourceState]:
    """Return the states of all sources by name; ``pulls`` is the log, the newest first.

    Raises:
        SourceInvalid: settings of sources are not valid.
    """
    return [_state(source, pulls) for source in all_sources(sections)]


def _state(source: SourceSettings, pulls: Sequence[LoggedPull]) -> SourceState:
    own = [pull for pull in pulls if pull.source == source.name]
    success = next((pull for pull in own if pull.state != "interrupted"), None)
    last = own[0] if own else None
    return SourceState(
        name=source.name,
        kind=source.kind,
        every=source.every,
        last_success=success.ended_at if success else None,
        last_end=last.ended_at if last else None,
        last_state=last.state if last else "",
        last_error=last.error if last else None,
    )


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
