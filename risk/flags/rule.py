"""Rules: SQL that lists the records in which a duty is unmet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from risk.unit_kinds import Kind

MONTH = "max(100 * year(period) + month(period))"
"""SQL for the month of a flag as a number, e.g. 202411."""


@dataclass(frozen=True)
class Rule:
    """Detection of one unmet duty.

    ``facts`` is SQL with one row per record: project_id, since, source_table, record_id, known_at,
    weight (higher is stronger evidence) and the columns aggregated by ``measures``. It reads
    ``obliged`` (running projects bound by the duty, with its legal values as columns) and the
    tables of :mod:`risk.flags.snapshot`.

    ``feeds`` are the tables in which missing rows count as a breach. Projects of a county that does
    not send one of these feeds are not in ``obliged``, because what is not reported is unknown.
    ``<feed>_since`` and ``<feed>_until`` in ``obliged`` give the period in which the county
    reported. A flag has the month of ``<feed>_until`` where that is long before as_of.

    ``shown_by`` are the tables whose records show that the duty is met, if not all that ``facts``
    reads.

    ``measures`` maps the names of the flag's values to SQL aggregates over a project's facts;
    ``threshold`` names the legal value the flag is compared with; ``kinds`` are the kinds of unit
    bound by the duty.
    """

    code: str
    facts: str
    measures: Mapping[str, str]
    feeds: tuple[str, ...] = ()
    threshold: str | None = None
    shown_by: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("project",)
