"""Scores, reasons and levers of a cohort as executors of Spark wrote them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.base import ScoringModel
from models.cohort_scores import ScoredCohort, Scores, read_facts, scored_cohort
from models.counterfactuals import LeverEffect
from models.reasons import Basis, EvidenceItem, Reason
from risk.errors import WagewatchError
from risk.store.store import RecordStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS = "project_id, raw, probability, reasons, values, contributions, levers"
_ROWS_AT_ONCE = 1_000


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
    scores = _read_scores(store, source)
    if list(scores.project_ids) != sorted(facts.details):
        raise ScoresOfOtherCohort(
            path=str(files[0].parent), found=len(scores.project_ids), cohort=len(facts.details)
        )
    return scored_cohort(facts, model, scores)


def _source(files: Sequence[Path]) -> str:
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    # A folder named ``as_of=...`` above the files would add its column to each row.
    return f"read_parquet([{quoted}], hive_partitioning = false)"


def _read_scores(store: RecordStore, source: str) -> Scores:
    ids: list[str] = []
    why: list[tuple[Reason, ...]] = []
    levers: list[tuple[LeverEffect, ...]] = []
    blocks: dict[str, list[NDArray[np.float64]]] = {
        name: [] for name in ("raw", "probability", "values", "contributions")
    }
    with store.cursor() as cursor:
        rows = cursor.sql(f"SELECT {_COLUMNS} FROM {source} ORDER BY project_id")
        for batch in rows.to_arrow_reader(_ROWS_AT_ONCE):
            if not batch.num_rows:
                continue
            columns = batch.to_pydict()
            ids += columns["project_id"]
            why += [tuple(map(_reason, row)) for row in columns["reasons"]]
            levers += [tuple(LeverEffect(**lever) for lever in row) for row in columns["levers"]]
            for name, found in blocks.items():
                found.append(np.array(columns[name], dtype=np.float64))
    values, parts = (np.concatenate(blocks[name]) for name in ("values", "contributions"))
    raw, probability = (np.concatenate(blocks[name]) for name in ("raw", "probability"))
    return Scores(tuple(ids), values, parts, raw, probability, why, levers)


def _reason(row: dict[str, Any]) -> Reason:
    evidence = (
        EvidenceItem(one["table"], one["record_id"], one["known_at"]) for one in row["evidence"]
    )
    names = ("family", "contribution", "feature", "value", "typical", "article", "peers")
    return Reason(
        **{name: row[name] for name in names}, evidence=tuple(evidence), basis=Basis(row["basis"])
    )
