"""Publishes a watchlist: score, select, compare with the previous list, word, seal, store.

Everything a reader is ever sent is computed here, once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from risk.progress import Progress
from risk.store.known_query import NOTHING_WRITTEN, Written
from risk.store.marks import current_mark
from risk.store.staged import InBatches
from risk.store.store import RecordStore
from serving.clock import now
from serving.errors import CommandError
from serving.indicators.repository import CountyRates
from serving.publishing.context import PublishContext, PublishRequest, PublishResult
from serving.publishing.dossier_queries import RATE_MONTHS, dossier_queries
from serving.publishing.publication_builder import (
    Contributions,
    PreviousList,
    PublishInputs,
    build_publication,
    sealed_contributions,
)
from serving.publishing.repository import PublicationExtras, store_publication
from serving.publishing.scoring import Scored, score_cohort
from serving.publishing.settings_check import check_settings
from serving.publishing.timeline import timelines_of
from serving.publishing.written_scores import take_scores, written_flags, written_queries
from serving.snapshot.collect import Sealing, Seen, collect_snapshot
from serving.snapshot.contributions import with_contributions
from serving.watchlists.document import Publication
from serving.watchlists.ranking import ranking_of
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.seal_version import parse_sealed

if TYPE_CHECKING:
    from risk.flags import StagedFlags


class RegionUnknown(CommandError):
    """No project of the region is in the cohort."""

    code = "region_unknown"


def publish_watchlist(
    context: PublishContext, request: PublishRequest, progress: Progress
) -> PublishResult:
    """Score the cohort, select the list, seal it with the risk of every project and store it.

    Raises:
        NoModel, ModelFromLater, NoProjectsKnown: the cohort cannot be scored.
        RegionUnknown: no project of the region is in the cohort.
        AlreadyPublished: another list is sealed for that as_of and region.
    """
    check_settings(context.workspace, context.settings, context.hooks)
    with context.as_known(request.as_of) as known:
        published = _publish(known, request, progress)
    # Not before what the list was made from is freed: it reads the whole register.
    context.hooks.after_store(context.database, context.settings)
    progress("done", 1.0)
    return published


def _publish(context: PublishContext, request: PublishRequest, progress: Progress) -> PublishResult:
    inputs = collect_inputs(context, request, progress)
    publication = build_publication(inputs)
    progress("seal", 0.85)
    sealing = Sealing(context.store, request.as_of)
    sealed = publication.seal(sealing.add)
    inputs.scored.cohort.drop_reasons()
    progress("dossiers", 0.95)
    extras = collect_extras(context, inputs, publication, (sealed.outlines, sealing))
    published = store_publication(
        context.database,
        sealed,
        published_at=now(),
        published_by=request.by,
        extras=extras,
    )
    return PublishResult(
        digest=published.digest,
        new=published.new,
        entries=len(publication.entries),
        cohort=publication.header.cohort,
        model=publication.header.model,
        ranking=ranking_of(parse_sealed(sealed.watchlist.body)),
    )


def collect_extras(
    context: PublishContext,
    inputs: PublishInputs,
    publication: Publication,
    seen: Seen | None = None,
) -> PublicationExtras:
    """Data published with a list: indicators, the model with its card, data for the pages.

    ``seen`` is what was seen of its risks while it was sealed.
    """
    scored = inputs.scored
    days = context.settings.indicators.transfer_days
    of_projects = inputs.kind == "project"
    as_of, written = inputs.request.as_of, inputs.written
    rates = county_rates(context.store, as_of, days, written) if of_projects else []
    rules = context.hooks.deposit_rules(context.workspace, context.settings)
    snapshot = collect_snapshot(
        context.store,
        publication,
        scored.cohort.levers,
        rules,
        context.office_values(),
        inputs.stories,
        inputs.flags,
        seen=seen,
        written=inputs.written,
    )
    return PublicationExtras(
        rates,
        context.hooks.describe_model(context.workspace, scored.model.version),
        with_contributions(snapshot, scored.cohort.explained),
        current_mark(context.store),
    )


def county_rates(
    store: RecordStore,
    as_of: dt.date,
    transfer_days: int,
    written: Written = NOTHING_WRITTEN,
) -> list[CountyRates]:
    """The eight rates of every county and township in each of the last two years' months."""
    from risk.indicators import rates_by_place

    return [
        CountyRates(as_of, place, month, {name: asdict(rate) for name, rate in by.items()})
        for (place, month), by in rates_by_place(
            store, as_of, RATE_MONTHS, transfer_days=transfer_days, written=written
        ).items()
    ]


def collect_inputs(
    context: PublishContext,
    request: PublishRequest,
    progress: Progress,
    version: str | None = None,
    *,
    sealed_before: int | None = None,
) -> PublishInputs:
    """Read everything a publication is built from: scores, flags, timelines, the previous list.

    The champion scores, or the model ``version`` when a past list is rebuilt. ``sealed_before`` is
    the id of the list that is rebuilt: lists sealed after it were not its previous one.
    """
    from risk.flags.minimum_wages import minimum_wages

    context.store.minimum_wages = minimum_wages(context.office_values())
    if context.store.settled_at != request.as_of:
        context.store.cache_superseded()
    scored = in_region(_score(context, request, progress, version), request)
    keys = [project.project_id for project in scored.cohort.outlines()]
    progress("red flags", 0.75)
    flags = _red_flags(context, request)
    progress("timelines", 0.8)
    written = _written(context, request)
    previous = previous_list(context.lists, request, sealed_before=sealed_before)
    return PublishInputs(
        request=request,
        settings=context.settings,
        scored=scored,
        flags=InBatches(keys, flags.of),
        stories=timelines_of(context.store, request.as_of, keys, written),
        records_digest=context.store.digest(request.as_of),
        previous=previous,
        scored_before=_scored_before(context.lists, previous, request),
        kind=context.store.kind,
        law_values=context.office_values(),
        codes=flags.codes,
        written=written,
    )


def _score(
    context: PublishContext, request: PublishRequest, progress: Progress, version: str | None
) -> Scored:
    """The scored cohort, from the folder of the request if it names one."""
    if request.scores is not None:
        return take_scores(context.workspace, context.store, request.as_of, request.scores)
    return score_cohort(
        context.workspace,
        context.store,
        request.as_of,
        lambda step, share: progress(step, share * 0.7),
        version,
    )


def in_region(scored: Scored, request: PublishRequest) -> Scored:
    """The part of the cohort whose region code begins with the requested region.

    Raises:
        RegionUnknown: there is none.
    """
    found = scored.within(request.region)
    if not found.cohort.projects:
        codes = sorted({project.region_code for project in scored.cohort.outlines()})
        raise RegionUnknown(
            region=request.region, as_of=request.as_of, available=", ".join(codes[:20])
        )
    return found


def previous_list(
    lists: WatchlistRepository, request: PublishRequest, *, sealed_before: int | None = None
) -> PreviousList:
    """The newest sealed list of the same region before the requested date."""
    stored = lists.previous(request.as_of, request.region, sealed_before=sealed_before)
    return PreviousList(stored.document(), stored.digest) if stored else PreviousList(None, None)


def _red_flags(context: PublishContext, request: PublishRequest) -> StagedFlags:
    """The red flags of all running projects: some that are not scored have a case file.

    They are those of the folder of the request, if it holds them.
    """
    from risk.flags import StagedFlags, read_law
    from risk.flags.office_values import add_values

    law = add_values(read_law(), context.office_values())
    as_of, scores, must_visit = request.as_of, request.scores, context.settings.policy.must_visit
    written = None if scores is None else written_flags(scores, as_of, law)
    return StagedFlags(context.store, as_of, must_visit, law, written)


def _written(context: PublishContext, request: PublishRequest) -> Written:
    """The rows of queries in the folder of the request."""
    if request.scores is None:
        return NOTHING_WRITTEN
    days = context.settings.indicators.transfer_days
    queries = dossier_queries(context.store.kind, days)
    return written_queries(request.scores, request.as_of, queries)


def _scored_before(
    lists: WatchlistRepository, previous: PreviousList, request: PublishRequest
) -> Mapping[str, Contributions]:
    """Contributions per project scored with the previous list, listed or not."""
    note = previous.note()
    return {} if note is None else _PastContributions(lists, note.as_of, request.region)


class _PastContributions(Mapping[str, Contributions]):
    """Contributions sealed with a list, each read when it is asked for."""

    def __init__(self, lists: WatchlistRepository, as_of: dt.date, region: str) -> None:
        self._lists, self._as_of, self._region = lists, as_of, region

    def __getitem__(self, project_id: str) -> Contributions:
        risk = self._lists.risk_of_list(project_id, self._as_of, self._region)
        if risk is None:
            raise KeyError(project_id)
        return sealed_contributions(risk.document())

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._lists.each_risk(self._as_of, self._region))

    def __len__(self) -> int:
        return sum(1 for _ in self)
