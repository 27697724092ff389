"""Does importing four times the rows take four times the memory? (It must not.)

Usage: python -m benchmarks.intake [ROWS]

Writes CSV files of payments with ROWS / 4 and ROWS rows (a million if not given), imports each in a
process of its own and prints time, peak memory, and the ratios between the two.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CHILD = """
import datetime as dt, resource, sys
from pathlib import Path
from risk.intake.importing import import_paths
from risk.workspace import Workspace
folder = Path(sys.argv[1])
report = import_paths(Workspace(folder / "workspace"), [folder / "payments.csv"],
                      today=dt.date(2026, 1, 1))
print(report.files[0].accepted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def write_payments(path: Path, rows: int) -> None:
    """``rows`` payments of as many payrolls."""
    with path.open("w", encoding="utf-8") as file:
        file.write("发放编号,工资表编号,发放日期,实发金额,实发人数,发放方式,入库日期\n")
        for number in range(rows):
            day = f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
            file.write(f"P{number},R{number},{day},{number % 90_000}.25,7,银行代发,{day}\n")


def measure(rows: int) -> tuple[float, float]:
    """Seconds and peak megabytes of importing ``rows`` rows."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_payments(folder / "payments.csv", rows)
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(folder)], check=True, capture_output=True, text=True
        )
        seconds = time.perf_counter() - start
    accepted, peak = done.stdout.split()
    if int(accepted) != rows:
        raise SystemExit(f"{accepted} of {rows} rows were accepted")
    return seconds, int(peak) / 1024


def main() -> None:
    """Measure both and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    small, large = measure(rows // 4), measure(rows)
    for count, (seconds, megabytes) in ((rows // 4, small), (rows, large)):
        print(f"{count:>10,} rows  {seconds:6.1f} s  {megabytes:6.0f} MB")
    print(f"     ratio        {large[0] / small[0]:6.2f}    {large[1] / small[1]:6.2f}")


if __name__ == "__main__":
    main()
