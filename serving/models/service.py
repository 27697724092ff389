"""Uses of the model registry: model cards, the monitoring check, models to be published."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from risk.locale import LANGUAGES
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.registry import ModelVersion, Registry
    from risk.sources.state import StoppedSource
    from serving.models.card.sections import CardInput
    from serving.models.repository import StoredModel
    from serving.watchlists.repository import WatchlistRepository
    from training.monitoring.check import CheckReport


class ModelFromLater(CommandError):
    """The model was trained with knowledge from after the requested date."""

    code = "model_from_later"


def require_trained_before(version: ModelVersion, as_of: dt.date) -> None:
    """Check that ``version`` was trained before ``as_of`` or on it.

    Raises:
        ModelFromLater: it was trained later.
    """
    if version.trained_at > as_of:
        raise ModelFromLater(trained_at=version.trained_at, as_of=as_of)


def check_champion(
    workspace: Workspace,
    store: RecordStore,
    lists: WatchlistRepository,
    as_of: dt.date,
    places: int,
    sources: Sequence[StoppedSource] = (),
) -> CheckReport:
    """Run the monitoring check at ``as_of`` for the champion and the published lists.

    ``sources`` are those that have stopped.

    Raises:
        NoModel: nothing was trained yet.
        ModelFromLater: the champion was trained later than ``as_of``.
    """
    from models.registry import Registry
    from models.storage import ArtifactMissing
    from serving.watchlists.history import listed_entries
    from training.monitoring.check import CheckInputs, check
    from training.monitoring.drift import PROFILE_ARTIFACT, parse_profile
    from training.monitoring.lost_inputs import parse_summaries

    registry = Registry(workspace, store.kind)
    model, version = registry.champion()
    require_trained_before(version, as_of)
    try:
        profile = parse_profile(registry.artifact(version.version, PROFILE_ARTIFACT))
    except ArtifactMissing:
        profile = None
    feeds = version.about.get("feeds")
    inputs = CheckInputs(
        *(model, version.trained_at, profile, listed_entries(lists), places),
        sources=sources,
        feeds=None if feeds is None else parse_summaries(feeds),
        definitions=version.about.get("feature_definitions"),
    )
    return check(store, inputs, as_of, workspace.features)


def load_card_input(registry: Registry, version: str) -> CardInput:
    """Return the input of the card of ``version``.

    Raises:
        ModelUnknown: there is no such version.
    """
    import json

    from serving.models.card.sections import CardInput
    from training.effect_pictures import BEESWARM, DEPENDENCE, artifact_name
    from training.effects import EFFECTS_ARTIFACT
    from training.monitoring.drift import PROFILE_ARTIFACT

    pictures = [artifact_name(one, lang) for one in (BEESWARM, DEPENDENCE) for lang in LANGUAGES]
    names = (PROFILE_ARTIFACT, EFFECTS_ARTIFACT, *pictures)
    stored = registry.artifacts(version, names)
    profile, effects = stored.pop(PROFILE_ARTIFACT, None), stored.pop(EFFECTS_ARTIFACT, None)
    return CardInput(
        registry.get(version),
        json.loads(profile)["importance"] if profile else {},
        json.loads(effects) if effects else {},
        stored,
    )


def describe_model(workspace: Workspace, version: str) -> StoredModel:
    """Return a version with its card in both languages, to be stored with a list."""
    from models.registry import Registry, kind_of
    from serving.models.card.render import render_card
    from serving.models.repository import StoredModel
    from training.json_safe import to_json_safe

    material = load_card_input(Registry(workspace, kind_of(version)), version)
    found = material.version
    return StoredModel(
        found.version,
        found.kind,
        found.trained_at,
        to_json_safe(dict(found.about)),
        {language: render_card(material, language, "md") for language in LANGUAGES},
        {language: render_card(material, language, "html") for language in LANGUAGES},
    )
