"""The list of a month as it would be published now, without publishing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from risk.progress import Progress
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.db.database import Database
from serving.monthly.service import MonthNeedsModel, MonthRequest
from serving.publishing.context import PublishRequest
from serving.publishing.hooks import publish_context
from serving.publishing.pipeline import collect_inputs
from serving.publishing.publication_builder import build_publication
from serving.settings import Settings
from serving.watchlists.document import Entry

MOST_SHOWN = 100


def preview_month(
    workspace: Workspace,
    settings: Settings,
    database: Database,
    request: MonthRequest,
    progress: Progress,
) -> Mapping[str, Any]:
    """Return the entries the list would have, as JSON-compatible data; nothing is stored.

    Raises:
        MonthNeedsModel: no model scores yet.
        NoProjectsKnown, RegionUnknown: there is nothing to list.
    """
    from models.registry import NoModel

    with RecordStore(workspace.records, read_only=True, memory_gb=workspace.memory_gb) as store:
        context = publish_context(workspace, store, database, settings)
        asked = PublishRequest(request.as_of, request.capacity, request.region, request.by)
        try:
            publication = build_publication(collect_inputs(context, asked, progress))
        except NoModel as error:
            raise MonthNeedsModel() from error
    header, entries = publication.header, publication.entries
    tiers = Counter(entry.assessment.tier for entry in entries)
    return {
        "as_of": request.as_of.isoformat(),
        "region": request.region,
        "cohort": header.cohort,
        "entries": len(entries),
        "new": sum(entry.change.kind == "new" for entry in entries),
        "tiers": dict(tiers),
        "missing": list(header.missing_feeds),
        "rows": [_row(entry) for entry in entries[:MOST_SHOWN]],
    }


def _row(entry: Entry) -> Mapping[str, Any]:
    one = entry.assessment
    return {
        "rank": entry.listing.rank,
        "name": one.project_name,
        "contractor": one.contractor_name,
        "region": one.region_code,
        "tier": one.tier,
        "workers": one.workers,
        "change": entry.change.kind,
    }
