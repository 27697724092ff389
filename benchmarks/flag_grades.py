"""How much the red flags of each grade say about arrears to come, as a Markdown table.

Usage: python -m benchmarks.flag_grades FOLDER --from 2023-07-01 --to 2025-06-01

Imports FOLDER into a temporary workspace. On the first of every month, each project of the cohort
has the flags that were known then, and an event if arrears are found within 90 days. Lift is the
share with an event among the flagged, over that among all.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features.common_steps import COHORT, known_rows_step
from features.engines.duckdb import DuckDBEngine
from risk.calendar.dates import add_months
from risk.flags import red_flags
from risk.flags.grades import Grade, grade_of
from risk.intake.importer import import_paths
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving import clock
from training.dataset.labels import dated_within, event_log

LABELS = {
    "people": {Grade.PEOPLE},
    "money": {Grade.MONEY},
    "people or money": {Grade.PEOPLE, Grade.MONEY},
    "payment": {Grade.PAYMENT},
    "funding": {Grade.FUNDING},
    "papers": {Grade.PAPERS},
    "any": set(Grade),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory))
        import_paths(workspace, [options.folder], today=clock.today())
        with RecordStore(workspace.records, read_only=True) as store:
            rows = [*graded(store, options.first, options.last)]
    print(table(rows))


def graded(store: RecordStore, first: dt.date, last: dt.date) -> Iterator[tuple[set[Grade], bool]]:
    """The grades of the flags of each project and month, and whether an event follows."""
    months = (last.year - first.year) * 12 + last.month - first.month
    log = event_log(store, add_months(last, 7))
    for day in (add_months(first, number) for number in range(months + 1)):
        flags = red_flags(store, day)
        projects = cohort(store, day)
        days = np.full(len(projects), np.datetime64(day))
        events = dated_within(log.days, projects, days)
        for project, event in zip(projects, events, strict=True):
            yield {grade_of(flag.code) for flag in flags.get(project, ())}, bool(event)


def cohort(store: RecordStore, day: dt.date) -> list[str]:
    """The projects that are scored on ``day``."""
    engine = DuckDBEngine(store, [day])
    try:
        engine.run([known_rows_step("projects"), known_rows_step("cases"), COHORT])
        return [str(row[0]) for row in engine.rows("SELECT project_id FROM cohort ORDER BY 1")]
    finally:
        engine.close()


def table(rows: list[tuple[set[Grade], bool]]) -> str:
    """The Markdown table of all grades."""
    flagged: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    for grades, event in rows:
        for label, wanted in LABELS.items():
            flagged[label] += bool(grades & wanted)
            hit[label] += bool(grades & wanted) and event
    events = sum(event for _, event in rows)
    lines = [
        f"{len(rows)} project-months, {events} of them with an event within 90 days.",
        "",
        "| red flags of grade | share of project-months | events within 90 days | lift | recall |",
        "| --- | --- | --- | --- | --- |",
    ]
    for label, count in flagged.items():
        shares = "– | –"
        if count and events:
            lift = hit[label] / count / (events / len(rows))
            shares = f"{lift:.2f} | {hit[label] / events:.2f}"
        lines.append(f"| {label} | {count / len(rows):.3f} | {hit[label]} | {shares} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
