"""Owners of keys: a sender limited to a region writes no record of another region.

Two districts may number their cases alike, so the ids of records that a regional sender makes are
stored in the sender's namespace: ``990102/2025-001``. An id names the office's own record if that
record is in the sender's region. Where the office lets a region use its numbering
(``ingest.shared_ids``), ids stay as sent, and a row that would change a record of another region
is quarantined. Codes of projects and credit codes of organizations are the same for everyone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from risk.contract import Table
from risk.intake.row_errors import problem
from risk.intake.row_parser import BadRow
from risk.store.record_places import key_places
from risk.store.store import RecordStore

SEPARATOR = "/"
"""Between the namespace, a region code, and the id as sent."""

_REFERENCES: Mapping[str, str] = {
    "project_id": "projects",
    "contract_id": "contracts",
    "parent_contract_id": "contracts",
    "payroll_id": "payrolls",
    "complaint_id": "complaints",
}
"""Tables that fields point to, besides the key of their own table."""

_COMMON = frozenset({"projects", "organizations"})
"""Tables whose keys are public codes, which have no namespace."""

_MOST_AT_ONCE = 10_000


@dataclass(frozen=True)
class Sender:
    """Region a sender is limited to; ``namespace`` is empty if ids stay as sent."""

    region: str
    namespace: str


@dataclass(frozen=True)
class OwnedRows:
    """Rows to import with the ids they are stored under, and rows that are refused."""

    rows: list[list[str]]
    refused: list[BadRow]


def assign_owners(
    store: RecordStore,
    table: Table,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    sender: Sender,
) -> OwnedRows:
    """Return ``rows`` with the ids they are stored under; ``header`` are names of fields.

    A row is refused if it would change, or points to, a record of another region.
    """
    owned = [list(row) for row in rows]
    refused: dict[int, str] = {}
    for name, target in _id_columns(table, header).items():
        index = header.index(name)
        sent = {row[index] for row in owned if row[index]}
        ids = _stored_ids(store, target, sent, sender, points=target != table.name)
        for number, row in enumerate(owned):
            if not row[index]:
                continue
            stored = ids[row[index]]
            if stored is None:
                refused.setdefault(number, name)
            else:
                row[index] = stored
    return OwnedRows(
        [row for number, row in enumerate(owned) if number not in refused],
        [
            _refused(table, header, number, rows[number], column)
            for number, column in sorted(refused.items())
        ],
    )


def _id_columns(table: Table, header: Sequence[str]) -> dict[str, str]:
    """Columns of ``header`` that are keys of a table, with the name of that table."""
    columns = {name: target for name, target in _REFERENCES.items() if name in header}
    if len(table.key) == 1 and table.key[0] in header:
        columns[table.key[0]] = table.name
    return columns


def _stored_ids(
    store: RecordStore, target: str, ids: set[str], sender: Sender, *, points: bool
) -> dict[str, str | None]:
    """Ids under which ``ids`` of the table ``target`` are stored; None if another region's.

    ``points``: the records are referred to and not written.
    """
    if target in _COMMON or not sender.namespace:
        places = _places(store, target, ids)
        free = {None} if points else set()
        return {
            one: one if _may_write(places, one, sender) or places[one] in free else None
            for one in ids
        }
    prefix = f"{sender.namespace}{SEPARATOR}"
    named = {one: one if one.startswith(prefix) else prefix + one for one in ids}
    places = _places(store, target, {*ids, *named.values()})

    def is_of_office(one: str) -> bool:
        # Anyone may point to a record of unknown place, such as a complaint without a project.
        inside = _is_inside(places.get(one), sender) or (points and places.get(one, "") is None)
        return named[one] not in places and inside

    return {one: one if is_of_office(one) else named[one] for one in ids}


def _places(store: RecordStore, target: str, ids: set[str]) -> dict[str, str | None]:
    ordered, places = sorted(ids), {}
    for start in range(0, len(ordered), _MOST_AT_ONCE):
        places.update(key_places(store, target, ordered[start : start + _MOST_AT_ONCE]))
    return places


def _may_write(places: Mapping[str, str | None], one: str, sender: Sender) -> bool:
    """Whether there is no record ``one`` yet, or it is in the region of the sender.

    A record of unknown place (a complaint without a project) is the office's.
    """
    return one not in places or _is_inside(places[one], sender)


def _is_inside(place: str | None, sender: Sender) -> bool:
    return place is not None and place.startswith(sender.region)


def _refused(
    table: Table, header: Sequence[str], number: int, row: Sequence[str], column: str
) -> BadRow:
    cells = dict(zip(header, row, strict=True))
    found = problem(table.field(column), "other_region", cells[column])
    return BadRow(number + 1, cells, (), (found,))
