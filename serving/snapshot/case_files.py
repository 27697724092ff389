"""Case files: what a list holds of projects it does not score but whose matters are followed.

A project with a confirmed case that is not closed is no longer at risk, and one completed long ago
is not watched. Their cases are open all the same, and elements, notices and pages need them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serving.snapshot.as_of_query import Row
from serving.watchlists.document import Document, Header, TimelineItem
from serving.watchlists.sealed_flags import seal_flag

if TYPE_CHECKING:
    from risk.flags import RedFlag


@dataclass(frozen=True)
class Followed:
    """A project with matters that no list scores."""

    project_id: str
    project_name: str | None
    region_code: str
    contractor_name: str | None
    matters: tuple[str, ...]


def unscored_projects(
    matters: Iterable[Row],
    scored: Iterable[str],
    facts_of: Callable[[Sequence[str]], Mapping[str, Row]],
) -> list[Followed]:
    """Return the projects of ``matters`` that are not ``scored``, by project_id."""
    known, keys = set(scored), dict[str, list[Row]]()
    for row in matters:
        if row["project_id"] and row["project_id"] not in known:
            keys.setdefault(str(row["project_id"]), []).append(row)
    facts = facts_of(sorted(keys))
    return [_followed(key, keys[key], facts.get(key, {})) for key in sorted(keys)]


def case_files(
    header: Header,
    projects: Sequence[Followed],
    stories: Mapping[str, tuple[TimelineItem, ...]],
    flags: Mapping[str, Sequence[RedFlag]],
) -> dict[str, Document]:
    """Return a document per project, shaped like a sealed risk as far as it goes.

    It has the red flags (``flags``) and events of the project as known before the list's as_of, and
    no score.
    """
    return {
        one.project_id: {
            "project_id": one.project_id,
            "project_name": one.project_name or one.project_id,
            "contractor_name": one.contractor_name,
            "region_code": one.region_code,
            "as_of": header.as_of.isoformat(),
            "region": header.region,
            "scored": False,
            "matters": list(one.matters),
            "missing_feeds": list(header.missing_feeds),
            "red_flags": _sealed(flags.get(one.project_id, ())),
            "timeline": [item.to_document() for item in stories.get(one.project_id, ())],
        }
        for one in projects
    }


def _followed(project_id: str, rows: Sequence[Row], facts: Row) -> Followed:
    place = facts.get("region_code") or next((r["region_code"] for r in rows), None)
    return Followed(
        project_id=project_id,
        project_name=facts.get("project_name"),
        region_code=place or "",
        contractor_name=facts.get("contractor_name"),
        matters=tuple(sorted({str(row["key"]).replace("revisit:", "case:") for row in rows})),
    )


def _sealed(flags: Sequence[RedFlag]) -> list[Document]:
    from risk.flags import by_grade

    return [seal_flag(flag).to_document() for flag in by_grade(flags)]
