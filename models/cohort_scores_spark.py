"""Score a cohort on Spark: the executors score, explain and write their own rows.

The model is broadcast in text format together with the peer medians, and each Python worker parses
it once. No row of the cohort reaches the driver.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from features import catalogue
from features.catalogue import evidence_of
from features.feature_sets import FEATURE_SETS
from features.matrix import matrix_sql, to_matrix
from models.base import ScoringModel, align_columns
from models.counterfactuals import lever_effects
from models.peer_medians_spark import PeerMedians, nan_as_null, peer_groups_sql, peer_medians_of
from models.reason_text import reason_text
from models.reasons import Evidence, EvidenceItem, Reason, reasons, top_records_sql
from risk.locale import LANGUAGES
from risk.tiers import Tiers
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.broadcast import Broadcast
    from pyspark.sql import DataFrame

    from features.engines.spark import SparkEngine

SCORES_SCHEMA = (
    "project_id STRING, as_of DATE, raw DOUBLE, probability DOUBLE, tier STRING, model STRING,"
    " reasons ARRAY<STRUCT<family: STRING, contribution: DOUBLE, feature: STRING, value: DOUBLE,"
    " typical: DOUBLE, article: STRING, basis: STRING, peers: INT,"
    " zh: STRING, en: STRING,"
    " evidence: ARRAY<STRUCT<table: STRING, record_id: STRING, known_at: DATE>>>>,"
    " workers BIGINT, amount DOUBLE, values ARRAY<DOUBLE>, contributions ARRAY<DOUBLE>,"
    " levers ARRAY<STRUCT<code: STRING, article: STRING, probability: DOUBLE>>"
)
"""The columns written; ``as_of`` becomes the partition.

``workers`` and ``amount`` (fen) are the stakes, ``values`` those of the model's columns in its
order, ``contributions`` theirs and the base.
"""


@dataclass(frozen=True)
class Scorer:
    """What an executor needs to score and explain rows of one cohort."""

    model: ScoringModel
    version: str
    tiers: Tiers
    kind: Kind
    typical: PeerMedians

    def score(self, batch: pa.RecordBatch) -> list[dict[str, Any]]:
        """The scores of ``batch``: columns as_of, project_id, peers, evidence and the features."""
        import pyarrow as pa

        # Sums over a single row may be taken in another order than over many.
        is_single = batch.num_rows == 1
        table = pa.Table.from_batches([batch, batch] if is_single else [batch])
        rows = self._score(table)
        return rows[:1] if is_single else rows

    def _score(self, table: pa.Table) -> list[dict[str, Any]]:
        names = [feature.name for feature in FEATURE_SETS[self.kind].features]
        matrix = to_matrix(table.select(["as_of", "project_id", *names]), self.kind)
        parts = self.model.contributions(matrix)
        raw = self.model.raw(matrix)
        probability = self.model.calibration.probability(raw)
        typical = self.typical.of(table["peers"].to_pylist())
        why = reasons(self.model, matrix, parts, _evidence(table, self.kind), typical)
        values = align_columns(matrix, self.model.columns)
        levers = lever_effects(self.model, matrix)
        columns = [table[name].to_pylist() for name in ("as_of", "workers", "amount")]
        return [
            {
                "project_id": project_id,
                "as_of": as_of,
                "raw": float(raw[row]),
                "probability": float(probability[row]),
                "tier": self.tiers.tier_of(float(probability[row])).value,
                "model": self.version,
                "reasons": [_to_row(reason, self.kind) for reason in why[row]],
                "workers": workers,
                "amount": amount,
                "values": [None if math.isnan(value) else value for value in values[row].tolist()],
                "contributions": parts[row].tolist(),
                "levers": [asdict(lever) for lever in levers[row]],
            }
            for row, (project_id, as_of, workers, amount) in enumerate(
                zip(matrix.project_ids, *columns, strict=True)
            )
        ]


def score_cohort_on_spark(
    engine: SparkEngine, model: ScoringModel, version: str, tiers: Tiers
) -> DataFrame:
    """The scores at the single as_of of ``engine``, whose steps and stakes have all run.

    The columns are those of :data:`SCORES_SCHEMA`.
    """
    names = [feature.name for feature in FEATURE_SETS[engine.kind].features]
    matrix = matrix_sql(FEATURE_SETS[engine.kind].families, ordered=False)
    engine.view("known_matrix", nan_as_null(names, matrix), materialised=True)
    engine.view("matrix", peer_groups_sql(engine, "known_matrix"))
    scorer = Scorer(model, version, tiers, engine.kind, peer_medians_of(engine, "matrix", names))
    shared: Broadcast[Scorer] = engine.session.sparkContext.broadcast(scorer)

    def scored(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            rows = shared.value.score(batch)
            yield from pa.Table.from_pylist(rows, schema=_schema()).to_batches()

    return engine.frame(_rows_sql(engine.kind)).mapInArrow(scored, SCORES_SCHEMA)


def _schema() -> pa.Schema:
    """SCORES_SCHEMA as an Arrow schema."""
    import pyarrow as pa

    text, number, day = pa.string(), pa.float64(), pa.date32()
    record = pa.struct({"table": text, "record_id": text, "known_at": day})
    reason = {"family": text, "contribution": number, "feature": text, "value": number}
    reason |= {
        "typical": number,
        "article": text,
        "basis": text,
        "peers": pa.int32(),
        **dict.fromkeys(LANGUAGES, text),
    }
    reason |= {"evidence": pa.list_(record)}
    lever = {"code": text, "article": text, "probability": number}
    row = {"project_id": text, "as_of": day, "raw": number, "probability": number, "tier": text}
    row |= {"model": text, "reasons": pa.list_(pa.struct(reason))}
    row |= {"workers": pa.int64(), "amount": number}
    row |= dict.fromkeys(("values", "contributions"), pa.list_(number))
    return pa.schema({**row, "levers": pa.list_(pa.struct(lever))})


def _rows_sql(kind: Kind) -> str:
    """SQL for the matrix with the records behind the statements of each project."""
    evidence = " UNION ALL ".join(
        top_records_sql({number: one})
        for number, one in enumerate(evidence_of(FEATURE_SETS[kind].families))
    )
    item = "struct(statement, place, source_table, record_id, known_at)"
    return (
        "SELECT m.*, s.workers, s.amount, e.evidence FROM matrix m"
        " LEFT JOIN stakes s ON s.as_of = m.as_of AND s.project_id = m.project_id LEFT JOIN ("
        f" SELECT project_id, sort_array(collect_list({item})) AS evidence"
        f" FROM ({evidence}) records GROUP BY project_id"
        ") e ON e.project_id = m.project_id"
    )


def _evidence(table: pa.Table, kind: Kind) -> Evidence:
    statements = evidence_of(FEATURE_SETS[kind].families)
    evidence: dict[tuple[catalogue.Evidence, str], list[EvidenceItem]] = {}
    for project_id, items in zip(
        table["project_id"].to_pylist(), table["evidence"].to_pylist(), strict=True
    ):
        for row in items or ():
            item = EvidenceItem(row["source_table"], row["record_id"], row["known_at"])
            evidence.setdefault((statements[row["statement"]], project_id), []).append(item)
    return {key: tuple(items) for key, items in evidence.items()}


def _to_row(reason: Reason, kind: Kind) -> Mapping[str, Any]:
    return {
        "family": reason.family,
        "contribution": reason.contribution,
        "feature": reason.feature,
        "value": reason.value,
        "typical": reason.typical,
        "article": reason.article,
        "basis": reason.basis.value,
        "peers": reason.peers,
        **{language: reason_text(reason, language, kind) for language in LANGUAGES},
        "evidence": [
            {"table": item.table, "record_id": item.record_id, "known_at": item.known_at}
            for item in reason.evidence
        ],
    }
