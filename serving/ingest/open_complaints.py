"""How many complaints belong to no project, and the line that says what to do about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from risk.locale import Language, text
from serving.clock import today

if TYPE_CHECKING:
    from risk.store.store import RecordStore

MOST_COMPARED = 50_000
"""Open complaints above which only their number is given."""

Counts = Mapping[str, int | None]


def day_after_today() -> dt.date:
    """Return the as_of that includes what became known today."""
    return today() + dt.timedelta(days=1)


def open_complaint_counts(store: RecordStore, as_of: dt.date | None = None) -> Counts:
    """Return the complaints without a project, and how many of them name exactly one.

    Without ``as_of`` everything known today counts. The second number is None above
    :data:`MOST_COMPARED` complaints.
    """
    from models.linkage.named_projects import count_open, open_complaints

    day = as_of or day_after_today()
    [(rows,)] = store.rows("SELECT count(*) FROM complaints")
    # To count the open ones takes as long as to read them, where there cannot be too many.
    if rows > MOST_COMPARED and (count := count_open(store, day)) > MOST_COMPARED:
        return {"without_project": count, "naming_one_project": None}
    found = open_complaints(store, day)
    return {"without_project": found.count, "naming_one_project": len(found.named)}


def open_complaint_lines(counts: Counts, language: Language) -> list[str]:
    """Return what to say of complaints without a project; nothing if there are none."""
    if not counts["without_project"]:
        return []
    named = counts["naming_one_project"]
    key = "links.open" if named else "links.open_unnamed"
    return [text(key, language, complaints=counts["without_project"], named=named)]
