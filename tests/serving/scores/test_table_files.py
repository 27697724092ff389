"""Tables for programs: features, scores and training sets as Parquet or CSV, or refused."""

from __future__ import annotations

import csv

import pyarrow.parquet as pq
import pytest

from serving.cli.main import main
from serving.db.database import Database
from serving.watchlists.repository import WatchlistRepository

from ...conftest import thorough
from ..conftest import LISTS

SPAN = ["--from", "2025-02-01", "--to", "2025-04-15"]


def run(office, *arguments):
    return main(["-w", str(office.root), "--lang", "en", *arguments])


def test_features_of_a_span_are_those_of_its_months(office, tmp_path):
    out = [str(tmp_path / name) for name in ("span.parquet", "days.parquet", "span.csv")]
    assert run(office, "features", *SPAN, "--out", out[0]) == 0
    days = ["2025-02-01", "2025-03-01", "2025-04-01"]
    assert run(office, "features", "--as-of", *days, "--out", out[1]) == 0
    assert run(office, "features", *SPAN, "--out", out[2]) == 0
    table = pq.read_table(out[0])
    assert table.equals(pq.read_table(out[1]))
    assert [str(value)[:10] for value in sorted(set(table["as_of"].to_pylist()))] == days
    assert str(table.schema.field("as_of").type) == "timestamp[us]"
    assert table.schema.field("unpaid_amount").metadata[b"unit"] == b"yuan"
    with open(out[2], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["project_id"] for row in rows] == table["project_id"].to_pylist()
    assert {row["as_of"] for row in rows} == set(days)
    amounts = [float(row["unpaid_amount"]) if row["unpaid_amount"] else None for row in rows]
    assert amounts == table["unpaid_amount"].to_pylist()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--from", "2025-02-01"],
        ["--to", "2025-02-01"],
        [*SPAN, "--as-of", "2025-02-01"],
        ["--from", "2025-02-01", "--to", "2025-01-31"],
    ],
)
def test_features_need_dates_or_a_span(office, tmp_path, capsys, arguments):
    assert run(office, "features", *arguments, "--out", str(tmp_path / "x.parquet")) == 2
    assert "--from" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_is_not_written_is_refused(office, tmp_path, capsys):
    for line in (["features"], ["training-set"]):
        assert run(office, *line, *SPAN, "--out", str(tmp_path / "x.xlsx")) == 1
        assert ".parquet or .csv" in capsys.readouterr().err
    spark = ["features", *SPAN, "--engine", "spark", "--out", str(tmp_path / "x.csv")]
    assert run(office, *spark) == 1
    assert list(tmp_path.iterdir()) == []


def test_scores_are_those_lists_were_sealed_with_and_read_no_evidence(
    office, tmp_path, monkeypatch
):
    monkeypatch.setattr("models.cohort_scores.StagedEvidence", None)
    out = tmp_path / "s.csv"
    assert run(office, "score", "--as-of", str(LISTS[1]), "--out", str(out)) == 0
    with out.open(encoding="utf-8", newline="") as file:
        found = {row["project_id"]: float(row["probability"]) for row in csv.DictReader(file)}
    with Database(f"sqlite:///{office.service_database}") as database:
        risks = WatchlistRepository(database).project_risks(LISTS[1], "")
    assert found == {key: risk.document()["probability"] for key, risk in risks.items()}
    assert len(found) > 5


@thorough  # both formats of features: above
def test_scores_as_parquet_equal_those_as_csv(office, tmp_path):
    day = ["score", "--as-of", "2025-04-01", "--out"]
    assert run(office, *day, str(tmp_path / "s.csv")) == 0
    assert run(office, *day, str(tmp_path / "s.parquet")) == 0
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        rows = [{**row, "probability": float(row["probability"])} for row in csv.DictReader(file)]
    assert pq.read_table(tmp_path / "s.parquet").to_pylist() == rows


def test_the_training_set_states_the_draws_of_published_lists(office, tmp_path, capsys):
    out = tmp_path / "t.parquet"
    span = ["--from", str(LISTS[0]), "--to", str(LISTS[1]), "--as-of", "2025-05-01"]
    assert run(office, "training-set", *span, "--out", str(out)) == 0
    table = pq.read_table(out)
    drawn = [row for row in table.to_pylist() if row["draw_probability"] is not None]
    assert {row["as_of"].date() for row in drawn} == set(LISTS)
    assert all(0 < row["draw_probability"] <= 1 for row in drawn)
    labels = table["label"]
    said = capsys.readouterr().out
    assert f"{table.num_rows} rows" in said
    assert f"{table.num_rows - labels.null_count} with a label" in said
