"""Hidden state of the simulation, for evaluating models against it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from risk.simulator.complaints import Complaint, ComplaintText
from risk.simulator.csv_files import write_csv
from risk.simulator.oversight import Oversight
from risk.simulator.projects import Projects
from risk.simulator.world import EMPTY, Floats, Texts, World

FOLDER = "truth"
FILE = "project_months.csv"
LINK_FILE = "complaint_links.csv"
_LINK_HEADER = ["complaint_id", "project_id", "org_id", "site_damage", "firm_damage"]
_HEADER = ["project_id", "month", "stress", "amount_owed", "workers_owed", "clean_books"]


def write_truth(
    out: Path, world: World, projects: Projects, stress: Floats, oversight: Oversight
) -> None:
    """Write a row per project and month: stress, yuan and workers owed on the first day."""
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    shown = np.arange(world.timeline.burn_in, world.months)
    months = (shown + world.timeline.first).astype("datetime64[M]")
    columns = [
        np.repeat(projects.ids, len(shown)).tolist(),
        np.tile(np.datetime_as_string(months), len(projects)).tolist(),
        [f"{v:.4f}" for v in stress[:, shown].ravel().tolist()],
        [f"{v:.2f}" for v in oversight.amount[:, shown].ravel().tolist()],
        [f"{v:.0f}" for v in oversight.workers[:, shown].ravel().tolist()],
        np.repeat(np.where(projects.dishonest, "true", "false"), len(shown)).tolist(),
    ]
    write_csv(folder / FILE, _HEADER, columns)


def write_link_truth(
    out: Path,
    complaints: list[Complaint],
    texts: list[ComplaintText],
    ids: tuple[Texts, Texts, Texts],
) -> None:
    """Write the true project and organisation of each complaint that names no project.

    The kinds of errors in the names are written too. ``ids`` are of complaints, projects and
    organisations; the project id is '' for complaints outside construction.
    """
    numbers, projects, organisations = ids
    rows = [n for n, item in enumerate(complaints) if not item.named or item.project == EMPTY]
    sites = [complaints[n].project for n in rows]
    columns = [
        [str(numbers[n]) for n in rows],
        ["" if site == EMPTY else str(projects[site]) for site in sites],
        [str(organisations[complaints[n].org]) for n in rows],
        [texts[n].site_damage for n in rows],
        [texts[n].firm_damage for n in rows],
    ]
    write_csv(out / FOLDER / LINK_FILE, _LINK_HEADER, columns)


def clear_truth(out: Path) -> None:
    """Remove the truth files of an earlier run."""
    for name in (FILE, LINK_FILE):
        (out / FOLDER / name).unlink(missing_ok=True)
