"""Append-only store of decisions on complaints without a project; the last one counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

from sqlalchemy import Connection, Engine, insert, select

from serving.db.engine import utc
from serving.db.tables import LINK_DECISIONS

Verdict = Literal["linked", "refused"]
Rule = Literal["named_together", "equal_name"]
"""How a link came about without a look at each complaint: one confirmation for all that name a
project, or the office's standing rule.
"""


@dataclass(frozen=True)
class Decision:
    """``linked`` to a project, an organisation or both; ``refused``: none of the candidates.

    ``probability`` is that of the confirmed candidate when it was shown, or None.
    ``region_code`` is that of the target, '' for a refusal. ``rule`` is None where a person decided
    on this complaint alone. ``decided_on`` is the day the link counts from, ``decided_at`` the
    moment of the decision.
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
    rule: Rule | None = None

    def record(self) -> Mapping[str, object]:
        """Return the record for the ``links`` table, known on the day of the decision."""
        return {
            "complaint_id": self.complaint_id,
            "decision": self.decision,
            "project_id": self.project_id,
            "org_id": self.org_id,
            "probability": self.probability,
            "decided_on": self.decided_on.isoformat(),
            "known_at": self.decided_on.isoformat(),
        }


def insert_decisions(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Insert decisions."""
    connection.execute(insert(LINK_DECISIONS), [asdict(decision) for decision in decisions])


def current_decisions(engine: Engine) -> Mapping[str, Decision]:
    """Return the last decision of every decided complaint, by complaint.

    Not restricted to a region: a reader must see that a complaint that concerns the region was
    linked elsewhere; :func:`serving.complaint_links.service.with_decisions`
    hides where.
    """
    with engine.connect() as connection:
        rows = connection.execute(select(LINK_DECISIONS).order_by(LINK_DECISIONS.c.id)).all()
    names = [field.name for field in fields(Decision)]
    kept = [{name: row._mapping[name] for name in names} for row in rows]
    return {
        values["complaint_id"]: Decision(**{**values, "decided_at": utc(values["decided_at"])})
        for values in kept
    }
