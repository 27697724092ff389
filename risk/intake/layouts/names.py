"""Projects and firms given by name: their known id, or one made from the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from risk.intake.layouts.identities import name_id, name_key
from risk.store.store import RecordStore


@dataclass
class Namer:
    """Ids of projects and firms by name.

    A name that one known id has is that one's; any other name has an id made from it.
    ``made_firms`` and ``made_projects`` are the names of made ids.
    """

    projects: Mapping[str, str] = field(default_factory=dict)
    firms: Mapping[str, str] = field(default_factory=dict)
    made_firms: dict[str, str] = field(default_factory=dict)
    made_projects: dict[str, str] = field(default_factory=dict)

    def project(self, name: str, county: str) -> str:
        """Id of the project called ``name``, or written as its code."""
        return _id(name, county, self.projects, self.made_projects)

    def firm(self, name: str, county: str) -> str:
        """Id of the firm called ``name``, or written as its code."""
        return _id(name, county, self.firms, self.made_firms)


def known_names(store: RecordStore) -> Namer:
    """Namer that knows the projects and firms of ``store``."""
    projects = store.rows("SELECT DISTINCT project_name, project_id FROM projects")
    firms = store.rows("SELECT DISTINCT org_name, org_id FROM organizations")
    return Namer(_unique(projects), _unique(firms))


def _id(name: str, county: str, known: Mapping[str, str], made: dict[str, str]) -> str:
    if found := known.get(name_key(name)):
        return found
    own = name_id(name, county)
    made.setdefault(own, " ".join(name.split()))
    return own


def _unique(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Ids by normal form of name, where one id has the name."""
    ids: dict[str, set[str]] = {}
    for name, one in pairs:
        if name:
            ids.setdefault(name_key(name), set()).add(one)
    return {name: next(iter(found)) for name, found in ids.items() if len(found) == 1}
