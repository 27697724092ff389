"""Figures of a briefing by channel, kind of employer and cause, in its tables and over the API."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serving.briefings.breakdown import Breakdown
from serving.briefings.kinds import CAUSES, CHANNELS, EMPLOYER_KINDS
from serving.briefings.statistics import Total

if TYPE_CHECKING:
    from serving.briefings.facts import Facts


@dataclass(frozen=True)
class ChannelFigures:
    """Complaints through one channel; ``channel`` "" is not recorded.

    ``year_before`` is None if no complaint became known in that period.
    """

    channel: str
    complaints: int
    year_before: int | None


@dataclass(frozen=True)
class EmployerFigures:
    """Cases opened against one kind of employer; ``employer`` "" is not recorded.

    ``workers`` and ``amount_owed`` (fen) are None if no case records them, ``year_before`` is None
    if no case became known in that period.
    """

    employer: str
    cases: int
    workers: int | None
    amount_owed: int | None
    year_before: int | None


@dataclass(frozen=True)
class CauseFigures:
    """Disputes of one cause over other money than wages; ``guided`` of them elsewhere.

    ``workers`` and ``amount`` (fen) are None if no record has them.
    """

    cause: str
    disputes: int
    guided: int
    workers: int | None
    amount: int | None


@dataclass(frozen=True)
class CoverageFigures:
    """Projects and other employers visited, their workers, and labour contracts seen there.

    ``workers`` and ``contracts`` are None if no visit records them.
    """

    projects: int
    employers: int
    workers: int | None
    contracts: int | None


@dataclass(frozen=True)
class Figures:
    """Figures of ``region`` from ``start`` to before ``stop``, as known before ``stop``.

    Kinds without any are left out. ``without_cause``: complaints and cases that give no cause and
    count as about wages; None if no record of the period gives one.
    """

    start: dt.date
    stop: dt.date
    region: str
    channels: tuple[ChannelFigures, ...]
    employers: tuple[EmployerFigures, ...]
    causes: tuple[CauseFigures, ...]
    without_cause: int | None
    coverage: CoverageFigures


def briefing_figures(facts: Facts) -> Figures:
    """Return the figures of the briefing of ``facts``."""
    now = facts.breakdown
    coverage = now.coverage
    return Figures(
        start=facts.period.start,
        stop=facts.period.stop,
        region=facts.region,
        channels=_channels(now, year_before(facts, "complaints")),
        employers=_employers(now, year_before(facts, "cases")),
        causes=_causes(now),
        without_cause=now.without_cause,
        coverage=CoverageFigures(
            coverage.projects,
            coverage.employers,
            _known(coverage.workers),
            _known(coverage.contracts),
        ),
    )


def year_before(facts: Facts, table: str) -> Breakdown | None:
    """Return the breakdown of a year before, None if nothing of ``table`` became known in it."""
    silent = table in facts.statistics_year_ago.silent
    return None if silent else facts.breakdown_year_ago


def _channels(now: Breakdown, before: Breakdown | None) -> tuple[ChannelFigures, ...]:
    earlier = before.channels if before else {}
    return tuple(
        ChannelFigures(
            code, now.channels.get(code, 0), None if before is None else earlier.get(code, 0)
        )
        for code in CHANNELS
        if code in now.channels or code in earlier
    )


def _employers(now: Breakdown, before: Breakdown | None) -> tuple[EmployerFigures, ...]:
    rows = []
    for kind in EMPLOYER_KINDS:
        if kind not in now.employers:
            continue
        group = now.employers[kind]
        earlier = None
        if before is not None:
            earlier = before.employers[kind].count if kind in before.employers else 0
        rows.append(
            EmployerFigures(kind, group.count, _known(group.workers), _known(group.amount), earlier)
        )
    return tuple(rows)


def _causes(now: Breakdown) -> tuple[CauseFigures, ...]:
    found = [(cause, now.disputes[cause]) for cause in CAUSES if cause in now.disputes]
    return tuple(
        CauseFigures(cause, group.count, group.guided, _known(group.workers), _known(group.amount))
        for cause, group in found
    )


def _known(total: Total) -> int | None:
    return total.value if total.known else None
