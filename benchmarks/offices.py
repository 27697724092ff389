"""Workspaces with generated records and a model fitted on records of the same kind.

A model from other records, or records of which a feed ends earlier, would miss inputs: while it is
measured, ``score`` and ``publish`` would fit a stand-in for it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Child, child
from risk.calendar.dates import add_months

AS_OF = "2026-03-02"
LAST_MONTH = dt.date(2026, 1, 1)
TRAINED_ON = 500
HERE = Path(__file__).parent.parent

_MAKE = """
import datetime as dt, json, sys
from benchmarks.synthetic_store import make_projects
from risk.store.row_sums import extend_row_sums
path, (projects, teams, months) = sys.argv[1], map(int, sys.argv[2:5])
with make_projects(path, projects, teams=teams, months=months,
                   first=dt.date.fromisoformat(sys.argv[5]),
                   until=dt.date.fromisoformat(sys.argv[6])) as store:
    extend_row_sums(store)  # as every import does
    print(json.dumps({"payments": store.rows("SELECT count(*) FROM payments")[0][0]}))
"""

_INIT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from serving.cli.main import main
assert main(["-w", sys.argv[2], "init"]) == 0
# Settings that an earlier checkout does not know would be refused; the defaults are meant.
Path(sys.argv[2], "wagewatch.toml").write_text("")
"""

_TRAIN = """
import sys
sys.path.insert(0, sys.argv[1])
from serving.cli.main import main
raise SystemExit(main(["-w", sys.argv[2], "train", "--as-of", "2026-02-01"]))
"""

_COMMAND = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
if float(sys.argv[2]):
    os.environ["WAGEWATCH_RECORDS__MEMORY_GB"] = sys.argv[2]
from serving.cli.main import run
sys.argv = ["wagewatch", *sys.argv[3:]]
try:
    run()  # as the installed command: main() alone imports scikit-learn with LightGBM
except SystemExit as done:
    code = done.code
print(json.dumps({"cpu": time.process_time(), "code": code}))
"""


@dataclass(frozen=True)
class Records:
    """What is generated of a project: teams, and months up to :data:`LAST_MONTH`."""

    teams: int
    months: int

    def make(self, path: Path, projects: int) -> int:
        """A record store at ``path``; returns the number of its payments."""
        first = add_months(LAST_MONTH, 1 - self.months)
        made = child(_MAKE, path, projects, self.teams, self.months, first, AS_OF)
        return int(made.result["payments"])


def trained(records: Records, folder: Path, name: str = "office", checkout: Path = HERE) -> Path:
    """A workspace in ``folder`` with a model that ``checkout`` fitted, and no records."""
    office = folder / name
    child(_INIT, checkout, office)
    records.make(office / "records.duckdb", TRAINED_ON)
    child(_TRAIN, checkout, office)
    (office / "records.duckdb").unlink()
    return office


def command(*line: object, memory_gb: float = 0, checkout: Path = HERE) -> Child:
    """A command of ``checkout`` from start to end; its result has the CPU seconds as ``cpu``.

    ``memory_gb`` is what the record store may use, 0 for its default.

    Raises:
        SystemExit: the command failed.
    """
    done = child(_COMMAND, checkout, memory_gb, *line)
    if done.result["code"]:
        raise SystemExit(f"wagewatch {' '.join(map(str, line))} failed")
    return done
