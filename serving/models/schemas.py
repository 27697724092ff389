"""Schemas of models."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.http.schemas import OpenDict, Schema


class ModelFacts(OpenDict, total=False):
    """Facts of a training and, as ``evidence``, the report of the gate.

    The digest is that of the records; ``missing_feeds`` are tables that held nothing.
    """

    trained_at: str
    first_snapshot: str | None
    last_snapshot: str | None
    rows: int
    positives: int
    events: int
    maturity_days: int
    records_digest: str
    missing_feeds: list[str]
    metrics: dict[str, float | None]
    evidence: ModelEvidence | None


class ModelEvidence(OpenDict, total=False):
    """What the gate decided on: months and places, figures, calibration and groups."""

    months: list[str]
    places: int
    gate: GateDecision


class GateDecision(OpenDict, total=False):
    """Whether the model passed, on which grounds, and the checks."""

    passed: bool
    grounds: str
    checks: list[GateCheck]


class GateCheck(OpenDict, total=False):
    """One check; an ``undecided`` one neither passed nor failed."""

    name: str
    passed: bool
    undecided: bool


class PublishedModel(Schema):
    """A model that scored a published list. ``champion`` marks that of the newest list."""

    version: str
    kind: Literal["lightgbm", "logistic", "scorecard"]
    trained_at: dt.date
    champion: bool
    about: ModelFacts
