"""Decisions on complaints that name no project. Every one stays; the last of a complaint stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal

from sqlalchemy import Connection, Engine, insert, select

from serving.db.engine import utc
from serving.db.tables import LINK_DECISIONS

Verdict = Literal["linked", "refused"]


@dataclass(frozen=True)
class Decision:
    """``linked`` to a project, an organisation or both; ``refused``: none of the candidates.

    ``probability`` is what the confirmed candidate had when it was shown, None if it had none.
    ``region_code`` is the place of what it was linked to, '' for a refusal.
    """

    complaint_id: str
    decision: Verdict
    project_id: str | None
    org_id: str | None
    region_code: str
    probability: float | None
    decided_on: dt.date
    decided_by: str
    decided_at: dt.datetime

    def record(self) -> Mapping[str, object]:
        """The links record it becomes, known on the day it was decided."""
        return {
            "complaint_id": self.complaint_id,
            "decision": self.decision,
            "project_id": self.project_id,
            "org_id": self.org_id,
            "probability": self.probability,
            "decided_on": self.decided_on.isoformat(),
            "known_at": self.decided_on.isoformat(),
        }


def keep_decision(connection: Connection, decision: Decision) -> None:
    """Keep a decision."""
    connection.execute(insert(LINK_DECISIONS).values(asdict(decision)))


def standing_decisions(engine: Engine) -> Mapping[str, Decision]:
    """The last decision of every complaint that has one.

    Not narrowed to a region: the reader of them sees only complaints that concern his region, and
    must see that one of them was linked elsewhere; :func:`serving.complaint_links.service.shown`
    hides where.
    """
    with engine.connect() as connection:
        rows = connection.execute(select(LINK_DECISIONS).order_by(LINK_DECISIONS.c.id)).all()
    names = [field.name for field in fields(Decision)]
    kept = [{name: row._mapping[name] for name in names} for row in rows]
    return {
        one["complaint_id"]: Decision(**{**one, "decided_at": utc(one["decided_at"])})
        for one in kept
    }
