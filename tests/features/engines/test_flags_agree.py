"""Spark finds the red flags that DuckDB finds, from the same text: every rule at its edges."""

from __future__ import annotations

import pytest

from features.engines.spark import SparkEngine
from features.engines.spark_flags import write_flags
from risk.flags import CODES, MUST_VISIT, StagedFlags, red_flags
from risk.flags.engine import rule_sql
from risk.flags.rules import RULES
from risk.flags.written import written_rows_sql
from risk.store.parquet_export import export_records
from risk.store.store import RecordStore

from ...conftest import thorough
from ...risk.flags.test_edges import DAY, law, put_in


@thorough
def test_spark_writes_the_flags_that_duckdb_finds(spark, tmp_path):
    with RecordStore(tmp_path / "records.duckdb") as store:
        put_in(store)
        export_records(store, tmp_path / "records")
        expected = red_flags(store, DAY, law=law())
        engine = SparkEngine(str(tmp_path / "records"), [DAY], session=spark)
        try:
            write_flags(engine, DAY, law(), str(tmp_path / "scores"))
        finally:
            engine.close()
        found = StagedFlags(
            store, DAY, MUST_VISIT, law(), lambda rule: written_rows_sql(tmp_path / "scores", rule)
        )
        assert {code for codes in found.codes.values() for code in codes} == set(CODES)
        assert found.of(sorted(found.codes)) == expected


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_a_rule_uses_no_words_that_only_one_engine_knows(rule):
    text = rule_sql(rule).upper()
    foreign = ("EXCLUDE", "QUALIFY", "UNNEST", "::", "(FROM", "$")
    assert not [word for word in foreign if word in text]
