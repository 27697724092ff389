"""Import: rows a second against pandas and pandera with the same checks, and against openpyxl.

Usage: python -m benchmarks.intake [--full] [--keep]

One file of payments, one row in a hundred bad in one of four ways. Both sides read it, check every
cell and row, keep the good rows in DuckDB as typed versions and count the bad ones; the counts
must agree. Each side runs in a process of its own, best of the runs; it imports
a small file first, so that loading of libraries is not timed. Memory is compared between
the file and one of four times its rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from benchmarks.harness import Child, Figure, Size, child, run

ROWS = {"quick": 200_000, "full": 1_000_000}
SHEET_ROWS = {"quick": 10_000, "full": 50_000}
RUNS = 3
Write = Callable[[Path, int], None]
HEADER = ("发放编号", "工资表编号", "发放日期", "实发金额", "实发人数", "发放方式", "入库日期")

_OURS = """
import datetime as dt, json, sys, time
from pathlib import Path
from risk.intake.importer import import_paths
from risk.workspace import Workspace
path, warm, today = Path(sys.argv[1]), Path(sys.argv[2]), dt.date(2026, 1, 1)
import_paths(Workspace(warm.parent / "warm"), [warm], today=today)
start = time.perf_counter()
file = import_paths(Workspace(path.parent / "workspace"), [path], today=today).files[0]
seconds = time.perf_counter() - start
print(json.dumps({"good": file.accepted, "bad": file.quarantined, "seconds": seconds}))
"""

_THEIRS = """
import json, sys, time
from pathlib import Path
from benchmarks.rivals.pandera_import import import_payments
import_payments(Path(sys.argv[2]), "warm")
start = time.perf_counter()
good, bad = import_payments(Path(sys.argv[1]))
print(json.dumps({"good": good, "bad": bad, "seconds": time.perf_counter() - start}))
"""


def rows_of(count: int) -> Iterator[tuple[str, ...]]:
    """``count`` rows of payments; every hundredth is bad."""
    return map(_row, range(count))


def _row(number: int) -> tuple[str, ...]:
    month, day = number % 12 + 1, number % 28 + 1
    paid = f"2024-{month:02d}-{day:02d}"
    known = f"2025-{month:02d}-{day:02d}"
    amount, channel = f"{number % 90_000}.25", ("银行代发", "现金", "包工头代领")[number % 3]
    if number % 100 == 7:
        ways = {0: ("2024-13-01", amount, channel, known), 1: (paid, "many", channel, known)}
        ways |= {2: ("", amount, channel, known), 3: (paid, amount, channel, "2023-01-01")}
        paid, amount, channel, known = ways[number // 100 % 4]
    return (f"P{number}", f"R{number // 3}", paid, amount, "7", channel, known)


def write_csv(path: Path, count: int) -> None:
    """``count`` rows as CSV."""
    with path.open("w", encoding="utf-8") as file:
        for row in chain([HEADER], rows_of(count)):
            file.write(",".join(row) + "\n")


def write_xlsx(path: Path, count: int) -> None:
    """``count`` rows as a sheet of text cells."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("工资发放")
        for index, row in enumerate(chain([HEADER], rows_of(count))):
            sheet.write_row(index, 0, row)


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    rows, sheet_rows = ROWS[size], SHEET_ROWS[size]
    csv, small = _measure(write_csv, "payments.csv", rows), _ours(write_csv, rows // 4)
    xlsx = _measure(write_xlsx, "payments.xlsx", sheet_rows)
    return [
        Figure("CSV: rows per second", rows / csv[0].result["seconds"], "1/s"),
        Figure("CSV, pandas and pandera: rows per second", rows / csv[1].result["seconds"], "1/s"),
        Figure(
            "CSV: times as fast as pandas and pandera",
            csv[1].result["seconds"] / csv[0].result["seconds"],
            "ratio",
            "higher",
            # In the quick file the checks of the whole file weigh more than its rows.
            2.0 if size == "full" else None,
        ),
        Figure("CSV: peak", csv[0].peak_mb, "MB"),
        Figure("CSV, pandas and pandera: peak", csv[1].peak_mb, "MB"),
        Figure(
            "CSV: memory at four times the rows",
            csv[0].peak_mb / small.peak_mb,
            "ratio",
            "lower",
            1.5,
        ),
        Figure("XLSX: rows per second", sheet_rows / xlsx[0].result["seconds"], "1/s"),
        Figure(
            "XLSX, openpyxl and pandera: rows per second",
            sheet_rows / xlsx[1].result["seconds"],
            "1/s",
        ),
        Figure(
            "XLSX: times as fast as openpyxl and pandera",
            xlsx[1].result["seconds"] / xlsx[0].result["seconds"],
            "ratio",
            "higher",
            1.0,
        ),
    ]


def _ours(write: Write, count: int) -> Child:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "payments.csv"
        write(path, count)
        return child(_OURS, path, _small(write, Path(directory)))


def _measure(write: Write, name: str, count: int) -> tuple[Child, Child]:
    ours, theirs = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / name
            write(path, count)
            small = _small(write, Path(directory))
            ours.append(child(_OURS, path, small))
            theirs.append(child(_THEIRS, path, small))
    for one, other in zip(ours, theirs, strict=True):
        if [one.result[name] for name in ("good", "bad")] != [
            other.result[name] for name in ("good", "bad")
        ]:
            raise SystemExit(f"the two sides differ: {one.result} and {other.result}")
    return min(ours, key=lambda one: one.result["seconds"]), min(
        theirs, key=lambda one: one.result["seconds"]
    )


def _small(write: Write, folder: Path) -> Path:
    suffix = ".csv" if write is write_csv else ".xlsx"
    path = folder / "small" / f"payments{suffix}"
    path.parent.mkdir()
    write(path, 400)
    return path


if __name__ == "__main__":
    run("intake", figures)
