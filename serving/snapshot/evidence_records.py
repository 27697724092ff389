"""Records cited by reasons and red flags, as known before a date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from risk.contract import KNOWN_AT, TABLES, Table
from risk.store.store import RecordStore
from serving.snapshot.as_of_query import to_json_value
from serving.watchlists.document import Assessment, EvidenceRef, SealedFlag, SealedReason

_AT_ONCE = 50_000


def evidence_keys(assessment: Assessment) -> set[tuple[str, str]]:
    """Return (table, record_id) of every record that reasons and red flags of a project cite."""
    statements: tuple[SealedReason | SealedFlag, ...] = (*assessment.reasons, *assessment.red_flags)
    return {_key(ref) for one in statements for ref in one.evidence}


def load_evidence_records(
    store: RecordStore, as_of: dt.date, refs: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], Mapping[str, object]]:
    """Return the records of ``refs`` known before ``as_of``."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for table, record_id in sorted(set(refs)):
        wanted[table].append(record_id)
    found = {}
    for name, ids in wanted.items():
        for start in range(0, len(ids), _AT_ONCE):
            for record_id, row in _rows(store, TABLES[name], as_of, ids[start : start + _AT_ONCE]):
                found[name, record_id] = row
    return found


def _rows(
    store: RecordStore, table: Table, as_of: dt.date, ids: list[str]
) -> list[tuple[str, dict[str, object]]]:
    fields = [*table.fields, KNOWN_AT]
    named = _RECORD_IDS.get(table.name) or table.key[0]
    names = ", ".join(field.name for field in fields)
    sql = (
        f"SELECT wanted, {names} FROM {table.name}_versions"
        f" JOIN (SELECT unnest($2) AS wanted) ON wanted = {named}"
        " WHERE known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
    )
    return [
        (
            row[0],
            {
                f.name: to_json_value(v)
                for f, v in zip(fields, row[1:], strict=True)
                if v is not None
            },
        )
        for row in store.rows(sql, [as_of, ids])
    ]


_MONTH = "strftime(period, '%Y-%m')"
_RECORD_IDS = {
    "attendance": f"project_id || '/' || coalesce(contract_id, '') || '/' || {_MONTH}",
    "operations": f"org_id || '/' || indicator || '/' || {_MONTH}",
}
"""These tables have composite keys; reasons cite their records by a derived id."""


def _key(ref: EvidenceRef) -> tuple[str, str]:
    return ref.table, ref.record_id
