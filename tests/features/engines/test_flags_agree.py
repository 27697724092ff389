"""Spark finds the red flags that DuckDB finds, from the same text: every rule at its edges."""

from __future__ import annotations

import pytest

from features.engines.spark import SparkEngine
from features.engines.spark_flags import create_snapshot_on_spark
from risk.flags import CODES, red_flags
from risk.flags.engine import flags_of_rows, rule_sql
from risk.flags.rules import RULES
from risk.store.parquet_export import export_records
from risk.store.store import RecordStore

from ...conftest import thorough
from ...risk.flags.test_edges import DAY, law, put_in


@thorough
def test_spark_finds_the_flags_that_duckdb_finds(spark, tmp_path):
    with RecordStore(tmp_path / "records.duckdb") as store:
        put_in(store)
        export_records(store, tmp_path / "records")
        expected = red_flags(store, DAY, law=law())
    engine = SparkEngine(str(tmp_path / "records"), [DAY], session=spark)
    try:
        create_snapshot_on_spark(engine, DAY, law())
        rows = [(rule, engine.rows(rule_sql(rule))) for rule in RULES if "project" in rule.kinds]
        found = flags_of_rows(rows, DAY, law=law())
    finally:
        engine.close()
    assert {flag.code for flags in expected.values() for flag in flags} == set(CODES)
    assert found == expected


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_a_rule_uses_no_words_that_only_one_engine_knows(rule):
    text = rule_sql(rule).upper()
    foreign = ("EXCLUDE", "QUALIFY", "UNNEST", "::", "(FROM", "$")
    assert not [word for word in foreign if word in text]
