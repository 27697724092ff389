"""Rebuilds a published list from the records and compares it with the sealed one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from risk.progress import Progress
from risk.store.marks import History, compare_history
from risk.watchlist.sealed_document import Sealed, verify
from serving.publishing.context import PublishContext, PublishRequest
from serving.publishing.pipeline import RegionUnknown, collect_inputs
from serving.publishing.publication_builder import build_publication
from serving.publishing.replay_comparison import (
    ListDocuments,
    VersionComparison,
    compare_versions,
)
from serving.settings import PolicySettings, Settings, TierSettings
from serving.version import code_version
from serving.watchlists.archived import ListArchived
from serving.watchlists.document import (
    Document,
    SealedFlag,
    SealedPublication,
    digest_of_risks,
    parse_sealed_flag,
)
from serving.watchlists.mark_repository import load_mark
from serving.watchlists.repository import StoredDocument, WatchlistRepository
from serving.watchlists.seal_version import (
    FEATURES_SINCE,
    FLAGS_SINCE,
    GRADES_SINCE,
    SEAL_VERSION,
    parse_sealed,
    seal_version_of,
)

Verdict = Literal["same", "differs", "cannot_tell"]


@dataclass(frozen=True)
class Replay:
    """Digests of a sealed list and of its rebuild, and the parts that differ.

    ``code_differs``: another version of the program sealed the list; the rebuild then carries the
    sealed version's name, so that only the content is compared. ``comparison`` is set for a list
    of an older seal version, whose digest cannot be reached again.

    ``history`` compares the records up to the mark of the list with those of its sealing. From the
    records of another history another list is to be expected, so a difference shows nothing.
    ``replayed`` is None if such records gave no list at all, or if the model of a list sealed
    before :data:`FEATURES_SINCE` reads ``features_missing``, which this version does not compute,
    or if projects that are needed were moved to the file ``archived``.

    ``redefined`` are families of features whose definition changed since the list was sealed, so
    that its figures cannot be computed again. ``altered`` names what is stored otherwise than it
    was sealed, whatever the rebuild is, see :func:`altered_parts`.
    """

    as_of: dt.date
    region: str
    sealed: str
    replayed: str | None
    differs: tuple[str, ...]
    code_differs: bool
    history: History
    comparison: VersionComparison | None = None
    features_missing: str = ""
    archived: str = ""
    redefined: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the digests are equal and those of what is stored."""
        return self.sealed == self.replayed and not self.altered

    @property
    def succeeded(self) -> bool:
        """Whether the digests are equal or, for an older version, the comparison is faithful."""
        return self.same if self.comparison is None else self.comparison.is_faithful

    @property
    def verdict(self) -> Verdict:
        """Whether the list is the same, differs, or cannot be compared with these records."""
        if self.succeeded:
            return "same"
        # Sealed bytes that were changed differ, whatever the records are.
        if self.altered:
            return "differs"
        if self.features_missing or self.archived or self.redefined:
            return "cannot_tell"
        if self.comparison is not None and (
            self.comparison.differs_by_flags or self.comparison.differs_by_features
        ):
            return "cannot_tell"
        return "differs" if self.history in ("as_sealed", "changed") else "cannot_tell"

    def to_document(self) -> Document:
        """As plain data; what is not there is left out: ``comparison`` (only lists of an older
        version have one), ``features_missing``, ``archived``, ``redefined``, ``altered``.
        """
        fields = asdict(self)
        for name in ("comparison", "features_missing", "archived", "redefined", "altered"):
            if not fields[name]:
                del fields[name]
        return {**fields, "same": self.same, "verdict": self.verdict}


def replay(
    context: PublishContext,
    as_of: dt.date,
    region: str,
    progress: Progress,
    *,
    current: int = SEAL_VERSION,
) -> Replay:
    """Rebuild the list of ``as_of`` and ``region`` with the model and rules sealed in it.

    Only the records that had arrived when it was sealed are read, and the previous list is the one
    it had then. Where these records are not known or of another history, all are read. Red flags
    sealed under earlier rules are read from the seals, not found again. ``current`` is the seal
    version of the rebuild.

    Raises:
        NothingPublished, NotPublished: no such list was sealed.
        SealVersionTooNew: it was sealed in a version after ``current``.
        ModelUnknown: its model is no longer in the registry.
        FeaturesMissing: its model reads features this version does not compute, though the list is
            not older than they are.
    """
    stored = context.lists.watchlist(as_of, region)
    sealed = stored.document(current)
    list_id = context.lists.sealed_id(as_of, region)
    mark = None if list_id is None else load_mark(context.database.engine, list_id)
    history = compare_history(context.store, mark)
    if mark is not None and history != "other_history":
        context = replace(context, store=context.store.up_to(mark.arrival))
    code_differs = sealed["code_version"] != code_version()
    found = Replay(as_of, region, stored.digest, None, (), code_differs, history)
    found = replace(found, altered=altered_parts(context.lists, stored, sealed))
    # Imported here: models and training take long to import.
    from models.base import FeaturesMissing
    from training.dataset.training_set import NoProjectsKnown

    try:
        rebuilt = _rebuild(context, sealed, current, progress, list_id)
        comparison = _comparison(context, found, sealed, rebuilt.list, current)
    except (NoProjectsKnown, RegionUnknown):
        if found.verdict == "differs":
            raise
        return found
    except ListArchived as failure:
        return replace(found, archived=str(failure.fields["file"]))
    except FeaturesMissing as failure:
        if seal_version_of(sealed) >= FEATURES_SINCE:
            raise
        return replace(found, features_missing=str(failure.fields["missing"]))
    return replace(
        found,
        replayed=rebuilt.list.watchlist.digest,
        differs=tuple(_differences(sealed, parse_sealed(rebuilt.list.watchlist.body, current))),
        comparison=comparison,
        redefined=rebuilt.redefined,
    )


LIST, RISKS = "list", "risks"
"""The list itself, and which risks it has, among the parts that were altered."""


def altered_parts(
    lists: WatchlistRepository, stored: StoredDocument, sealed: Document
) -> tuple[str, ...]:
    """Return which parts of a list are stored otherwise than they were sealed.

    They are :data:`LIST`, the projects whose risk does not have its digest, and :data:`RISKS` if
    the digests of the risks are not those of the list. Of an archived list its file holds the
    risks, and ``archive verify`` checks them.
    """
    found = [] if verify(stored) else [LIST]
    risks: dict[str, Sealed] = {}
    try:
        for project_id, risk in lists.each_risk(
            dt.date.fromisoformat(sealed["as_of"]), sealed["region"]
        ):
            risks[project_id] = Sealed(b"", risk.digest)
            if not verify(risk):
                found.append(project_id)
    except ListArchived:
        return tuple(found)
    if digest_of_risks(risks) != sealed["risks_digest"]:
        found.append(RISKS)
    return tuple(sorted(found))


@dataclass(frozen=True)
class _Rebuilt:
    """A list that was made again; ``redefined`` are the families redefined since it was sealed."""

    list: SealedPublication
    redefined: tuple[str, ...]


def redefined_since(
    now: tuple[str, ...] | None, then: tuple[str, ...] | None, *, code_differs: bool
) -> tuple[str, ...]:
    """Return the families that were redefined since a list was sealed.

    ``now`` and ``then`` were defined otherwise at the training of its model. A family among both
    may have changed again, unless the program is the same.
    """
    if now is None:
        return ()
    return now if code_differs else tuple(name for name in now if name not in (then or ()))


def _rebuild(
    context: PublishContext,
    sealed: Document,
    version: int,
    progress: Progress,
    list_id: int | None,
) -> _Rebuilt:
    from risk.flags.office_values import from_document

    then = replace(
        context,
        settings=_settings_then(context.settings, sealed["rules"]),
        law_values=tuple(from_document(value) for value in sealed["rules"].get("law", ())),
    )
    as_of = dt.date.fromisoformat(sealed["as_of"])
    order = sealed["rules"]["policy"]["order"]
    request = PublishRequest(
        as_of,
        sealed["capacity"],
        sealed["region"],
        "replay",
        order,
        seal_version_of(sealed) < GRADES_SINCE,
    )
    with then.as_known(as_of) as known:
        inputs = collect_inputs(
            known, request, progress, sealed["model"]["version"], sealed_before=list_id
        )
        # Whether features were redefined is known only when a list is published.
        redefined = (sealed["model"].get("remarks") or {}).get("redefined", ())
        redefined = None if redefined is None else tuple(redefined)
        differs = sealed["code_version"] != code_version()
        since = redefined_since(inputs.scored.model.redefined, redefined, code_differs=differs)
        model = replace(inputs.scored.model, redefined=redefined)
        inputs = replace(
            inputs,
            scored=replace(inputs.scored, model=model),
            seal_version=seal_version_of(sealed),
            sealed_flags=_sealed_flags(context, sealed, version),
        )
        built = build_publication(inputs)
        head = replace(built.header, code_version=sealed["code_version"], seal_version=version)
        # Risks are made from the records while they are sealed.
        return _Rebuilt(replace(built, header=head).seal(), since)


def _sealed_flags(
    context: PublishContext, sealed: Document, version: int
) -> Mapping[str, tuple[SealedFlag, ...]] | None:
    """The red flags of all scored projects as sealed with the list, if its rules are gone."""
    if seal_version_of(sealed) >= FLAGS_SINCE:
        return None
    risks = context.lists.project_risks(dt.date.fromisoformat(sealed["as_of"]), sealed["region"])
    documents = {key: risk.document(version) for key, risk in risks.items()}
    return {
        key: tuple(parse_sealed_flag(flag) for flag in document["red_flags"])
        for key, document in documents.items()
    }


def _comparison(
    context: PublishContext,
    found: Replay,
    sealed: Document,
    rebuilt: SealedPublication,
    current: int,
) -> VersionComparison | None:
    """The comparison of a list of an older seal version with its rebuild; None of the same one.

    Raises:
        ListArchived: the risks sealed with it were moved to a file.
    """
    if seal_version_of(sealed) >= current:
        return None
    risks = context.lists.project_risks(found.as_of, found.region)
    return compare_versions(
        ListDocuments(sealed, {key: risk.document(current) for key, risk in risks.items()}),
        ListDocuments(
            parse_sealed(rebuilt.watchlist.body, current),
            {key: parse_sealed(risk.body, current) for key, risk in rebuilt.risks.items()},
        ),
        (seal_version_of(sealed), current),
        verified=not found.altered,
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


def _differences(sealed: Document, rebuilt: Document) -> list[str]:
    """The parts that differ; of the entries, which projects."""
    parts = [name for name in sealed if sealed[name] != rebuilt.get(name)]
    if "entries" in parts:
        before = {entry["project_id"]: entry for entry in sealed["entries"]}
        after = {entry["project_id"]: entry for entry in rebuilt["entries"]}
        moved = sorted(key for key in set(before) | set(after) if before.get(key) != after.get(key))
        parts[parts.index("entries")] = f"entries ({', '.join(moved[:5])}{'…' * (len(moved) > 5)})"
    return parts
