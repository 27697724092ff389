"""What to bring to a visit of a project, and whom to ask for."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

Document = Mapping[str, Any]

_OWNER_FLAGS = frozenset(
    {
        "government_project_prefinanced",
        "labour_cost_overdue",
        "labour_cost_short",
        "labour_cost_cycle_long",
        "labour_share_low",
        "payment_guarantee_missing",
        "transfers_stopped_in_dispute",
        "owner_listed",
    }
)
"""Red flags about duties of the owner."""

_MOST_TEAMS = 3


@dataclass(frozen=True)
class SiteDocument:
    """A document to ask for, the article that names it, and the red flags it is asked for."""

    code: str
    article: str
    flags: frozenset[str]
    always: bool


@dataclass(frozen=True)
class Contact:
    """Whom to ask for: a role, and the unit of that role where the records name one."""

    role: str
    unit: str | None


@cache
def site_documents() -> tuple[SiteDocument, ...]:
    """Return all documents in the order of the file."""
    found = tomllib.loads(files("serving.projects").joinpath("documents.toml").read_text("utf-8"))
    return tuple(
        SiteDocument(code, one["article"], frozenset(one["flags"]), one.get("always", False))
        for code, one in found.items()
    )


def documents_for(flags: Collection[str]) -> list[SiteDocument]:
    """Return the documents to ask for, given the codes of a project's red flags."""
    return [one for one in site_documents() if one.always or one.flags.intersection(flags)]


def contacts_for(facts: Document, teams: Sequence[Document], flags: Iterable[str]) -> list[Contact]:
    """Return whom to ask for: the contractor's labour officer, teams owed wages, and the owner.

    A unit with several teams is named once, and so are all teams without a recorded unit.
    The owner is named where a red flag is about its duties. Records hold units, not persons.
    """
    found = [Contact("labour_officer", facts.get("contractor_name"))]
    units = dict.fromkeys(team["name"] for team in teams)
    found += [Contact("team", unit) for unit in islice(units, _MOST_TEAMS)]
    if _OWNER_FLAGS.intersection(flags):
        found.append(Contact("owner", facts.get("owner_name")))
    return found


def site_state(facts: Document) -> str:
    """Return ``completed``, ``running`` or, without a start, ``unknown``."""
    if facts.get("completed_on"):
        return "completed"
    return "running" if facts.get("started_on") else "unknown"
