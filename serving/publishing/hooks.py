"""The hooks of the program: model cards, deposit rules, and matters opened from a new list."""

from __future__ import annotations

from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.clock import now
from serving.db.database import Database
from serving.deposits.rules import deposit_rules
from serving.matters.rules import matter_rules
from serving.matters.sync import sync_from_lists
from serving.models.service import describe_model
from serving.publishing.context import PublishContext, PublishHooks
from serving.settings import Settings


def publish_context(
    workspace: Workspace, store: RecordStore, database: Database, settings: Settings
) -> PublishContext:
    """The context in which commands and jobs publish."""
    return PublishContext(workspace, store, database, settings, HOOKS)


def _open_matters(database: Database, settings: Settings) -> None:
    sync_from_lists(database, matter_rules(settings.matters), now())


HOOKS = PublishHooks(describe_model, deposit_rules, _open_matters)
