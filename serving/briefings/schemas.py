"""Response schemas of briefings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from serving.briefings.kinds import CAUSES, CHANNELS, EMPLOYER_KINDS
from serving.briefings.repository import PeriodKind
from serving.http.parameters import LiteralOf
from serving.http.schemas import Schema, example

ChannelName = Annotated[str, LiteralOf(CHANNELS)]
EmployerKind = Annotated[str, LiteralOf(EMPLOYER_KINDS)]
CauseName = Annotated[str, LiteralOf(CAUSES)]


class Briefing(Schema):
    """A monthly briefing or the summary of a year; download it under ``/v1/briefings/{id}``."""

    id: int
    month: dt.date
    region: str
    format: str
    digest: str
    made_at: dt.datetime
    made_by: str
    period: PeriodKind


class ChannelFigures(Schema):
    """Complaints through one channel; "" is not recorded, a null ``year_before`` is unknown."""

    channel: ChannelName
    complaints: int
    year_before: int | None


class EmployerFigures(Schema):
    """Cases opened against one kind of employer; money in fen, null is unknown."""

    employer: EmployerKind
    cases: int
    workers: int | None
    amount_owed: int | None
    year_before: int | None


class CauseFigures(Schema):
    """Disputes over other money than wages, ``guided`` of them elsewhere; money in fen."""

    cause: CauseName
    disputes: int
    guided: int
    workers: int | None
    amount: int | None


class CoverageFigures(Schema):
    """Projects and other employers visited, their workers, and labour contracts seen there."""

    projects: int
    employers: int
    workers: int | None
    contracts: int | None


class BriefingFigures(Schema):
    """Figures of ``region`` from ``start`` to before ``stop``, as known before ``stop``.

    Kinds without any are left out. ``causes`` are in no other figure. ``without_cause`` complaints
    and cases give no cause and count as about wages; null if no record gives one.
    """

    model_config = example(
        start="2025-12-01",
        stop="2026-01-01",
        region="990102",
        channels=[{"channel": "hotline_12345", "complaints": 23, "year_before": 7}],
        employers=[
            {
                **{"employer": "labour_subcontractor", "cases": 9, "workers": 120},
                **{"amount_owed": 264000000, "year_before": 6},
            }
        ],
        causes=[
            {
                **{"cause": "project_payment", "disputes": 2, "guided": 1},
                **{"workers": 5, "amount": 31000000},
            }
        ],
        without_cause=4,
        coverage={"projects": 31, "employers": 4, "workers": 1630, "contracts": 1502},
    )

    start: dt.date
    stop: dt.date
    region: str
    channels: list[ChannelFigures]
    employers: list[EmployerFigures]
    causes: list[CauseFigures]
    without_cause: int | None
    coverage: CoverageFigures
