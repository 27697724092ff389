"""Builds a publication from collected inputs: selects, compares with the previous list, words.

Pure: reads no store, no database and no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

from risk.store.known_query import Written
from risk.store.staged import among
from risk.unit_kinds import Kind
from risk.watchlist import (
    Candidate,
    Change,
    Comparison,
    ListedEntry,
    Policy,
    Selected,
    compare,
    is_cut_arbitrary,
)
from risk.watchlist import select as choose
from risk.watchlist.ranking import Order
from serving.publishing import localize
from serving.publishing.context import PublishRequest
from serving.publishing.remarks import model_info
from serving.publishing.scoring import Scored
from serving.settings import Settings
from serving.version import code_version
from serving.watchlists.document import (
    Assessment,
    Document,
    Entry,
    EntryChange,
    Header,
    Listing,
    PreviousReference,
    ProjectRisk,
    Publication,
    RemovedEntry,
    SealedFlag,
    TimelineItem,
)
from serving.watchlists.seal_version import EVENTS_NEEDED_SINCE, REMARKS_SINCE, SEAL_VERSION
from serving.watchlists.sealed_flags import seal_flag

if TYPE_CHECKING:
    from models.cohort_scores import ScoredProject
    from risk.flags import RedFlag, Value

Contributions = Mapping[str, float]
Flags = Mapping[str, tuple["RedFlag", ...]]


@dataclass(frozen=True)
class PreviousList:
    """The newest earlier list of the region; both fields are None if there is none."""

    document: Mapping[str, Any] | None
    digest: str | None

    def entries(self) -> list[ListedEntry]:
        """Its entries as :func:`risk.watchlist.compare` takes them."""
        return [_listed_before(entry) for entry in self._list("entries")]

    def name(self, project_id: str) -> str:
        """The name the list gave a project, or the id of one it does not hold."""
        names = {entry["project_id"]: entry["project_name"] for entry in self._list("entries")}
        return str(names.get(project_id, project_id))

    def note(self) -> PreviousReference | None:
        """The reference the new list's header carries."""
        if self.document is None or self.digest is None:
            return None
        return PreviousReference(dt.date.fromisoformat(self.document["as_of"]), self.digest)

    def _list(self, name: str) -> list[Mapping[str, Any]]:
        return [] if self.document is None else list(self.document[name])


@dataclass(frozen=True)
class PublishInputs:
    """Everything a publication is built from.

    ``sealed_flags`` stand in for ``flags`` where a list sealed under earlier rules is rebuilt;
    ``seal_version`` is the version it was sealed in. ``codes`` are those of ``flags``, where these
    are read a few projects at a time. ``written`` are rows of queries that another engine wrote.
    """

    request: PublishRequest
    settings: Settings
    scored: Scored
    flags: Flags
    stories: Mapping[str, tuple[TimelineItem, ...]]
    records_digest: str
    previous: PreviousList
    scored_before: Mapping[str, Contributions]
    kind: Kind = "project"
    sealed_flags: Mapping[str, tuple[SealedFlag, ...]] | None = None
    law_values: tuple[Value, ...] = ()
    seal_version: int = SEAL_VERSION
    codes: Mapping[str, tuple[str, ...]] | None = None
    written: Written = field(default_factory=dict)

    def among(self, project_ids: Sequence[str]) -> PublishInputs:
        """The same inputs, read for ``project_ids`` rather than for batches of the cohort."""
        return replace(
            self, flags=among(self.flags, project_ids), stories=among(self.stories, project_ids)
        )

    def flag_codes(self, project_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Codes of a project's red flags, and of those that oblige to a visit."""
        if self.sealed_flags is None and self.codes is not None:
            codes = self.codes.get(project_id, ())
            return codes, tuple(c for c in codes if c in self.settings.policy.must_visit)
        if self.sealed_flags is None:
            flags = self.flags.get(project_id, ())
            return tuple(f.code for f in flags), tuple(f.code for f in flags if f.must_visit)
        codes = tuple(flag.code for flag in self.sealed_flags.get(project_id, ()))
        must = self.settings.policy.must_visit
        return codes, tuple(code for code in codes if code in must)

    def seal_flags(self, project_id: str) -> tuple[SealedFlag, ...]:
        """The red flags of a project with their texts."""
        if self.sealed_flags is not None:
            return self.sealed_flags.get(project_id, ())
        from risk.flags import by_grade

        return tuple(seal_flag(flag) for flag in by_grade(self.flags.get(project_id, ())))


def build_publication(inputs: PublishInputs) -> Publication:
    """Build the publication from ``inputs`` alone; the risks are made when they are read."""
    candidates = [_candidate(project, inputs) for project in inputs.scored.cohort.outlines()]
    policy = _policy(inputs, candidates)
    selected = choose(candidates, policy, inputs.request.as_of)
    listings = {place.project_id: _listing(place) for place in selected}
    # What lists are compared by: those on this one or the previous one.
    before = inputs.previous.entries()
    named = {*listings, *(entry.project_id for entry in before)}
    compared = inputs.scored.cohort.named(named)
    inputs_of_named = inputs.among([project.project_id for project in compared])
    assessments, contributions = {}, {}
    for project in compared:
        contributions[project.project_id] = project.contributions
        if project.project_id in listings:
            assessments[project.project_id] = _assessment(project, inputs_of_named)
    changes = _changes(inputs, before, selected, contributions)
    entries = tuple(
        Entry(listings[change.project_id], assessments[change.project_id], _change_note(change))
        for change in changes.entries
    )
    risks = _Risks(inputs, inputs.scored.cohort.projects, listings)
    return Publication(_head(inputs, policy.order), entries, _gone(inputs, changes), risks)


class _Risks(Sequence[ProjectRisk]):
    """The risks of a cohort in the order of project_id, made from ``inputs`` when they are read."""

    def __init__(
        self,
        inputs: PublishInputs,
        projects: Sequence[ScoredProject],
        listings: Mapping[str, Listing],
    ) -> None:
        is_ordered = not isinstance(projects, tuple)
        by_id = projects if is_ordered else sorted(projects, key=lambda one: one.project_id)
        self._inputs, self._projects, self._listings = inputs, by_id, listings

    def __len__(self) -> int:
        return len(self._projects)

    @overload
    def __getitem__(self, index: int) -> ProjectRisk: ...

    @overload
    def __getitem__(self, index: slice) -> _Risks: ...

    def __getitem__(self, index: int | slice) -> ProjectRisk | _Risks:
        if isinstance(index, slice):
            return _Risks(self._inputs, self._projects[index], self._listings)
        project = self._projects[index]
        key = project.project_id
        assessment = _assessment(project, self._inputs)
        return ProjectRisk(assessment, self._listings.get(key), self._inputs.stories.get(key, ()))


def _policy(inputs: PublishInputs, candidates: Sequence[Candidate]) -> Policy:
    """The policy of the selection, with the order that the list is sealed with."""
    policy, request = inputs.settings.policy, inputs.request
    wanted = Policy(
        capacity=request.capacity,
        seed=str(inputs.settings.seed),
        region=request.region,
        order=request.order or policy.order,
        random_share=policy.random_share,
        rest_days=policy.rest_days,
        tiers=inputs.settings.tiers.thresholds(),
    )
    by_code = request.order is None and wanted.order == "probability"
    if by_code and is_cut_arbitrary(candidates, wanted, request.as_of):
        return replace(wanted, order="probability_then_rules")
    return wanted


def _candidate(project: ScoredProject, inputs: PublishInputs) -> Candidate:
    from risk.flags import weight_of

    codes, must = inputs.flag_codes(project.project_id)
    return Candidate(
        project_id=project.project_id,
        region_code=project.region_code,
        probability=project.probability,
        workers=project.workers,
        last_clean_visit=project.last_clean_visit,
        must=must,
        flags=len(codes) if inputs.request.count_all_flags else weight_of(codes),
    )


def _changes(
    inputs: PublishInputs,
    before: Sequence[ListedEntry],
    selected: Iterable[Selected],
    contributions: Mapping[str, Contributions],
) -> Comparison:
    """The moves since ``before``; ``contributions`` are those of the projects of both lists."""
    current = [
        ListedEntry(
            place.project_id,
            place.rank,
            place.tier,
            place.probability,
            contributions[place.project_id],
        )
        for place in selected
    ]
    scored_before = {
        entry.project_id: found
        for entry in current
        if (found := inputs.scored_before.get(entry.project_id)) is not None
    }
    return compare(before, current, scored_before=scored_before, scored_now=contributions)


def _listed_before(entry: Mapping[str, Any]) -> ListedEntry:
    from risk.tiers import Tier

    return ListedEntry(
        entry["project_id"],
        entry["rank"],
        Tier(entry["tier"]),
        entry["probability"],
        sealed_contributions(entry),
    )


def sealed_contributions(document: Mapping[str, Any]) -> Contributions:
    """Contributions per family of a sealed assessment; families without a reason are zero."""
    zeros = dict.fromkeys(localize.families(), 0.0)
    return zeros | {reason["family"]: reason["contribution"] for reason in document["reasons"]}


def _assessment(project: ScoredProject, inputs: PublishInputs) -> Assessment:
    return Assessment(
        project_id=project.project_id,
        project_name=project.project_name,
        contractor_name=project.contractor_name if inputs.kind == "project" else None,
        region_code=project.region_code,
        tier=inputs.settings.tiers.thresholds().tier_of(project.probability).value,
        probability=project.probability,
        workers=project.workers,
        amount_at_stake=project.amount_at_stake,
        reasons=tuple(localize.seal_reason(reason, inputs.kind) for reason in project.reasons),
        red_flags=inputs.seal_flags(project.project_id),
        unlike_inspected=project.unlike_inspected,
        unlike=_unlike(project),
        amount_owed=project.amount_owed,
    )


def _unlike(project: ScoredProject) -> Document | None:
    if not project.unlike_inspected:
        return None
    names = ("sector", "funding", "size", "township")
    return {"inspected": project.inspected, **dict.fromkeys(names), **dict(project.unlike)}


def _listing(place: Selected) -> Listing:
    return Listing(place.rank, place.selection.value, place.draw_probability)


def _change_note(change: Change) -> EntryChange:
    return EntryChange(change.kind.value, change.from_rank, change.reason)


def _gone(inputs: PublishInputs, changes: Comparison) -> tuple[RemovedEntry, ...]:
    return tuple(
        RemovedEntry(
            change.project_id, inputs.previous.name(change.project_id), _change_note(change)
        )
        for change in changes.gone
    )


def _head(inputs: PublishInputs, order: Order) -> Header:
    request, scored = inputs.request, inputs.scored
    return Header(
        as_of=request.as_of,
        region=request.region,
        capacity=request.capacity,
        model=model_info(
            scored.model,
            inputs.kind,
            with_remarks=inputs.seal_version >= REMARKS_SINCE,
            with_events_needed=inputs.seal_version >= EVENTS_NEEDED_SINCE,
        ),
        cohort=len(scored.cohort.projects),
        missing_feeds=scored.cohort.missing_feeds,
        records_digest=inputs.records_digest,
        code_version=code_version(),
        previous=inputs.previous.note(),
        rules=_rules(inputs, order),
        kind=inputs.kind,
    )


def _rules(inputs: PublishInputs, order: Order) -> Mapping[str, Any]:
    from risk.flags.office_values import to_document

    settings = inputs.settings
    law = [to_document(value) for value in inputs.law_values]
    policy = settings.policy.model_dump(mode="json", exclude={"capacity"})
    return {
        "tiers": settings.tiers.model_dump(),
        "policy": {**policy, "order": order, "seed": str(settings.seed)},
        **({"law": law} if law else {}),
    }
