"""The feature catalogue: features, and the signal families that compute them.

A family is one file in ``features/families``: the entries of its features and their computation as
named SQL steps. The steps use only SQL that DuckDB and Spark share. They may read

- ``as_ofs`` (as_of): the requested dates;
- ``cohort`` (as_of, project_id and the project's own fields as known then);
- ``known_<table>`` for any table of the contract: its rows as of each date (as_of, fields,
  known_at), one row per key;
- the shared steps of ``features.common_steps``;
- ``days_between(earlier, later)`` and ``months_later(day, n)``, which every engine defines.

The last step yields one row per (as_of, project_id) of the cohort with a column per feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Direction = Literal[1, 0, -1]
"""1: more means more risk; -1: more means less risk; 0: undecided, the model may decide."""

Unit = Literal[
    "share", "ratio", "count", "days", "months", "yuan", "yes/no", "level", "per 100 workers"
]


@dataclass(frozen=True)
class Duty:
    """A duty under the Regulation: its ``code`` in the locale catalogues, and its article."""

    code: str
    article: str


@dataclass(frozen=True)
class Points:
    """A line of the expert scorecard.

    It gives ``points`` where the value is at or above ``at_least``, or at or below ``at_most``;
    ``source`` names the article or published rule it rests on.
    """

    points: float
    source: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Evidence:
    """SQL that lists the records behind a statement.

    Its columns are as_of, project_id, source_table, record_id, known_at and weight; records of
    larger weight are shown first.
    """

    sql: str


@dataclass(frozen=True)
class Statement:
    """The sentence in which a feature is given as a reason, with ``{value}`` in its unit.

    It states a fact of the records that can be argued before the contractor. It is given only for
    values ``at_least`` or ``at_most`` a bound, so that trifles are not; ``evidence`` lists the
    records that show it.
    """

    zh: str
    en: str
    evidence: Evidence
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class EmployerUse:
    """A project feature that is also computed for employers outside construction.

    ``zh`` and ``en`` replace its description, ``unknown_zh`` and ``unknown_en`` the meaning of an
    empty value, ``formula_zh`` and ``formula_en`` the formula, where they are given. It has no
    statements but its own, because those of projects name the contractor.
    """

    zh: str = ""
    en: str = ""
    unknown_zh: str = ""
    unknown_en: str = ""
    formula_zh: str = ""
    formula_en: str = ""
    scorecard: tuple[Points, ...] = ()
    raises: Statement | None = None
    lowers: Statement | None = None


@dataclass(frozen=True)
class Feature:
    """One catalogue entry.

    ``window`` is the period before as_of it covers; ``source`` the tables it needs;
    ``unknown_zh``/``unknown_en`` the meaning of an empty value; ``formula_zh``/``formula_en`` how
    it is computed where the description leaves that open; ``article`` the article of the Regulation
    it is about, if any. ``compliant_value`` is its value with ``duty`` met, for the
    counterfactuals. Without ``employers`` it is not computed for employers. ``raises`` and
    ``lowers`` are the sentences in which it is a reason for more or less risk; without one it may
    move the score but is never given as a reason.
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
    formula_zh: str = ""
    formula_en: str = ""
    article: str | None = None
    duty: Duty | None = None
    compliant_value: float | None = None
    scorecard: tuple[Points, ...] = ()
    employers: EmployerUse | None = None
    raises: Statement | None = None
    lowers: Statement | None = None


@dataclass(frozen=True)
class Step:
    """A named SQL query; later steps read it by its name.

    An ``inlined`` step is as large as the records themselves: engines make it a view instead of a
    table, so the steps that read it should select few of its rows.
    """

    name: str
    sql: str
    inlined: bool = False


@dataclass(frozen=True)
class Family:
    """A signal family: features of one subject, and the steps that compute them.

    ``employer_zh`` and ``employer_en`` replace its name for employers where they are given.
    """

    name: str
    zh: str
    en: str
    features: tuple[Feature, ...]
    steps: tuple[Step, ...]
    employer_zh: str = ""
    employer_en: str = ""

    def for_employers(self) -> Family:
        """The family with only the features computed for employers, described for them.

        An employer is its own project, so ``projects`` becomes ``organizations`` in the sources.
        """
        features = tuple(
            replace(
                feature,
                zh=feature.employers.zh or feature.zh,
                en=feature.employers.en or feature.en,
                unknown_zh=feature.employers.unknown_zh or feature.unknown_zh,
                unknown_en=feature.employers.unknown_en or feature.unknown_en,
                formula_zh=feature.employers.formula_zh or feature.formula_zh,
                formula_en=feature.employers.formula_en or feature.formula_en,
                source=_sources_of_employers(feature.source),
                scorecard=feature.employers.scorecard,
                raises=feature.employers.raises,
                lowers=feature.employers.lowers,
            )
            for feature in self.features
            if feature.employers is not None
        )
        return replace(
            self,
            zh=self.employer_zh or self.zh,
            en=self.employer_en or self.en,
            features=features,
        )

    @property
    def by_name(self) -> Mapping[str, Feature]:
        """The family's features by name."""
        return {feature.name: feature for feature in self.features}


def evidence_of(families: Iterable[Family]) -> tuple[Evidence, ...]:
    """The evidence of all statements of ``families``, each once, in catalogue order."""
    features = (feature for family in families for feature in family.features)
    return tuple(
        dict.fromkeys(
            statement.evidence
            for feature in features
            for statement in (feature.raises, feature.lowers)
            if statement is not None
        )
    )


def _sources_of_employers(tables: Sequence[str]) -> tuple[str, ...]:
    names = ("organizations" if table == "projects" else table for table in tables)
    return tuple(dict.fromkeys(names))
