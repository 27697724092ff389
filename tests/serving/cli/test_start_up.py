"""Commands import neither MLflow nor scikit-learn, unless they write to the registry.

They look for garbage seldom.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ...conftest import thorough

ROOT = Path(__file__).resolve().parents[3]
NEVER = ("mlflow", "sklearn", "pandas", "dask", "matplotlib", "shap", "pyspark")
SELDOM = ["new objects per search for garbage", 20_000]
ENGINES = (*NEVER, "lightgbm", "scipy")
RUN = """
import gc, json, sys
from serving.cli import main
lines = json.loads(sys.argv[1])
for line in lines:
    sys.argv = ["wagewatch", *line]
    try:
        main.run()
    except SystemExit as end:
        if end.code:
            raise
    found = [name for name in %r if name in sys.modules]
    print(json.dumps([line[2], found]), file=sys.stderr)
print(json.dumps(["new objects per search for garbage", gc.get_threshold()[0]]), file=sys.stderr)
"""


def imported(workspace, lines, names):
    """Which of ``names`` each command line imported, of those run one after another.

    Then after how many new objects the process looked for garbage.
    """
    whole = [["-w", str(workspace.root), *line.split()] for line in lines]
    done = subprocess.run(
        [sys.executable, "-c", RUN % (names,), json.dumps(whole)],
        capture_output=True,
        check=False,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith('["')]


def test_reading_models_and_lists_imports_no_engine_of_models(office):
    lines = ["models list", "models show", "watchlist", "records"]
    assert imported(office, lines, ENGINES) == [*([line.split()[0], []] for line in lines), SELDOM]


@thorough
def test_scoring_and_publishing_import_neither_mlflow_nor_scikit_learn(copy, tmp_path):
    lines = [
        f"features --as-of 2025-06-01 --out {tmp_path / 'f.parquet'}",
        f"score --as-of 2025-06-01 --out {tmp_path / 'scores.csv'}",
        "publish --as-of 2025-06-02 --capacity 5",
        "replay --as-of 2025-06-02",
        "check --as-of 2025-06-02",
        f"briefing --month 2025-05 --out {tmp_path / 'b.docx'}",
    ]
    assert imported(copy, lines, NEVER) == [*([line.split()[0], []] for line in lines), SELDOM]
