"""Files of which most rows cannot be used."""

import pytest

from risk.contract import TABLES
from risk.intake import rejected_rows
from risk.intake.file_errors import MostRowsRejected
from risk.intake.importer import import_file, import_paths, import_quarantine_book
from risk.intake.quarantine import quarantined_counts
from risk.intake.quarantine_book import BOOK_NAME, write_quarantine
from risk.intake.readers import csv_columnar
from risk.workspace import Workspace


@pytest.fixture(autouse=True)
def limit(monkeypatch):
    monkeypatch.setattr(rejected_rows, "MAX_REJECTED", 20)


def _rows(payments, *, good=0, bad=0):
    header, first = payments
    numbered = [[f"F{n}", *first[1:]] for n in range(good + bad)]
    return [header, *([*row[:3], "若干", *row[4:]] for row in numbered[good:]), *numbered[:good]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_of_bad_rows_is_refused_with_what_they_have_in_common(
    store, write_csv, write_xlsx, payments, today, kind
):
    write = {"csv": write_csv, "xlsx": write_xlsx}[kind]
    with pytest.raises(MostRowsRejected) as raised:
        import_file(store, write(f"payments.{kind}", _rows(payments, bad=21)), today=today)
    failure = raised.value
    assert failure.fields["rejected"] == failure.fields["alike"] == failure.fields["read"] == 21
    assert "“实发金额”" in failure.message("zh")
    assert "若干" in failure.message("zh")
    assert "amount" in failure.message("en")
    assert quarantined_counts(store)["payments"] == 0


def test_lines_too_short_are_refused_before_all_are_read(
    tmp_path, payments, today, monkeypatch, write_csv
):
    monkeypatch.setattr(csv_columnar, "BLOCK_LINES", 30)
    monkeypatch.setattr(csv_columnar, "BLOCK_ROWS", 25)
    path = write_csv("payments.csv", [payments[0], *[["x"]] * 1_000])
    report = import_paths(Workspace(tmp_path / "w"), [path], today=today)
    [failure] = report.failed
    assert failure.code == "most_rows_rejected"
    assert failure.fields["read"] == 24
    assert "本行只有 1 格，应有 7 格" in failure.message("zh")


@pytest.mark.parametrize(("good", "bad"), [(0, 20), (30, 20), (21, 21)])
def test_fewer_bad_rows_and_as_many_good_ones_are_imported(
    store, write_csv, payments, today, good, bad
):
    rows = _rows(payments, good=good, bad=bad)
    report = import_file(store, write_csv("payments.csv", rows), today=today)
    assert (report.accepted, report.quarantined) == (good, bad)


def test_rows_of_the_quarantine_do_not_count(store, write_csv, payments, today, tmp_path):
    for part in range(3):
        rows = [payments[0], *_rows(payments, bad=20 * (part + 1))[1 + 20 * part :]]
        import_file(store, write_csv(f"payments{part}.csv", rows), today=today)
    write_quarantine(store, tmp_path)
    [report] = import_quarantine_book(store, tmp_path / BOOK_NAME, today=today)
    assert (report.table, report.quarantined) == (TABLES["payments"].name, 60)


@pytest.mark.parametrize("lines", [1, 4, 5, 6, 11])
def test_parts_of_a_block_are_its_lines(monkeypatch, lines):
    monkeypatch.setattr(csv_columnar, "BLOCK_LINES", 4)
    monkeypatch.setattr(csv_columnar, "BLOCK_ROWS", 3)
    text = b"".join(b"a%d\n" % line for line in range(lines))
    parts = list(csv_columnar._parts(text))
    assert b"".join(parts) == text
    assert max(part.count(b"\n") for part in parts) <= 4
