"""Import: what blocks, repeated headers, totals and merged cells cost, against a bare pass.

Usage: python -m benchmarks.structure [--full] [--keep]

A ledger of payments with a title, a header that is repeated and a total every few hundred rows. The
bare pass parses all rows below the first header; the other side is the importer's, which looks for
headers and for rows that are no records. Nothing is stored. Each side runs in a process of its own,
best of the runs, in turns; seconds are of the processor, since other programs change those of the
clock by more than the two sides differ.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.harness import Child, Figure, Size, child, run
from benchmarks.intake import HEADER, rows_of

ROWS = {"quick": 100_000, "full": 1_000_000}
SHEET_ROWS = {"quick": 10_000, "full": 200_000}
RUNS = 5
PAGE = 500
"""Records between a total and the next."""

_SCRIPT = """
import datetime as dt, json, os, sys, time
from pathlib import Path
from risk.contract import TABLES
from risk.intake.columnar_parser import ColumnarParser
from risk.intake.headings import contract_matcher
from risk.intake.readers import open_sheets
from risk.intake.readers.csv_columnar import chunks
from risk.intake.row_parser import BatchParser
from risk.intake.sheet_records import SheetRecords
from risk.intake.sheet_selection import select_sheet

TABLE, TODAY = TABLES["payments"], dt.date(2026, 1, 1)

def batches(path, sheets, with_structure):
    found = select_sheet(TABLE, sheets, file=path.name)
    sheet, header = found.sheet, found.header
    records = SheetRecords(
        TABLE, sheet, header, cells=found.located.cells, match=contract_matcher(TABLE),
        file=path.name,
    )
    if path.suffix == ".csv":
        read = chunks(sheet, header.width)
        parser = ColumnarParser(TABLE, header, today=TODAY)
        yield from parser.batches(records.chunks(read) if with_structure else read)
        return
    bare = ((header, (row for row in sheet.rows() if row[0] > header.row)) for _ in range(1))
    for block, rows in records.blocks() if with_structure else bare:
        parser = BatchParser(TABLE, block, strict_width=sheet.strict_width, today=TODAY)
        yield from parser.batches(rows)

def good_rows(path):
    with open_sheets(path) as sheets:
        return sum(batch.good for batch in batches(path, sheets, sys.argv[3] == "structure"))

def seconds():
    # Of the processor, with those of the process that reads workbooks.
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    stats = (Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in children)
    ticks = sum(int(stat[11]) + int(stat[12]) for stat in stats)
    ended = os.times().children_user + os.times().children_system
    return time.process_time() + ended + ticks / os.sysconf("SC_CLK_TCK")

good_rows(Path(sys.argv[2]))
start = seconds()
good = good_rows(Path(sys.argv[1]))
print(json.dumps({"good": good, "seconds": seconds() - start}))
"""


def ledger(count: int) -> Iterator[Sequence[str]]:
    """``count`` records with the title, headers and totals between them."""
    yield ("工资发放台账",)
    yield HEADER
    for number, row in enumerate(rows_of(count), start=1):
        yield row
        if number % PAGE == 0:
            yield ("合计", "", "", f"{PAGE * 100}", "", "", "")
            yield HEADER


def write_csv(path: Path, count: int) -> None:
    """The ledger as CSV."""
    with path.open("w", encoding="utf-8") as file:
        for row in ledger(count):
            file.write(",".join(row) + "\n")


def write_xlsx(path: Path, count: int) -> None:
    """The ledger as a sheet of text cells, the title over all columns."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("工资发放")
        for index, row in enumerate(ledger(count)):
            if len(row) == 1:
                sheet.merge_range(index, 0, index, len(HEADER) - 1, row[0])
            else:
                sheet.write_row(index, 0, row)


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    return [*_figures("CSV", ROWS[size]), *_figures("XLSX", SHEET_ROWS[size])]


def _figures(kind: str, count: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        path, small = (Path(directory) / f"payments{n}.{kind.lower()}" for n in ("", "_small"))
        write = write_csv if kind == "CSV" else write_xlsx
        write(path, count)
        write(small, PAGE)
        sides: dict[str, list[Child]] = {"bare": [], "structure": []}
        for _ in range(RUNS):
            for side, done in sides.items():
                done.append(child(_SCRIPT, path, small, side))
    best = {name: min(done, key=lambda one: one.result["seconds"]) for name, done in sides.items()}
    if best["bare"].result["good"] != best["structure"].result["good"]:
        raise SystemExit(f"the two sides differ: {best}")
    bare, structure = (best[name].result["seconds"] for name in ("bare", "structure"))
    yield Figure(f"{kind}, bare: rows per second", count / bare, "1/s")
    yield Figure(f"{kind}, with structure: rows per second", count / structure, "1/s")
    yield Figure(
        f"{kind}: seconds with structure to those of a bare pass",
        structure / bare,
        "ratio",
        "lower",
        1.3,
    )


if __name__ == "__main__":
    run("structure", figures)
