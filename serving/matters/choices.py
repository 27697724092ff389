"""People and units that a matter may be assigned to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from serving.auth.jurisdiction import touches
from serving.auth.principal import Principal
from serving.auth.repository import UserRepository
from serving.auth.roles import Permission
from serving.db.database import Database
from serving.matters.state import MatterState


@dataclass(frozen=True)
class Assignees:
    """Names to choose from when a matter is assigned, each in order."""

    people: tuple[str, ...]
    units: tuple[str, ...]


def assignees(
    database: Database, principal: Principal, standings: Iterable[MatterState]
) -> Assignees:
    """Return the users of the region who may act on matters, and who had matters before."""
    users = UserRepository(database.engine).users()
    people = {
        user.name
        for user in users
        if user.disabled_at is None
        and touches(principal, user.region)
        and user.principal().has(Permission.WRITE_OUTCOMES)
    }
    steps = [step for state in standings for step in state.matter.steps if step.step == "given"]
    people.update(step.person for step in steps if step.person)
    units = {step.unit for step in steps if step.unit}
    return Assignees(tuple(sorted(people)), tuple(sorted(units)))
