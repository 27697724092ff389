"""Copies models to the MLflow of the settings after a training or a change of champion."""

from __future__ import annotations

import os

from risk.locale import Language, text
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from serving.settings import Settings

VARIABLE = "MLFLOW_TRACKING_URI"


def mirror(
    workspace: Workspace, settings: Settings, version: str, kind: Kind, language: Language
) -> str | None:
    """Copy ``version`` to the configured MLflow; return a remark, None if there is nothing to say.

    A failure is a remark: the registry of the workspace has the model all the same.
    """
    uri = settings.tracking.uri
    if not uri:
        ignored = os.environ.get(VARIABLE)
        return text("cli.tracking_ignored", language, variable=VARIABLE) if ignored else None
    from models.mirror import TrackingFailed, push, shown
    from models.registry import Registry

    try:
        pushed = push(Registry(workspace, kind), version, uri)
    except TrackingFailed as error:
        return error.message(language)
    return text(
        "cli.model_pushed",
        language,
        name=pushed.name,
        version=version,
        there=pushed.version,
        uri=shown(uri),
    )
