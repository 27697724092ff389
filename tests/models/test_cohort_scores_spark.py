"""Scores, reasons and words made on Spark are those of the embedded engine."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow.dataset as ds
import pytest

from features.engines.spark import SparkEngine
from features.feature_sets import FEATURE_SETS
from features.matrix import steps
from models.cohort_scores import score_cohort
from models.cohort_scores_spark import score_cohort_on_spark
from models.reason_text import reason_text
from risk.store.parquet_export import export_records
from risk.store.store import RecordStore
from risk.tiers import DEFAULT_TIERS

from ..conftest import thorough

AS_OF = dt.date(2025, 7, 1)


@thorough  # test_engines_agree compares the features themselves
def test_scores_and_reasons_equal_those_of_the_embedded_engine(
    county, county_trained, spark, tmp_path
):
    model = county_trained.model
    with RecordStore(county.records, read_only=True) as store:
        export_records(store, tmp_path / "records")
        expected = score_cohort(store, model, AS_OF)
    engine = SparkEngine(str(tmp_path / "records"), [AS_OF], session=spark)
    try:
        engine.run([*steps(FEATURE_SETS["project"].families), FEATURE_SETS["project"].stakes])
        scores = score_cohort_on_spark(engine, model, "7", DEFAULT_TIERS)
        engine.write_frame(scores, str(tmp_path / "scores"))
    finally:
        engine.close()
    assert list((tmp_path / "scores" / f"as_of={AS_OF}").glob("part-*.parquet"))
    table = ds.dataset(tmp_path / "scores", partitioning="hive").to_table()
    found = {row["project_id"]: row for row in table.to_pylist()}
    assert sorted(found) == [one.project_id for one in expected.projects]
    for one in expected.projects:
        row = found[one.project_id]
        assert row["probability"] == pytest.approx(one.probability, rel=1e-9)
        assert row["raw"] == pytest.approx(one.raw, rel=1e-9)
        assert row["tier"] == DEFAULT_TIERS.tier_of(one.probability).value
        assert row["model"] == "7"
        told = [told_of(reason) for reason in one.reasons]
        assert [without_numbers(reason) for reason in row["reasons"]] == [
            without_numbers(reason) for reason in told
        ]
        assert [numbers(reason) for reason in row["reasons"]] == [
            pytest.approx(numbers(reason), rel=1e-9, abs=1e-12, nan_ok=True) for reason in told
        ]


def told_of(reason):
    items = [
        {"table": one.table, "record_id": one.record_id, "known_at": one.known_at}
        for one in reason.evidence
    ]
    words = {language: reason_text(reason, language) for language in ("zh", "en")}
    return {**vars(reason), **words, "evidence": items}


def without_numbers(reason):
    kept = {k: v for k, v in reason.items() if k not in ("contribution", "value", "typical")}
    return json.loads(json.dumps(kept, default=str))


def numbers(reason):
    cells = (reason["contribution"], reason["value"], reason["typical"])
    return [float("nan") if cell is None else cell for cell in cells]
