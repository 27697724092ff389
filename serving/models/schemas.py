"""Schemas of models."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from serving.http.schemas import Schema


class PublishedModel(Schema):
    """A model that scored a published list. ``champion`` marks that of the newest list."""

    version: str
    kind: Literal["lightgbm", "logistic", "scorecard"]
    trained_at: dt.date
    champion: bool
    about: dict[str, Any]
