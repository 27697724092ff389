"""The list of a month in one job: train if it is due, score, publish, write lists and briefing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from risk.progress import Progress, scaled_progress
from risk.store.store import RecordStore, known_kinds
from risk.workspace import Workspace
from serving.db.database import Database
from serving.errors import CommandError
from serving.monthly.files import (
    escalate_due,
    month_folder,
    write_briefings,
    write_list,
    write_scores,
)
from serving.office_values import office_minimum_wages
from serving.publishing.context import PublishContext, PublishRequest
from serving.publishing.hooks import HOOKS, publish_context
from serving.publishing.pipeline import RegionUnknown, publish_watchlist
from serving.publishing.settings_check import check_settings
from serving.settings import Settings

if TYPE_CHECKING:
    from models.registry import Registry


class MonthNeedsModel(CommandError):
    """No model scores yet, and only people of all regions may have one trained."""

    code = "month_needs_model"


@dataclass(frozen=True)
class MonthRequest:
    """The list of a month: its date, length and region, and who asks for it."""

    as_of: dt.date
    capacity: int
    region: str
    by: str


def make_month(
    workspace: Workspace,
    settings: Settings,
    database: Database,
    request: MonthRequest,
    progress: Progress,
) -> Mapping[str, Any]:
    """Make the list of a month and what belongs to it; a list published before is not changed.

    Raises:
        NoProjectsKnown: no project was known before the date.
        MonthNeedsModel: the list is of a part of the regions, and no model scores yet.
    """
    check_settings(workspace, settings, HOOKS)
    trained, remark = _train_if_due(workspace, settings, request, progress)
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        context = publish_context(workspace, store, database, settings)
        new, entries = _publish(context, request, request.capacity, progress)
        employers = _publish_employers(context, request, progress)
        escalate_due(context, request.as_of)
        folder = month_folder(context, request.as_of, request.region)
        progress("files", 0.8)
        write_scores(context, request.as_of, folder, _silent)
        write_list(context, request.as_of, request.region, folder)
        if employers is not None:
            write_list(employers, request.as_of, request.region, folder, "employers-")
        progress("briefing", 0.9)
        write_briefings(context, request.as_of, request.region, folder, request.by)
    return {
        "as_of": request.as_of.isoformat(),
        "trained": trained,
        "new": new,
        "entries": entries,
        "employers": employers is not None,
        **({"remark": remark} if remark else {}),
    }


def _silent(_: str, __: float) -> None:
    """Take no notice of progress."""


def _train_if_due(
    workspace: Workspace, settings: Settings, request: MonthRequest, progress: Progress
) -> tuple[str | None, str | None]:
    """Train if it is due: no model scores yet, twelve mature months passed, or its features are
    defined otherwise now. Returns the new version, and a remark on copying it to another MLflow.
    """
    from serving.models.run_documents import attach_documents
    from serving.models.tracking_mirror import mirror
    from training.pipeline import Search, run_training

    if request.region:
        # A model learns from the records of all regions, and scores them.
        _require_model(workspace)
        return None, None
    if not _training_due(workspace, request.as_of):
        return None, None
    run = run_training(
        workspace,
        request.as_of,
        principal=request.by,
        capacity=request.capacity,
        search=Search(settings.training.trials, settings.seed),
        progress=scaled_progress(progress, 0.0, 0.4),
        minimum_wages=office_minimum_wages(workspace, settings),
    )
    version = run.version.version
    attach_documents(workspace, version)
    return version, mirror(workspace, settings, version, "project", "en")


def _require_model(workspace: Workspace) -> None:
    from models.registry import NoModel, Registry

    registry: Registry = Registry(workspace, "project")
    try:
        registry.champion()
    except NoModel as error:
        raise MonthNeedsModel() from error


def _training_due(workspace: Workspace, as_of: dt.date) -> bool:
    from features.cache.dependencies import redefined_families
    from models.registry import NoModel, Registry
    from training.dataset.labels import event_log
    from training.monitoring.expiry import MAX_UNLEARNT_MONTHS
    from training.monitoring.performance_estimate import mature_months_since

    registry: Registry = Registry(workspace, "project")
    try:
        _, version = registry.champion()
    except NoModel:
        return True
    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        if redefined_families(store, version.about.get("feature_definitions")) != ():
            return True
        log = event_log(store, as_of)
    return len(mature_months_since(version.trained_at, log)) >= MAX_UNLEARNT_MONTHS


def _publish(
    context: PublishContext, request: MonthRequest, capacity: int, progress: Progress
) -> tuple[bool, int]:
    """Publish unless there is a list of that date and region; return whether, and its length."""
    for summary in context.lists.summaries():
        if (summary.as_of, summary.region) == (request.as_of, request.region):
            return False, summary.entries
    step = scaled_progress(progress, 0.4, 0.35) or progress
    asked = PublishRequest(request.as_of, capacity, request.region, request.by)
    done = publish_watchlist(context, asked, step)
    return True, done.entries


def _publish_employers(
    context: PublishContext, request: MonthRequest, progress: Progress
) -> PublishContext | None:
    """Publish the list of employers; None if none are known or no model scores them."""
    from models.registry import NoModel

    if "employer" not in known_kinds(context.store, request.as_of):
        return None
    employers = context.for_kind("employer")
    try:
        _publish(employers, request, context.settings.employers.capacity, progress)
    except (NoModel, RegionUnknown):
        return None
    return employers
