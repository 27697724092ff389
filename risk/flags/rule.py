"""What a rule is: SQL that lists the records in which a duty is seen unmet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from risk.unit_kinds import Kind

MONTH = "max(100 * year(period) + month(period))"
"""The month a flag speaks of, as a number: 202411."""


@dataclass(frozen=True)
class Rule:
    """How one duty is seen unmet.

    ``facts`` yields a row per record: project_id, since, source_table, record_id, known_at, weight
    (more is more telling), and what ``measures`` add up. It reads ``obliged`` (running projects the
    duty binds, with its values of law as columns) and the tables of ``snapshot``.

    ``feeds`` are the tables whose silence the rule reads as a breach. A project whose county sends
    one of them nothing is not obliged: what is not reported is unknown. ``obliged`` says from when
    to when the county has reported, as ``<feed>_since`` and ``<feed>_until``.

    ``measures`` name the flag's values and give the SQL over a project's facts; ``threshold`` is
    the value of law the flag is measured against; ``kinds`` are the units whose duty it is.
    """

    code: str
    facts: str
    measures: Mapping[str, str]
    feeds: tuple[str, ...] = ()
    threshold: str | None = None
    kinds: tuple[Kind, ...] = ("project",)
