"""Scores, reasons and levers of a cohort as executors of Spark wrote them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.base import ScoringModel
from models.cohort_scores import ScoredCohort, read_facts, scored_cohort
from models.counterfactuals import LeverEffect
from models.reasons import Basis, EvidenceItem, Reason
from risk.errors import WagewatchError
from risk.store.staged import Staged
from risk.store.store import RecordStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS = "project_id, raw, probability, reasons, values, contributions, levers"


class ScoresOfOtherCohort(WagewatchError):
    """The scores are not those of the cohort, project by project."""

    code = "scores_of_other_cohort"


def written_cohort(
    store: RecordStore, model: ScoringModel, as_of: dt.date, files: Sequence[Path]
) -> ScoredCohort:
    """The cohort of ``as_of`` with the scores that ``files`` hold; ``model`` gave them.

    Names, money owed and what is missing are read from the store.

    Raises:
        ScoresOfOtherCohort: they are of other projects than those of the cohort.
        duckdb.Error: a file cannot be read.
    """
    source = _source(files)
    day = f"DATE '{as_of.isoformat()}'"
    stakes = f"SELECT {day} AS as_of, project_id, workers, amount FROM {source}"
    facts = read_facts(store, as_of, stakes)
    answers = WrittenAnswers(store, source)
    if list(answers.project_ids) != sorted(facts.details):
        raise ScoresOfOtherCohort(
            path=str(files[0].parent), found=len(answers.project_ids), cohort=len(facts.details)
        )
    return scored_cohort(facts, model, answers)


def _source(files: Sequence[Path]) -> str:
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    # A folder named ``as_of=...`` above the files would add its column to each row.
    return f"read_parquet([{quoted}], hive_partitioning = false)"


class WrittenAnswers:
    """The answers of a model as they were written, read for a few projects at a time."""

    def __init__(self, store: RecordStore, source: str) -> None:
        self._rows = Staged(
            store.connection, f"SELECT {_COLUMNS} FROM {source} ORDER BY project_id"
        )
        found = self._rows.rows("SELECT project_id, raw, probability FROM $staged ORDER BY rowid")
        self.project_ids = tuple(row[0] for row in found)
        self.raw = np.array([row[1] for row in found], dtype=np.float64)
        self.probability = np.array([row[2] for row in found], dtype=np.float64)

    def explained(
        self, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], list[tuple[Reason, ...]]]:
        """Contributions and reasons, see :class:`models.explained.Answers`."""
        parts, why = self._read(rows, "contributions", "reasons")
        return np.array(parts, dtype=np.float64), [tuple(map(_reason, row)) for row in why]

    def features(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and contributions, see :class:`models.explained.Answers`."""
        values, parts = self._read(rows, "values", "contributions")
        return np.array(values, dtype=np.float64), np.array(parts, dtype=np.float64)

    def levers(self, rows: NDArray[np.intp]) -> list[tuple[LeverEffect, ...]]:
        """Levers, see :class:`models.explained.Answers`."""
        (levers,) = self._read(rows, "levers")
        return [tuple(LeverEffect(**lever) for lever in row) for row in levers]

    def drop_reasons(self) -> None:
        """Nothing to free: values and levers, which are asked for later, are in the same rows."""

    def _read(self, rows: NDArray[np.intp], *columns: str) -> tuple[list[Any], ...]:
        """The ``columns`` of ``rows``, each as a list in their order."""
        keys = [self.project_ids[row] for row in rows.tolist()]
        found = {row[0]: row[1:] for row in self._rows.of(keys, columns)}
        return tuple([found[key][at] for key in keys] for at in range(len(columns)))


def _reason(row: dict[str, Any]) -> Reason:
    evidence = (
        EvidenceItem(one["table"], one["record_id"], one["known_at"]) for one in row["evidence"]
    )
    names = ("family", "contribution", "feature", "value", "typical", "article", "peers")
    return Reason(
        **{name: row[name] for name in names}, evidence=tuple(evidence), basis=Basis(row["basis"])
    )
