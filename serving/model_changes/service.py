"""Asks for, decides and carries out changes of the model in use.

A person asks with a reason. Where the office wants a second person (``training.second_person``),
another one approves or rejects; else asking approves. A job then changes the registry. A rollback
names the version it goes back to when it is asked for, so that what is approved is what is done.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from http import HTTPStatus

from sqlalchemy import Connection

from risk.errors import WagewatchError
from risk.intake.personal_numbers import mask_personal_numbers
from risk.locale import LANGUAGES
from risk.unit_kinds import KINDS
from risk.workspace import Workspace
from serving.auth.jurisdiction import require_covers
from serving.auth.principal import Principal
from serving.clock import now
from serving.db.database import Database
from serving.db.engine import writing
from serving.errors import ApiError, CommandError
from serving.jobs.service import queue
from serving.model_changes.repository import (
    ModelStep,
    RegistryVersion,
    add_step,
    list_versions,
    replace_versions,
    steps_of,
)
from serving.model_changes.schemas import DecisionIn, ModelChange, ModelChangeIn

CHAMPION = "champion"
JOB, REFRESH = "model_change", "models"


class ModelVersionUnknown(ApiError):
    """The registry has no such version, or had none when it was last read."""

    code = "model_version_unknown"
    status = HTTPStatus.NOT_FOUND


class NothingBefore(ApiError):
    """No earlier champion is known to go back to."""

    code = "nothing_before"
    status = HTTPStatus.CONFLICT


class ModelChangeUnknown(ApiError):
    """No such change was asked for."""

    code = "model_change_unknown"
    status = HTTPStatus.NOT_FOUND


class ModelChangeDecided(ApiError):
    """The change was decided before."""

    code = "model_change_decided"
    status = HTTPStatus.CONFLICT


class SecondPersonNeeded(ApiError):
    """The person who asks for a change may not approve it, through a token either."""

    code = "second_person_needed"
    status = HTTPStatus.CONFLICT


class ChampionChanged(CommandError):
    """The champion is not the one that the change was approved for."""

    code = "champion_changed"


def ask(
    connection: Connection, principal: Principal, given: ModelChangeIn, *, second_person: bool
) -> ModelChange:
    """Store a change or a comment, and queue the job of a change that nobody else must approve.

    Raises:
        OutsideRegion: a change needs access to all regions.
        ModelVersionUnknown, NothingBefore: there is no such version.
    """
    if given.action != "comment":
        require_covers(principal, "")
    step = ModelStep(
        change_id=uuid.uuid4().hex,
        step="done" if given.action == "comment" else "asked",
        action=given.action,
        unit=given.unit,
        version=_target(list_versions(connection), given),
        text=mask_personal_numbers(given.text.strip()),
        by=principal.name,
        at=now(),
        owner=principal.person,
    )
    add_step(connection, step)
    if given.action != "comment" and not second_person:
        step = replace(step, step="approved")
        add_step(connection, step)
        queue(connection, JOB, {"change_id": step.change_id}, "", principal)
    return to_schema(step)


def decide(
    connection: Connection, principal: Principal, change_id: str, given: DecisionIn
) -> ModelChange:
    """Approve a change, which queues its job, or reject it.

    Raises:
        OutsideRegion: it needs access to all regions.
        ModelChangeUnknown, ModelChangeDecided: it waits for no decision.
        SecondPersonNeeded: the principal asked for it; only rejecting it is allowed then.
    """
    steps = steps_of(connection, change_id)
    if not steps:
        raise ModelChangeUnknown(change_id=change_id)
    require_covers(principal, "")
    if steps[-1].step != "asked":
        raise ModelChangeDecided(change_id=change_id, step=steps[-1].step)
    if given.approve and _is_same_person(steps[0], principal):
        raise SecondPersonNeeded(by=principal.name)
    step = replace(
        steps[-1],
        step="approved" if given.approve else "rejected",
        text=mask_personal_numbers(given.text.strip()),
        by=principal.name,
        at=now(),
        owner=principal.person,
    )
    add_step(connection, step)
    if given.approve:
        queue(connection, JOB, {"change_id": change_id}, "", principal)
    return to_schema(step)


def to_schema(step: ModelStep) -> ModelChange:
    """Return the schema of a step."""
    values = asdict(step)
    del values["owner"]
    return ModelChange.model_validate(values)


def _is_same_person(asked: ModelStep, principal: Principal) -> bool:
    """Return whether ``principal`` asked for the change, itself or through a token."""
    return bool({asked.by, asked.owner} & {principal.name, principal.person})


def version_with_card(database: Database, version: str) -> RegistryVersion:
    """Return the copy of ``version`` with its card.

    Raises:
        ModelVersionUnknown: there is none, or it is neither champion nor challenger.
    """
    with database.engine.connect() as connection:
        known = {one.version: one for one in list_versions(connection) if one.card_html}
    if version not in known:
        raise ModelVersionUnknown(version=version, known=", ".join(known) or "-")
    return known[version]


def _target(versions: list[RegistryVersion], given: ModelChangeIn) -> str:
    """The version that the change makes champion, or that the comment is about."""
    from models.promotion_log import ChampionChange, champion_before

    known = {one.version: one for one in versions if one.unit == given.unit}
    if given.version is not None:
        if given.version not in known:
            raise ModelVersionUnknown(version=given.version, known=", ".join(known) or "-")
        return given.version
    champion = next((one.version for one in known.values() if CHAMPION in one.aliases), None)
    changes = {change["at"]: change for one in known.values() for change in one.changes}
    before = champion_before([ChampionChange(**changes[at]) for at in sorted(changes)], champion)
    if before is None:
        raise NothingBefore()
    return before


def carry_out(workspace: Workspace, database: Database, change_id: str) -> dict[str, str]:
    """Change the registry as approved; a change that was carried out before is left alone.

    Raises:
        ModelUnknown, ModelDamaged: the version is gone or its files were changed.
        ChampionChanged: a rollback would go back to another version than was approved.
    """
    with database.engine.connect() as connection:
        steps = steps_of(connection, change_id)
    approved = next(one for one in steps if one.step == "approved")
    reasons = dict.fromkeys(one.text for one in steps if one.step in ("asked", "approved"))
    people = dict.fromkeys(one.by for one in steps if one.step in ("asked", "approved"))
    try:
        _change(workspace, approved, " / ".join(people), " / ".join(reasons))
    except WagewatchError as error:
        said = " ".join(error.message(language) for language in LANGUAGES)
        _end(database, replace(approved, step="failed", text=said[:2000]))
        raise
    if steps[-1].step == "approved":
        _end(database, replace(approved, step="done"))
    refresh(workspace, database)
    return {"change_id": change_id, "version": approved.version}


def _end(database: Database, step: ModelStep) -> None:
    with writing(database.engine).begin() as connection:
        add_step(connection, replace(step, at=now()))


def _change(workspace: Workspace, approved: ModelStep, who: str, why: str) -> None:
    from models.promotion_log import champion_before
    from models.registry import Registry
    from risk.unit_kinds import Kind

    unit: Kind = "employer" if approved.unit == "employer" else "project"
    registry = Registry(workspace, unit)
    # Not loaded: a champion whose files were damaged is what people roll back from.
    champion = registry.champion_version()
    if champion == approved.version:
        return
    if approved.action == "promote":
        registry.promote(approved.version, who=who, why=why)
        return
    before = champion_before(registry.changes(), champion)
    if before != approved.version:
        raise ChampionChanged(version=approved.version, found=before or "-")
    registry.rollback(who=who, why=why)


def refresh(workspace: Workspace, database: Database) -> None:
    """Copy the registered versions, with the cards of champion and challenger, for the service."""
    from models.registry import Registry
    from serving.models.service import describe_model
    from training.json_safe import to_json_safe

    copies = []
    for unit in KINDS:
        for one in reversed(Registry(workspace, unit).versions()):
            described = describe_model(workspace, one.version) if one.aliases else None
            copies.append(
                RegistryVersion(
                    version=one.version,
                    unit=unit,
                    kind=one.kind,
                    trained_at=one.trained_at,
                    aliases=list(one.aliases),
                    about=to_json_safe(dict(one.about)),
                    changes=[asdict(change) for change in one.changes],
                    card_md=described.card_md if described else {},
                    card_html=described.card_html if described else {},
                    seen_at=now(),
                )
            )
    replace_versions(database.engine, copies)
