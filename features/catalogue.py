"""What a feature is: its catalogue entry, and the family that computes it.

A family is one file under ``features/families``: the entries of its features and its computation
as SQL in named steps. The steps are written in the part of SQL that DuckDB and Spark share. They
may read

- ``as_ofs`` (as_of): the dates asked for;
- ``cohort`` (as_of, project_id and the project's own fields as known then);
- ``known_<table>`` for any table of the contract: its rows as of each date (as_of, fields,
  known_at), one row per key;
- the shared steps of ``features.common_steps``;
- ``days_between(earlier, later)`` and ``months_later(day, n)``, which every engine defines.

The last step yields one row per (as_of, project_id) of the cohort with a column per feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Direction = Literal[1, 0, -1]
"""1: more means more risk; -1: more means less; 0: not sure, the model may decide."""

Unit = Literal[
    "share", "ratio", "count", "days", "months", "yuan", "yes/no", "level", "per 100 workers"
]


@dataclass(frozen=True)
class Feature:
    """One catalogue entry.

    ``window`` says which stretch before as_of is looked at; ``source`` which tables it needs;
    ``unknown_en``/``unknown_zh`` what an empty value means; ``article`` the article of the
    Regulation the value speaks to, where one applies.
    """

    name: str
    unit: Unit
    window: str
    source: tuple[str, ...]
    direction: Direction
    zh: str
    en: str
    unknown_zh: str
    unknown_en: str
    article: str | None = None


@dataclass(frozen=True)
class Step:
    """A named SQL query; later steps read it by its name.

    An ``inlined`` step is as large as the records themselves: engines read it in place and never
    keep it, so what reads it should ask for little of it.
    """

    name: str
    sql: str
    inlined: bool = False


@dataclass(frozen=True)
class Evidence:
    """SQL that lists the records behind a family's reason.

    Yields (as_of, project_id, source_table, record_id, known_at, weight), most telling heaviest.
    """

    sql: str


@dataclass(frozen=True)
class Family:
    """A signal family: features that speak of one thing, and the steps that compute them."""

    name: str
    zh: str
    en: str
    features: tuple[Feature, ...]
    steps: tuple[Step, ...]
    evidence: Evidence | None = None

    @property
    def by_name(self) -> Mapping[str, Feature]:
        """The family's features by name."""
        return {feature.name: feature for feature in self.features}
