"""Walk-forward backtest of a folder of records, written as a Markdown document.

Usage: python -m benchmarks.backtest FOLDER --from 2023-07-01 --to 2025-06-01 --out FILE.md
       [--ablation] [--title TEXT] [--note TEXT]

Imports FOLDER into a temporary workspace and runs ``wagewatch backtest``: every month the model and
all contenders are refitted on what was known then. Also reports the time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from risk.intake.importer import import_paths
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from serving.models.backtest_text import Part, backtest_parts, worth_part
from training.evaluation.ablation import ablation
from training.evaluation.backtest import backtest
from training.evaluation.walk_forward import plan_walk


def main() -> None:
    """Run the backtest and write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--capacity", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--title", default="Backtest")
    parser.add_argument("--note", default="")
    options = parser.parse_args()
    options.out.write_text(document(options), encoding="utf-8")


def document(options: argparse.Namespace) -> str:
    """The whole document as Markdown."""
    span = (options.first, options.last)
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory))
        import_paths(workspace, [options.folder], today=clock.today())
        with RecordStore(workspace.records, read_only=True) as store:
            started = time.perf_counter()
            done = backtest(store, *span, capacity=options.capacity, progress=show_progress)
            seconds = time.perf_counter() - started
            parts = backtest_parts(done, "en")
            if options.ablation:
                effects = ablation(
                    store,
                    plan_walk(store, *span),
                    capacity=options.capacity,
                    progress=show_progress,
                )
                parts.append(worth_part(effects, "en", "project"))
    months = len(done.walk.months)
    speed = (
        f"Walked {months} months with a refit of everything in each in {seconds:.0f} s"
        f" ({seconds / months:.1f} s a month) on {os.cpu_count()} cores."
    )
    blocks = [f"# {options.title}", "Made by `benchmarks/backtest.py`.", options.note, speed]
    blocks += [block for part in parts for block in markdown(part)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def markdown(part: Part) -> list[str]:
    """The blocks of one part."""
    blocks = list(part.lines)
    if part.rows:
        blocks.append("\n".join(map(row, [part.heads, ["---"] * len(part.heads), *part.rows])))
    return blocks


def row(cells: Sequence[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def show_progress(step: str, share: float) -> None:
    """Show the progress on standard error."""
    sys.stderr.write(f"\r{share:4.0%} {step:30}")


if __name__ == "__main__":
    main()
