"""Makes a list of the past again from the records and holds it against the sealed one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from risk.progress import Progress
from serving.publishing.context import PublishContext, PublishRequest
from serving.publishing.pipeline import collect_inputs
from serving.publishing.publication_builder import build_publication
from serving.settings import PolicySettings, Settings, TierSettings
from serving.version import code_version
from serving.watchlists.document import Document


@dataclass(frozen=True)
class Replay:
    """Whether the list made again is the sealed one, to the digest; ``differs`` names what is not.

    ``code_differs`` tells that another version of the program sealed it; the list is then made
    with the sealed version's name in it, so that only what matters is compared.
    """

    as_of: dt.date
    region: str
    sealed: str
    replayed: str
    differs: tuple[str, ...]
    code_differs: bool

    @property
    def same(self) -> bool:
        """Whether the digests are equal."""
        return self.sealed == self.replayed


def replay(context: PublishContext, as_of: dt.date, region: str, progress: Progress) -> Replay:
    """Make the list of ``as_of`` and ``region`` again with the model and rules sealed in it.

    Raises:
        NothingPublished, NotPublished: no such list was sealed.
        ModelUnknown: its model is gone from the registry.
    """
    stored = context.lists.watchlist(as_of, region)
    sealed = json.loads(stored.body)
    then = replace(context, settings=_settings_then(context.settings, sealed["rules"]))
    request = PublishRequest(as_of, sealed["capacity"], region, "replay")
    made = build_publication(collect_inputs(then, request, progress, sealed["model"]["version"]))
    made = replace(made, head=replace(made.head, code_version=sealed["code_version"]))
    again = made.seal().watchlist
    return Replay(
        as_of=as_of,
        region=region,
        sealed=stored.digest,
        replayed=again.digest,
        differs=tuple(_differences(sealed, json.loads(again.body))),
        code_differs=sealed["code_version"] != code_version(),
    )


def _settings_then(settings: Settings, rules: Mapping[str, Any]) -> Settings:
    policy = rules["policy"]
    changed = {name: value for name, value in policy.items() if name != "seed"}
    return settings.model_copy(
        update={
            "seed": int(policy["seed"]),
            "tiers": TierSettings(**rules["tiers"]),
            "policy": PolicySettings(**{**settings.policy.model_dump(), **changed}),
        }
    )


def _differences(sealed: Document, made: Document) -> list[str]:
    """The parts that differ; of the entries, which projects."""
    parts = [name for name in sealed if sealed[name] != made.get(name)]
    if "entries" in parts:
        before = {entry["project_id"]: entry for entry in sealed["entries"]}
        after = {entry["project_id"]: entry for entry in made["entries"]}
        moved = sorted(key for key in set(before) | set(after) if before.get(key) != after.get(key))
        parts[parts.index("entries")] = f"entries ({', '.join(moved[:5])}{'…' * (len(moved) > 5)})"
    return parts
