"""The model that scores a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.registry import ModelVersion, Registry


@dataclass(frozen=True)
class UsedModel:
    """The scoring model; ``events`` counts the arrears events it was trained on.

    ``about`` is the metadata stored with it. ``redefined`` are the families whose features were
    defined otherwise at its training, None if that is not known. ``stale_since`` is set where no
    table has new rows: the day of the last ones.
    """

    name: str
    version: str
    kind: str
    events: int
    about: Mapping[str, Any] = field(default_factory=dict)
    redefined: tuple[str, ...] | None = ()
    stale_since: dt.date | None = None


def used_model(registry: Registry, version: ModelVersion) -> UsedModel:
    """Return ``version`` as the scoring model."""
    about = version.about
    events = int(about.get("events", 0))
    return UsedModel(registry.name, version.version, version.kind, events, about)
