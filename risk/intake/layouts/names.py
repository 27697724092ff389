"""Projects and firms given by name: their known id, or one made from the name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

from risk.contract import STORED_TABLES
from risk.intake.cells import Row
from risk.intake.credit_code import is_credit_code
from risk.intake.identifiers import canonical_identifier
from risk.intake.name_ids import MARK, is_made, name_id, name_key, preferred_ids
from risk.intake.project_names import CURRENT_PROJECTS
from risk.intake.readers.sheet import CellRange
from risk.intake.several_names import are_several_firms, several_ids

if TYPE_CHECKING:
    from risk.store.store import RecordStore


def _no_keys(table: str) -> frozenset[str]:
    return frozenset()


@dataclass
class Namer:
    """Ids of projects and firms by name.

    A name that one known id has is that one's; any other name has an id made from it.
    ``made_firms`` and ``made_projects`` are the names of made ids. ``keys`` returns the stored
    keys of a table that were made from other fields.
    """

    projects: Mapping[str, str] = field(default_factory=dict)
    firms: Mapping[str, str] = field(default_factory=dict)
    made_firms: dict[str, str] = field(default_factory=dict)
    made_projects: dict[str, str] = field(default_factory=dict)
    keys: Callable[[str], frozenset[str]] = _no_keys

    def project(self, name: str, county: str) -> str:
        """Id of the project called ``name``, or written as its code."""
        return _id(name, county, self.projects, self.made_projects)

    def several_projects(self, text: str) -> tuple[str, ...]:
        """Ids of the known projects that a cell names; empty if it is one name, or unknown."""
        if name_key(text) in self.projects:
            return ()
        return several_ids(text, lambda name: self.projects.get(name_key(name)))

    def are_several_firms(self, text: str) -> bool:
        """Whether a cell names several firms, and is not the name of one."""
        return are_several_firms(text) and name_key(text) not in self.firms

    def firm(self, name: str, county: str) -> str:
        """Id of the firm called ``name``, or written as its code."""
        code = canonical_identifier(name).upper()
        if is_credit_code(code):
            return code
        return _id(name, county, self.firms, self.made_firms)


def known_names(store: RecordStore, *, register: Callable[[], Mapping[str, str]] = dict) -> Namer:
    """Namer that knows the projects and firms of ``store``, and the firms of ``register``."""
    projects = store.rows(
        "SELECT DISTINCT project_name, project_id, left(region_code, 6) FROM projects"
        f" WHERE project_id IN ({CURRENT_PROJECTS})"
    )
    firms = store.rows("SELECT DISTINCT org_name, org_id FROM organizations")
    named = [*firms, *((name, one) for one, name in register().items())]
    coded = _unique((name, one) for name, one in named if not is_made(one))
    keys = cache(partial(_made_keys, store))
    ids = {name_key(one): one for _, one, _ in projects if not is_made(one)}
    codes = {name_key(one): one for _, one in named if not is_made(one)}
    return Namer(ids | _projects(projects), {**codes, **_unique(named), **coded}, keys=keys)


def _made_keys(store: RecordStore, table: str) -> frozenset[str]:
    key = "contract_id" if table == "attendance" else STORED_TABLES[table].key[0]
    found = store.rows(f"SELECT DISTINCT {key} FROM {table} WHERE starts_with({key}, '{MARK}')")
    return frozenset(one for (one,) in found)


def single_county(store: RecordStore) -> str:
    """6-digit code of the only county with projects; empty if there are none or several."""
    rows = store.rows(
        "SELECT DISTINCT left(region_code, 6) FROM projects WHERE length(region_code) >= 6 LIMIT 2"
    )
    return str(rows[0][0]) if len(rows) == 1 else ""


@dataclass(frozen=True)
class FirmsSheet:
    """Sheet of the register of firms with one row per firm."""

    firms: tuple[tuple[str, str], ...]
    name: str = ""
    strict_width: bool = False
    hidden: bool = False
    merges: Sequence[CellRange] = ()
    hidden_rows: Collection[int] = ()

    @property
    def rows_count(self) -> int:
        """Number of firms."""
        return len(self.firms)

    def rows(self) -> Iterator[Row]:
        """Head and one row per firm."""
        organizations = STORED_TABLES["organizations"]
        yield 1, [organizations.field(name).zh for name in ("org_id", "org_name")]
        for number, firm in enumerate(self.firms, start=2):
            yield number, list(firm)


def new_firms(store: RecordStore, namer: Namer) -> FirmsSheet:
    """Firms with an id that ``namer`` made and that ``store`` does not have yet."""
    made = namer.made_firms
    if not made:
        return FirmsSheet(())
    stored = {
        row[0]
        for row in store.rows(
            "SELECT DISTINCT org_id FROM organizations WHERE org_id IN (SELECT unnest(?))",
            [list(made)],
        )
    }
    return FirmsSheet(tuple((one, name) for one, name in made.items() if one not in stored))


def _id(name: str, county: str, known: Mapping[str, str], made: dict[str, str]) -> str:
    if found := known.get(name_key(name)):
        return found
    own = name_id(name, county)
    made.setdefault(own, " ".join(name.split()))
    return own


def _projects(rows: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Ids by normal form of name, where one id has the name, or one code within its county."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, one, county in rows:
        if name:
            found.setdefault(name_key(name), set()).add((one, county))
    ids = {name: preferred_ids(known) for name, known in found.items()}
    return {name: next(iter(one)) for name, one in ids.items() if len(one) == 1}


def _unique(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Ids by normal form of name, where one id has the name."""
    ids: dict[str, set[str]] = {}
    for name, one in pairs:
        if name:
            ids.setdefault(name_key(name), set()).add(one)
    return {name: next(iter(found)) for name, found in ids.items() if len(found) == 1}
