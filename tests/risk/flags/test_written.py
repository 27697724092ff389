"""Rows of rules in files that another engine wrote."""

from __future__ import annotations

import duckdb
import pytest

from risk.flags import RULES
from risk.flags.written import FLAGS_FOLDER, written_rows_sql
from risk.store.known_query import WrittenRowsMissing

RULE = RULES[0]


def test_rows_are_those_of_all_files_of_the_rule(tmp_path):
    """The folder of a date adds no column; a quote in its path ends no text."""
    folder = tmp_path / "o'clock" / "as_of=2025-06-01"
    for place, rows in ((folder / FLAGS_FOLDER / RULE.code, "12"), (folder / RULE.code, "3")):
        place.mkdir(parents=True)
        for number in rows:
            relation = duckdb.sql(f"SELECT 'P{number}' AS project_id, {number} AS people")
            relation.write_parquet(str(place / f"part-{number}.parquet"))
    found = duckdb.sql(f"{written_rows_sql(folder, RULE)} ORDER BY project_id")
    assert found.columns == ["project_id", "people"]
    assert found.fetchall() == [("P1", 1), ("P2", 2)]


def test_a_rule_without_files_is_named(tmp_path):
    place = tmp_path / FLAGS_FOLDER / RULE.code
    place.mkdir(parents=True)
    with pytest.raises(WrittenRowsMissing) as refused:
        written_rows_sql(tmp_path, RULE)
    assert refused.value.fields["path"] == str(place)
