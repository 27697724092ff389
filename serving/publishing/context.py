"""Input and result types of publishing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from risk.deposits import RuleTable
from risk.store.settled import with_settled
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.watchlist.ranking import Order
from risk.workspace import Workspace
from serving.db.database import Database
from serving.models.repository import StoredModel
from serving.office_values import office_values
from serving.settings import Settings
from serving.watchlists.document import ModelInfo
from serving.watchlists.ranking import Ranking
from serving.watchlists.repository import WatchlistRepository

if TYPE_CHECKING:
    from risk.flags import Value


LEFT_TO_PROGRAM = 0.25
"""Share of the record store's memory limit that it does not use while a list is made.

DuckDB takes more than its limit counts, and names and figures of every project are held as well."""


@dataclass(frozen=True)
class PublishHooks:
    """Work of other subjects that belongs to publishing a list.

    ``describe_model`` returns a model version with its card, ``deposit_rules`` the office's rule
    tables; ``after_store`` runs once the list is stored.
    """

    describe_model: Callable[[Workspace, str], StoredModel]
    deposit_rules: Callable[[Workspace, Settings], Sequence[RuleTable]]
    after_store: Callable[[Database, Settings], None]


@dataclass(frozen=True)
class PublishContext:
    """The workspace, its open stores and settings, and the hooks.

    ``law_values`` stand in for the office's legal values where a past list is rebuilt.
    """

    workspace: Workspace
    store: RecordStore
    database: Database
    settings: Settings
    hooks: PublishHooks
    law_values: tuple[Value, ...] | None = None

    def office_values(self) -> tuple[Value, ...]:
        """The legal values that the office states for its regions.

        Raises:
            OfficeValuesInvalid: their file is missing or invalid.
        """
        if self.law_values is not None:
            return self.law_values
        return office_values(self.workspace, self.settings)

    @contextmanager
    def as_known(self, as_of: dt.date) -> Iterator[PublishContext]:
        """The same context with what many queries as of one date share, computed once.

        The record store leaves :data:`LEFT_TO_PROGRAM` of its memory limit.
        """
        with (
            self.store.leaving_memory(LEFT_TO_PROGRAM),
            closing(with_settled(self.store, as_of)) as store,
        ):
            yield replace(self, store=store)

    def for_kind(self, kind: Kind) -> PublishContext:
        """The same context for units of ``kind``."""
        return replace(self, store=self.store.for_kind(kind))

    @property
    def lists(self) -> WatchlistRepository:
        """The sealed lists of the kind of unit the store shows."""
        return WatchlistRepository(self.database, self.store.kind)


@dataclass(frozen=True)
class PublishRequest:
    """A list to publish; ``region`` is the beginning of region codes, empty for all.

    Without ``order`` the settings decide; where they rank by probability and most places would go
    to projects that tie with others left out, ties are broken by red flags and then at random.
    ``count_all_flags`` weighs red flags of every grade alike, as lists of version 1 did.
    ``scores`` is a folder with scores that Spark wrote; without it the cohort is scored here.
    """

    as_of: dt.date
    capacity: int
    region: str
    by: str
    order: Order | None = None
    count_all_flags: bool = False
    scores: str | None = None


@dataclass(frozen=True)
class PublishResult:
    """A published list. ``model`` is the one that scored it, with its note."""

    digest: str
    new: bool
    entries: int
    cohort: int
    model: ModelInfo
    ranking: Ranking
