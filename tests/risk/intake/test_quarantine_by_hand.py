"""Rows that enter and leave the quarantine, row by row, and the limits of its workbook."""

import datetime as dt
import hashlib
import json

import openpyxl
import pytest

from risk.contract import TABLES
from risk.intake import quarantine_book
from risk.intake.quarantine import FileQuarantine, quarantine_digest, quarantined_rows
from risk.intake.quarantine_book import BOOK_NAME, is_quarantine_book, write_quarantine
from risk.intake.readers import open_sheets
from risk.intake.row_errors import Problem
from risk.intake.row_parser import BadRow

PAYMENTS, PAYROLLS = TABLES["payments"], TABLES["payrolls"]
MAY, JUNE = dt.date(2024, 5, 21), dt.date(2024, 6, 21)


def bad(key, day=None, text="", surplus=(), corrects=None):
    """A row with a problem, and the key and the day of knowledge that could be read."""
    problems = (Problem("known_at", "missing"),)
    cells = {"payroll_id": text}
    return BadRow(2, cells, surplus, problems, corrects=corrects, key=key, known_at=day)


@pytest.fixture
def send(store):
    """Rows of one file; ``good`` says that those of the table ``payments`` are its good ones."""

    def run(*rows, corrected=(), table=PAYMENTS, good=True):
        with store.transaction():
            file = FileQuarantine(store, table, "a.csv")
            file.add(rows, corrected)
            file.commit("payments" if good else None)

    return run


def held(store, table=PAYMENTS):
    """Keys, texts and days of the rows in quarantine."""
    return store.rows(
        "SELECT row_key, cells::JSON ->> 'payroll_id', known_at FROM quarantine"
        " WHERE table_name = $1 ORDER BY ALL",
        [table.name],
    )


def test_a_bad_row_replaces_only_that_of_its_key_and_day(store, send):
    send(bad("F1", MAY), bad("F1", JUNE, "6"), bad("F2", MAY), bad("F3"), bad("F3", MAY), bad(None))
    send(bad("F1", MAY), table=PAYROLLS, good=False)
    send(bad("F1", MAY, "7"), bad("F3", None, "8"), bad(None, None, "9"))
    assert held(store) == [
        ("F1", "6", JUNE),
        ("F1", "7", MAY),
        ("F2", "", MAY),
        ("F3", "", MAY),
        ("F3", "8", None),
        (None, "", None),
        (None, "9", None),
    ]
    assert held(store, PAYROLLS) == [("F1", "", MAY)]


def test_a_good_row_replaces_those_of_its_key_without_another_day(store, send, world):
    send(bad("F1", MAY), bad("F1", JUNE), bad("F1"), bad("F2", MAY), bad(None))
    world.payment("G1", "2024-05-21", 5, payment_id="F1")
    send()
    assert held(store) == [("F1", "", JUNE), ("F2", "", MAY), (None, "", None)]


def test_rows_refused_without_a_file_of_good_ones_replace_nothing(store, send):
    send(bad("F1", MAY), good=False)
    send(bad("F1", MAY, "7"), good=False)
    assert held(store) == [("F1", "", MAY), ("F1", "7", MAY)]


def test_a_number_of_another_table_is_no_correction(store, send):
    send(bad("F1"))
    [row] = quarantined_rows(store, PAYMENTS)
    send(bad("F1", None, "7", corrects=row.id), table=PAYROLLS, good=False)
    assert held(store) == [("F1", "", None)]
    [other] = quarantined_rows(store, PAYROLLS)
    assert (other.id != row.id, other.cells) == (True, {"payroll_id": "7"})


def test_the_number_of_a_row_is_that_of_earlier_releases(store, send):
    """Workbooks that were handed out have it: a digest of table, cells and occurrence."""
    send(bad("F1", surplus=("多", "余")), bad("F1", surplus=("多", "余")))
    cells = {"payroll_id": "", "+1": "多", "+2": "余"}
    written = [json.dumps(cells, ensure_ascii=False)]
    digest = hashlib.sha256(
        json.dumps(["payments", *written], ensure_ascii=False).encode()
    ).digest()
    numbers = [hashlib.sha256(digest + part).hexdigest()[:16].upper() for part in (b"1", b"2")]
    rows = list(quarantined_rows(store, PAYMENTS))
    assert {row.id for row in rows} == {f"Q{number}" for number in numbers}
    assert [row.cells for row in rows] == [cells, cells]


def test_every_row_is_in_the_digest_of_all(store, send):
    send(bad(None), bad(None, None, "7"), bad(None, None, "8"))
    digests = {quarantine_digest(store)}
    for row in list(quarantined_rows(store, PAYMENTS)):
        send(corrected=[row.id])
        digests.add(quarantine_digest(store))
        send(BadRow(2, row.cells, (), row.problems))
    assert len(digests) == 4


def test_the_workbook_is_written_only_for_other_rows(store, send, tmp_path):
    path = tmp_path / "a/b" / BOOK_NAME
    write_quarantine(store, path.parent)
    assert not path.parent.exists()
    send(bad("F1", None, "7"))
    write_quarantine(store, path.parent)
    path.write_bytes(b"as it was")
    write_quarantine(store, path.parent)
    assert path.read_bytes() == b"as it was"
    path.unlink()
    write_quarantine(store, path.parent)
    path.write_bytes(b"as it was")
    send(bad("F2", None, "8"))
    write_quarantine(store, path.parent)
    rows = openpyxl.load_workbook(path)[PAYMENTS.zh].iter_rows(min_row=2, values_only=True)
    assert sorted(row[5] for row in rows) == ["7", "8"]


def test_columns_are_wide_enough_for_what_is_in_them(store, send, tmp_path):
    send(bad("F1"))
    write_quarantine(store, tmp_path)
    columns = openpyxl.load_workbook(tmp_path / BOOK_NAME)[PAYMENTS.zh].column_dimensions
    # Number, file, row and problems, then the seven fields of a payment and its day of knowledge.
    assert [columns[letter].width for letter in sorted(columns)] == [20, 24, 8, 60, *[18] * 8]


def test_rows_beyond_those_of_a_sheet_are_on_further_sheets(store, send, tmp_path, monkeypatch):
    assert quarantine_book.MAX_ROWS == 1_000_000
    monkeypatch.setattr(quarantine_book, "MAX_ROWS", 2)
    send(*(bad(f"F{number}") for number in range(5)))
    write_quarantine(store, tmp_path)
    with open_sheets(tmp_path / BOOK_NAME) as sheets:
        found = quarantine_book.tables_of_sheets(sheets)
        names = [sheet.name for _, sheet in found]
    assert [table.name for table, _ in found] == ["payments"] * 3
    assert names == ["工资发放", "工资发放 2", "工资发放 3"]
    book = openpyxl.load_workbook(tmp_path / BOOK_NAME)
    assert [book[name].max_row - 1 for name in names] == [2, 2, 1]


@pytest.mark.parametrize(("cell", "fits"), [
    ("长" * 32_767, True),
    ("长" * 32_768, False),
    ("𠮷" * 16_383 + "长", True),  # of two units each
    ("𠮷" * 16_384, False),
])  # fmt: skip
def test_a_cell_has_as_many_units_as_a_workbook_can_hold(cell, fits):
    assert quarantine_book._writable(cell) == (cell if fits else "#CUT!")


@pytest.mark.parametrize(("name", "is_book"), [
    ("待修改.xlsx", True),
    ("待修改（已改）.XLSX", True),
    ("待修改.csv", False),
    ("工资表.xlsx", False),
])  # fmt: skip
def test_the_workbook_is_known_by_its_name(tmp_path, name, is_book):
    assert is_quarantine_book(tmp_path / name) is is_book
