"""The simulated ledgers go in through confirmed layouts with the values of the records."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from risk.simulator import simulate, write_ledgers
from serving.cli.main import main

SIZE = {"projects": 12, "months": 12, "seed": 4}


def newest(path: Path, key: str) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Path:
    """A folder with the plain records, the ledgers and the workspace they were imported into."""
    folder = tmp_path_factory.mktemp("ledgers")
    simulate(folder / "plain", **SIZE)
    simulate(folder / "exports", **SIZE)
    paths = write_ledgers(folder / "exports", folder / "ledgers")
    place = ["-w", str(folder / "ws")]
    assert main([*place, "import", "--try", str(folder / "ledgers")]) == 0
    for path in paths:
        assert main([*place, "layouts", "confirm", path.stem]) == 0
    books = [str(folder / "ledgers"), str(folder / "exports" / "organizations.csv")]
    assert main([*place, "import", *books]) == 0
    return folder


def stored(folder: Path, table: str, columns: str) -> list[tuple]:
    """Newest version of each record."""
    with duckdb.connect(str(folder / "ws" / "records.duckdb"), read_only=True) as connection:
        return connection.execute(
            f"SELECT {columns} FROM {table} QUALIFY row_number() OVER"
            f" (PARTITION BY {columns.split(',', maxsplit=1)[0]} ORDER BY known_at DESC) = 1"
        ).fetchall()


def test_projects_are_those_of_the_records(imported):
    expected = newest(imported / "plain" / "projects.csv", "project_id")
    columns = (
        "project_id, region_code, sector, owner_id, contractor_id, contract_amount, completed_on"
    )
    found = stored(imported, "projects", columns)
    assert {row[0] for row in found} == set(expected)
    for project, region, sector, owner, contractor, amount, completed in found:
        plain = expected[project]
        assert (region, sector, owner) == (plain["region_code"], plain["sector"], plain["owner_id"])
        assert contractor == plain["contractor_id"]
        fen = int(Decimal(plain["contract_amount"]) * 100) if plain["contract_amount"] else None
        assert amount == fen
        assert str(completed or "") == plain["completed_on"]


def test_complaints_are_those_of_the_records(imported):
    expected = newest(imported / "plain" / "complaints.csv", "complaint_id")
    found = stored(imported, "complaints", "complaint_id, received_on, channel, workers")
    assert len(found) == len(expected) > 0
    for complaint, received, channel, workers in found:
        plain = expected[complaint]
        assert (str(received), channel) == (plain["received_on"], plain["channel"])
        assert str(workers if workers is not None else "") == plain["workers"]


def test_ledgers_have_the_shape_that_offices_keep(imported):
    sheet = openpyxl.load_workbook(imported / "ledgers" / "在建工程项目台账.xlsx").active
    texts = {str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value}
    assert any("单位：万元" in text for text in texts)
    assert "合计" in texts
    merged = {str(cells) for cells in sheet.merged_cells.ranges}
    assert any(cells.startswith("B") for cells in merged)
    assert not (imported / "exports" / "projects.csv").exists()
    notice = (imported / "ledgers" / "README.md").read_text(encoding="utf-8")
    assert "SYNTHETIC" in notice


def test_simulate_writes_ledgers_on_request(tmp_path, capsys):
    sizes = ["--projects", "20", "--months", "12", "--seed", "1"]
    ledgers = tmp_path / "ledgers"
    assert main(["simulate", str(tmp_path / "out"), *sizes, "--ledgers", str(ledgers)]) == 0
    assert "在建工程项目台账.xlsx" in capsys.readouterr().out
    assert len(list(ledgers.glob("*.xlsx"))) == 2
