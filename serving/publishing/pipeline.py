"""Publishing: score, choose, compare with the last list, word, seal, store.

Everything a reader will ever be sent is computed here, once.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from risk.progress import Progress
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.watchlist import Candidate, Change, Comparison, ListedEntry, Policy, Selected, compare
from risk.watchlist import select as choose
from risk.workspace import Workspace
from serving.db.database import Database
from serving.errors import CommandError
from serving.indicators.repository import CountyRates
from serving.matters.rules import rules_of
from serving.matters.sync import take_lists
from serving.publishing import localize
from serving.publishing.repository import PublicationExtras, store_publication
from serving.publishing.scoring import Scored, model_for_shelf, score_cohort
from serving.publishing.timeline import timelines
from serving.settings import Settings
from serving.version import code_version
from serving.watchlists.document import (
    Assessment,
    ChangeNote,
    Entry,
    GoneNote,
    Head,
    Listing,
    Previous,
    ProjectRisk,
    Publication,
    TimelineItem,
)
from serving.watchlists.repository import WatchlistRepository

if TYPE_CHECKING:
    from models.cohort_scores import ScoredProject
    from risk.flags import RedFlag

Contributions = Mapping[str, float]
Flags = Mapping[str, tuple["RedFlag", ...]]


class RegionUnknown(CommandError):
    """No project of the region is in the cohort."""

    code = "region_unknown"


@dataclass(frozen=True)
class Office:
    """What publishing works with."""

    workspace: Workspace
    store: RecordStore
    database: Database
    settings: Settings

    def of_kind(self, kind: Kind) -> Office:
        """The same office at work on units of ``kind``."""
        return replace(self, store=self.store.for_kind(kind))

    @property
    def lists(self) -> WatchlistRepository:
        """The sealed lists of the kind of unit the store shows."""
        return WatchlistRepository(self.database, self.store.kind)


@dataclass(frozen=True)
class Order:
    """What is to be published; ``region`` is the beginning of region codes, empty for all."""

    as_of: dt.date
    capacity: int
    region: str
    by: str


@dataclass(frozen=True)
class Done:
    """What was published. ``scorecard_events`` is set when the scorecard had to score."""

    digest: str
    new: bool
    entries: int
    cohort: int
    scorecard_events: int | None


@dataclass(frozen=True)
class Last:
    """The last sealed list of the region: its document, or None for the first."""

    document: Mapping[str, Any] | None
    digest: str | None

    def entries(self) -> list[ListedEntry]:
        """Its entries as the comparison wants them."""
        return [_listed_before(entry) for entry in self._list("entries")]

    def name(self, project_id: str) -> str:
        """How the list called a project of its own."""
        names = {entry["project_id"]: entry["project_name"] for entry in self._list("entries")}
        return str(names.get(project_id, project_id))

    def note(self) -> Previous | None:
        """What the new list says of it."""
        if self.document is None or self.digest is None:
            return None
        return Previous(dt.date.fromisoformat(self.document["as_of"]), self.digest)

    def _list(self, name: str) -> list[Mapping[str, Any]]:
        return [] if self.document is None else list(self.document[name])


@dataclass(frozen=True)
class Material:
    """All that a publication is put together from."""

    order: Order
    settings: Settings
    scored: Scored
    flags: Flags
    stories: Mapping[str, tuple[TimelineItem, ...]]
    records_digest: str
    last: Last
    scored_before: Mapping[str, Contributions]
    kind: Kind = "project"


def publish_watchlist(office: Office, order: Order, progress: Progress) -> Done:
    """Score the cohort, choose the list, and seal it with the risk of every project.

    Raises:
        NoModel, ModelFromLater, NoProjectsKnown: the cohort cannot be scored.
        RegionUnknown: no project of the region is in the cohort.
        AlreadyPublished: another list is sealed for that as_of and region.
    """
    material = gather(office, order, progress)
    publication = assemble(material)
    progress("dossiers", 0.9)
    things = beside(office, material, publication)
    progress("seal", 0.95)
    published = store_publication(
        office.database,
        publication.seal(),
        published_at=dt.datetime.now(dt.UTC),
        published_by=order.by,
        extras=things,
    )
    take_lists(office.database, rules_of(office.settings.matters), dt.datetime.now(dt.UTC))
    progress("done", 1.0)
    model = material.scored.model
    return Done(
        digest=published.digest,
        new=published.new,
        entries=len(publication.entries),
        cohort=publication.head.cohort,
        scorecard_events=model.events if model.kind == "scorecard" else None,
    )


def beside(office: Office, material: Material, publication: Publication) -> PublicationExtras:
    """The rates as of the list's date, the model with its card, and what the pages need."""
    from serving.deposits.rules import deposit_rules
    from serving.snapshot.collect import gather_dossiers

    scored = material.scored
    levers = {project.project_id: project.levers for project in scored.cohort.projects}
    rates = county_rates(office.store, material.order.as_of) if material.kind == "project" else []
    return PublicationExtras(
        rates,
        model_for_shelf(office.workspace, scored.model.version),
        gather_dossiers(
            office.store, publication, levers, deposit_rules(office.workspace, office.settings)
        ),
    )


def county_rates(store: RecordStore, as_of: dt.date) -> list[CountyRates]:
    """The rates of every county and township in each of the last months."""
    from risk.indicators import rates_by_place

    return [
        CountyRates(as_of, place, month, {name: asdict(rate) for name, rate in by.items()})
        for (place, month), by in rates_by_place(store, as_of).items()
    ]


def gather(
    office: Office, order: Order, progress: Progress, version: str | None = None
) -> Material:
    """Everything the publication needs from models, records and earlier lists.

    The champion scores, or the model ``version`` where a list of the past is made again.
    """
    office.store.cache_superseded()
    whole = score_cohort(
        office.workspace,
        office.store,
        order.as_of,
        lambda step, share: progress(step, share * 0.7),
        version,
        with_levers=True,
    )
    scored = in_region(whole, order)
    progress("red flags", 0.75)
    flags = _red_flags(office, scored)
    progress("timelines", 0.85)
    last = last_list(office.lists, order)
    return Material(
        order=order,
        settings=office.settings,
        scored=scored,
        flags=flags,
        stories=timelines(office.store, order.as_of),
        records_digest=office.store.digest(order.as_of),
        last=last,
        scored_before=_scored_before(office.lists, last, order),
        kind=office.store.kind,
    )


def in_region(scored: Scored, order: Order) -> Scored:
    """The part of the cohort whose region code begins with the order's region.

    Raises:
        RegionUnknown: there is none.
    """
    found = scored.within(order.region)
    if not found.cohort.projects:
        codes = sorted({project.region_code for project in scored.cohort.projects})
        raise RegionUnknown(region=order.region, as_of=order.as_of, available=", ".join(codes[:20]))
    return found


def assemble(material: Material) -> Publication:
    """The publication, from material alone: no store, no database, no clock."""
    projects = {project.project_id: project for project in material.scored.cohort.projects}
    assessments = {key: _assessment(item, material) for key, item in projects.items()}
    selected = _select(material)
    listings = {place.project_id: _listing(place) for place in selected}
    changes = _changes(material, selected)
    entries = tuple(
        Entry(listings[change.project_id], assessments[change.project_id], _change_note(change))
        for change in changes.entries
    )
    risks = tuple(
        ProjectRisk(assessments[key], listings.get(key), material.stories.get(key, ()))
        for key in sorted(assessments)
    )
    return Publication(_head(material), entries, _gone(material, changes), risks)


def last_list(lists: WatchlistRepository, order: Order) -> Last:
    """The last list of the same region before the order's date."""
    stored = lists.previous(order.as_of, order.region)
    return Last(json.loads(stored.body), stored.digest) if stored else Last(None, None)


def _red_flags(office: Office, scored: Scored) -> Flags:
    from risk.flags import red_flags

    wanted = [project.project_id for project in scored.cohort.projects]
    must = office.settings.policy.must_visit
    return red_flags(office.store, scored.cohort.as_of, wanted, must_visit=must)


def _scored_before(
    lists: WatchlistRepository, last: Last, order: Order
) -> Mapping[str, Contributions]:
    """The contributions of every project scored with the last list, listed or not."""
    note = last.note()
    if note is None:
        return {}
    risks = lists.project_risks(note.as_of, order.region)
    return {key: _sealed_contributions(json.loads(risk.body)) for key, risk in risks.items()}


def _select(material: Material) -> list[Selected]:
    policy, order = material.settings.policy, material.order
    chosen = Policy(
        capacity=order.capacity,
        seed=str(material.settings.seed),
        region=order.region,
        order=policy.order,
        random_share=policy.random_share,
        rest_days=policy.rest_days,
        tiers=material.settings.tiers.thresholds(),
    )
    candidates = (_candidate(p, material.flags) for p in material.scored.cohort.projects)
    return choose(candidates, chosen, order.as_of)


def _candidate(project: ScoredProject, flags: Flags) -> Candidate:
    must = tuple(flag.code for flag in flags.get(project.project_id, ()) if flag.must_visit)
    return Candidate(
        project_id=project.project_id,
        region_code=project.region_code,
        probability=project.probability,
        workers=project.workers,
        last_clean_visit=project.last_clean_visit,
        must=must,
    )


def _changes(material: Material, selected: Iterable[Selected]) -> Comparison:
    now = {project.project_id: project for project in material.scored.cohort.projects}
    current = [
        ListedEntry(
            place.project_id,
            place.rank,
            place.tier,
            place.probability,
            now[place.project_id].contributions,
        )
        for place in selected
    ]
    return compare(
        material.last.entries(),
        current,
        scored_before=material.scored_before,
        scored_now={key: project.contributions for key, project in now.items()},
    )


def _listed_before(entry: Mapping[str, Any]) -> ListedEntry:
    from risk.tiers import Tier

    return ListedEntry(
        entry["project_id"],
        entry["rank"],
        Tier(entry["tier"]),
        entry["probability"],
        _sealed_contributions(entry),
    )


def _sealed_contributions(document: Mapping[str, Any]) -> Contributions:
    # A family that added nothing was left out of the reasons; it is known to be zero.
    zeros = dict.fromkeys(localize.families(), 0.0)
    return zeros | {reason["family"]: reason["contribution"] for reason in document["reasons"]}


def _assessment(project: ScoredProject, material: Material) -> Assessment:
    flags = material.flags.get(project.project_id, ())
    return Assessment(
        project_id=project.project_id,
        project_name=project.project_name,
        contractor_name=project.contractor_name if material.kind == "project" else None,
        region_code=project.region_code,
        tier=material.settings.tiers.thresholds().tier_of(project.probability).value,
        probability=project.probability,
        workers=project.workers,
        amount_at_stake=project.amount_at_stake,
        reasons=tuple(localize.reason_note(reason, material.kind) for reason in project.reasons),
        red_flags=tuple(localize.flag_note(flag) for flag in flags),
        unlike_inspected=project.unlike_inspected,
    )


def _listing(place: Selected) -> Listing:
    return Listing(place.rank, place.selection.value, place.draw_probability)


def _change_note(change: Change) -> ChangeNote:
    return ChangeNote(change.kind.value, change.from_rank, change.reason)


def _gone(material: Material, changes: Comparison) -> tuple[GoneNote, ...]:
    return tuple(
        GoneNote(change.project_id, material.last.name(change.project_id), _change_note(change))
        for change in changes.gone
    )


def _head(material: Material) -> Head:
    order, scored = material.order, material.scored
    return Head(
        as_of=order.as_of,
        region=order.region,
        capacity=order.capacity,
        model=localize.model_note(scored.model),
        cohort=len(scored.cohort.projects),
        missing_feeds=scored.cohort.missing_feeds,
        records_digest=material.records_digest,
        code_version=code_version(),
        previous=material.last.note(),
        rules=_rules(material.settings),
        kind=material.kind,
    )


def _rules(settings: Settings) -> Mapping[str, Any]:
    policy = settings.policy.model_dump(mode="json", exclude={"capacity"})
    return {
        "tiers": settings.tiers.model_dump(),
        "policy": {**policy, "seed": str(settings.seed)},
    }
