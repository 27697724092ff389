"""Batches of a wage sheet that are stored as one payroll already.

Batches had no payrolls of their own before version 0.2, which added them up. The same file imported
again would count a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from risk.intake.worker_sheets.rows import TeamMonth, stored_due
from risk.store.store import RecordStore


def counted_batches(
    store: RecordStore, dues: Mapping[TeamMonth, int | None]
) -> Iterator[tuple[TeamMonth, tuple[TeamMonth, ...]]]:
    """Payrolls without a batch that have the sum of those in ``dues``, with these; no new ones."""
    parts: dict[TeamMonth, list[TeamMonth]] = defaultdict(list)
    for key in dues:
        parts[key._replace(batch="")].append(key)
    for whole, keys in parts.items():
        batches = [key for key in keys if key.batch]
        amounts = [due for key in keys if (due := dues[key]) is not None]
        if not batches or len(amounts) < len(keys):
            continue
        stored = any(stored_due(store, key.payroll_id) is not None for key in batches)
        if not stored and stored_due(store, whole.payroll_id) == sum(amounts):
            yield whole, tuple(keys)
