"""Records cited by reasons and red flags, as known before a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from risk.contract import KNOWN_AT, TABLES, Table
from risk.store.staged import InBatches, Staged
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import to_json_value
from serving.watchlists.document import (
    Assessment,
    EvidenceRef,
    ProjectRisk,
    SealedFlag,
    SealedReason,
)

_AT_ONCE = 50_000


def evidence_keys(assessment: Assessment) -> set[tuple[str, str]]:
    """Return (table, record_id) of every record that reasons and red flags of a project cite."""
    statements: tuple[SealedReason | SealedFlag, ...] = (*assessment.reasons, *assessment.red_flags)
    return {_key(ref) for one in statements for ref in one.evidence}


class CitedRecords:
    """The records that projects cite, read for a few projects at a time.

    Citations are collected while the risks are sealed, so that every table is read once.
    """

    def __init__(self, store: RecordStore, as_of: dt.date) -> None:
        self._store, self._as_of = store, as_of
        self._citations = Staged(store.connection, _NO_CITATIONS)
        self._waiting: list[tuple[str, str, str]] = []

    def add(self, risk: ProjectRisk) -> None:
        """Add what the reasons and red flags of a project cite."""
        key = risk.assessment.project_id
        self._waiting += [(key, *ref) for ref in evidence_keys(risk.assessment)]
        if len(self._waiting) >= _AT_ONCE:
            self._flush()

    def load(self, projects: Iterable[str]) -> Mapping[str, CitedBy]:
        """Return the records that each of ``projects`` cites, known before the date."""
        self._flush()
        cited = self._citations.rows("SELECT DISTINCT source FROM $staged ORDER BY source")
        tables = [TABLES[name] for (name,) in cited]
        staged = [(table, self._stage(table)) for table in tables]

        def read(project_ids: Sequence[str]) -> dict[str, CitedBy]:
            found: dict[str, CitedBy] = {}
            for table, records in staged:
                fields = [*table.fields, KNOWN_AT]
                for project_id, record_id, *values in records.of(project_ids):
                    row = {
                        field.name: to_json_value(value)
                        for field, value in zip(fields, values, strict=True)
                        if value is not None
                    }
                    found.setdefault(project_id, {})[table.name, record_id] = row
            return found

        return InBatches(projects, read)

    def _stage(self, table: Table) -> Staged:
        fields = [*table.fields, KNOWN_AT]
        named = _RECORD_IDS.get(table.name) or table.key[0]
        # A record may belong to another project than the one that cites it.
        names = ", ".join(f"{field.name} AS own_{field.name}" for field in fields)
        return Staged(
            self._store.connection,
            f"SELECT citing AS project_id, wanted, {names} FROM {table.name}_versions"
            " JOIN (SELECT project_id AS citing, record_id AS wanted"
            f"  FROM {self._citations.table} WHERE source = $2) ON wanted = {named}"
            " WHERE known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
            " ORDER BY citing",
            [self._as_of, table.name],
        )

    def _flush(self) -> None:
        if self._waiting:
            self._citations.add_rows(self._waiting)
            self._waiting = []


CitedBy = dict[tuple[str, str], Mapping[str, object]]
"""Records by table and id."""

_NO_CITATIONS = "SELECT '' AS project_id, '' AS source, '' AS record_id LIMIT 0"

_MONTH = "strftime(period, '%Y-%m')"
_RECORD_IDS = {
    "attendance": f"project_id || '/' || coalesce(contract_id, '') || '/' || {_MONTH}",
    "operations": f"org_id || '/' || indicator || '/' || {_MONTH}",
}
"""These tables have composite keys; reasons cite their records by a derived id."""


def _key(ref: EvidenceRef) -> tuple[str, str]:
    return ref.table, ref.record_id
