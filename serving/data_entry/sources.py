"""Sources as the overview of the record store shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from risk.locale import Language, catalogue, text
from risk.sources.pull_log import read_last_pulls
from risk.sources.state import SourceState, Status, source_states
from serving.settings import Settings


@dataclass(frozen=True)
class SourceRow:
    """Source on the data page; ``rows`` and ``files`` are those of the last success."""

    name: str
    kind: str
    every: str
    status: Status
    last_success: dt.datetime | None
    rows: int
    files: int
    reason: str


def known_states(settings: Settings, overview: Mapping[str, Any] | None) -> list[SourceState]:
    """Return the states of the configured sources; an overview may be of an earlier version."""
    pulls = (overview or {}).get("pulls", {})
    last = {name: read_last_pulls(one) for name, one in pulls.items()}
    return source_states(settings.sources, last)


def source_rows(
    settings: Settings, overview: Mapping[str, Any] | None, at: dt.datetime, language: Language
) -> Sequence[SourceRow]:
    """Return the rows of the sources at a moment."""
    return [_row(state, at, language) for state in known_states(settings, overview)]


def _row(state: SourceState, at: dt.datetime, language: Language) -> SourceRow:
    problems = [one.message(language) for one in state.schedule.problems]
    return SourceRow(
        name=state.name,
        kind=_kind(state.schedule.kind, language),
        every=_period(state.every_text, language),
        status="failed" if problems else state.status(at),
        last_success=state.last_success,
        rows=sum(state.rows.values()),
        files=state.files,
        reason=text("pages.semicolon", language).join(problems) or state.reason(language),
    )


def _kind(kind: str, language: Language) -> str:
    """Return the label of a kind; as it is written in the settings if there is no such kind."""
    return catalogue(language).get(f"pages.data.sources.kinds.{kind}", kind)


def _period(written: str, language: Language) -> str:
    """Return a period of the settings, such as 12h, in words; empty for none."""
    if not written:
        return ""
    return text(f"pages.data.sources.periods.{written[-1]}", language, n=written[:-1])
