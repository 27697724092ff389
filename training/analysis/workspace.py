"""A workspace for notebooks: features and training sets as pandas frames, models as classifiers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from features.cache.cached_matrix import cached_matrix
from models.registry import CHAMPION, Registry
from risk.calendar.dates import month_days
from risk.minimum_wage import MinimumWage
from risk.store.store import RecordStore
from risk.unit_kinds import Kind
from risk.workspace import Workspace
from training.analysis.classifier import ArrearsClassifier
from training.analysis.training_table import Draws, training_table
from training.dataset.frames import feature_frame
from training.evaluation.walk_forward import end_of_records

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class AnalysisWorkspace:
    """Reads ``workspace``; see :func:`serving.analysis.open_workspace`.

    ``minimum_wages`` are those of features, by default those shipped with the law; ``draws`` are
    the probabilities of random visits that published lists state.
    """

    workspace: Workspace
    kind: Kind = "project"
    minimum_wages: Sequence[MinimumWage] | None = None
    draws: Draws = field(default_factory=dict)

    def features(self, dates: Sequence[dt.date]) -> pd.DataFrame:
        """as_of, project_id and the features of the cohort at each of ``dates``."""
        with self.records() as store:
            matrix = cached_matrix(store, dates, self.workspace.features)
        return feature_frame(matrix, keys=True)

    def training_set(
        self, first: dt.date, last: dt.date, as_of: dt.date | None = None
    ) -> pd.DataFrame:
        """The frame of ``wagewatch training-set --from FIRST --to LAST --as-of AS_OF``.

        Raises:
            NoProjectsKnown: no project was known before ``first``.
        """
        with self.records() as store:
            table = training_table(
                store,
                month_days(first, last),
                as_of or end_of_records(store),
                cache_dir=self.workspace.features,
                draws=self.draws,
            )
        return table.to_pandas()

    def model(self, version: str = CHAMPION) -> ArrearsClassifier:
        """The model of ``version``.

        Raises:
            NoModel: there is no champion yet.
            ModelUnknown: there is no such version.
        """
        registry = Registry(self.workspace, self.kind)
        found, _ = registry.champion() if version == CHAMPION else registry.load(version)
        return ArrearsClassifier.from_model(found, self.kind)

    @contextmanager
    def records(self) -> Iterator[RecordStore]:
        """The record store, read only, with the minimum wages of the office."""
        path, memory = self.workspace.records, self.workspace.memory_gb
        with RecordStore(path, read_only=True, memory_gb=memory) as records:
            records.minimum_wages = self.minimum_wages
            yield records.for_kind(self.kind)
