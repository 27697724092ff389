"""Run the rules over the records as of a date, for all projects at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from risk.errors import WagewatchError
from risk.flags.duckdb_tables import DuckDBTables
from risk.flags.flag import Evidence, RedFlag
from risk.flags.law import Duty, Law, Value, read_law
from risk.flags.rule import Rule
from risk.flags.rules import RULES
from risk.flags.snapshot import BOUND_NAMES, create_snapshot, last_day_known
from risk.store.settled import settled_sql
from risk.store.staged import Staged

if TYPE_CHECKING:
    import duckdb

    from risk.store.store import RecordStore


MUST_VISIT: frozenset[str] = frozenset({"group_complaint_open", "correction_overdue"})
"""Flags that oblige the office to act: a group complaint, which the department first asked must
accept and handle (Art. 10), and an order to correct that is past its deadline. Every other flag is
a ground for a visit, not an obligation. The policy's settings may name another list."""

EVIDENCE_LIMIT = 20
"""Records listed per flag, highest weight first; the flag's values count all records."""


REPORTED_MONTH = "reported_month"
"""Value of a flag that rests on missing rows of a monthly feed: the month in which the county last
reported them, if nothing arrived in the last :data:`STALE_DAYS` days. What happened since is
unknown."""

STALE_DAYS = 45
"""A monthly feed is late after half a month more."""

_MONTHLY = ("payrolls", "payments", "transfers")
"""Feeds that arrive every month; accounts and deposits arrive when there are new ones."""


class FlagUnknown(WagewatchError, ValueError):
    """No rule has this code."""

    code = "flag_unknown"


def require_codes(codes: Collection[str]) -> None:
    """Refuse codes that no rule has.

    Raises:
        FlagUnknown: one of them is unknown.
    """
    known = sorted(rule.code for rule in RULES)
    for code in sorted(codes):
        if code not in known:
            raise FlagUnknown(found=code, allowed=", ".join(known))


def red_flags(
    store: RecordStore,
    as_of: dt.date,
    project_ids: Collection[str] | None = None,
    *,
    must_visit: Collection[str] = MUST_VISIT,
    law: Law | None = None,
    codes: Collection[str] | None = None,
) -> dict[str, tuple[RedFlag, ...]]:
    """Red flags of the running projects by project id, from records known before ``as_of``.

    Projects without a flag are left out; flags are in the order of ``RULES``. ``project_ids``
    restricts the result to these projects, ``codes`` to these flags.

    Raises:
        FlagUnknown: ``must_visit`` or ``codes`` names a code no rule has.
    """
    wanted = [rule.code for rule in RULES] if codes is None else codes
    require_codes({*must_visit, *wanted})
    law = law or read_law()
    with _own_connection(store, as_of) as cursor:
        create_snapshot(DuckDBTables(cursor), as_of, project_ids, law, settled_sql(store, as_of))
        rules = (rule for rule in RULES if store.kind in rule.kinds and rule.code in wanted)
        found = ((_Flags(law, rule, as_of, must_visit), _rows(cursor, rule)) for rule in rules)
        return _by_project((flags, row) for flags, rows in found for row in rows)


def flags_of_rows(
    found: Iterable[tuple[Rule, list[tuple[Any, ...]]]],
    as_of: dt.date,
    *,
    must_visit: Collection[str] = MUST_VISIT,
    law: Law | None = None,
) -> dict[str, tuple[RedFlag, ...]]:
    """The same as :func:`red_flags`, from the rows that :func:`rule_sql` gives on any engine."""
    law = law or read_law()
    of_rules = ((_Flags(law, rule, as_of, must_visit), rows) for rule, rows in found)
    return _by_project((flags, row) for flags, rows in of_rules for row in rows)


class StagedFlags:
    """The red flags of all running projects, found once and read a few projects at a time.

    ``codes`` are those of the flags of each project, in the order of ``RULES``.
    """

    def __init__(
        self,
        store: RecordStore,
        as_of: dt.date,
        must_visit: Collection[str],
        law: Law,
        written: Callable[[Rule], str] | None = None,
    ) -> None:
        """Find the flags of ``as_of``, or read those that ``written`` gives as SQL of their rows.

        Raises:
            FlagUnknown: ``must_visit`` names a code no rule has.
        """
        require_codes(must_visit)
        # A cursor that is not closed: it holds the rows for as long as they are read.
        cursor = store.connection if store.settled_at == as_of else store.cursor()
        tables = DuckDBTables(cursor)
        if written is None:
            create_snapshot(tables, as_of, None, law, settled_sql(store, as_of))
        rows_sql = rule_sql if written is None else written
        rules = [rule for rule in RULES if store.kind in rule.kinds]
        self._flags = [_Flags(law, rule, as_of, must_visit) for rule in rules]
        # One table for all rules: each statement takes a millisecond, however few its rows.
        self._rows = Staged(cursor, _NO_FLAGS)
        for number, rule in enumerate(rules):
            self._rows.insert(_in_one_form(number, rule, rows_sql(rule)))
        tables.drop()  # what is read from here on are the rows of the rules
        flagged = self._rows.rows(_RULES_BY_PROJECT)
        self.codes: Mapping[str, tuple[str, ...]] = {
            project_id: tuple(rules[number].code for number in numbers)
            for project_id, numbers in flagged
        }

    def of(self, project_ids: Sequence[str]) -> dict[str, tuple[RedFlag, ...]]:
        """The red flags of ``project_ids``; those without a flag are left out."""
        rows = self._rows.of(project_ids)
        return _by_project(
            (self._flags[number], (project_id, *found, *measured))
            for project_id, number, *found, measured in rows
        )


_NO_FLAGS = """
SELECT '' AS project_id, 0 AS rule, '' AS law_region, DATE '2000-01-01' AS since,
       CAST([] AS STRUCT(place BIGINT, "table" VARCHAR, record_id VARCHAR, known_at DATE)[])
         AS evidence,
       CAST([] AS DOUBLE[]) AS measured
LIMIT 0
"""

_RULES_BY_PROJECT = """
SELECT project_id, array_agg(rule ORDER BY rule) FROM $staged GROUP BY project_id
"""


def _in_one_form(number: int, rule: Rule, sql: str) -> str:
    """SQL of the rows of a rule in the columns that all rules have.

    Its values become doubles, which are exact for the amounts and counts of flags: below 2^53.
    """
    measured = ", ".join(f'CAST("{name}" AS DOUBLE)' for name in _names(rule))
    return (
        f"SELECT project_id, {number}, law_region, since, evidence,"
        f" CAST([{measured}] AS DOUBLE[]) FROM ({sql}) found ORDER BY project_id"
    )


def _by_project(
    found: Iterable[tuple[_Flags, tuple[Any, ...]]],
) -> dict[str, tuple[RedFlag, ...]]:
    """Flags by project, from rows of :func:`rule_sql`; those of a project in the order given."""
    by_project: dict[str, list[RedFlag]] = {}
    for flags, row in found:
        by_project.setdefault(row[0], []).append(flags.flag(row))
    return {project_id: tuple(by_project[project_id]) for project_id in sorted(by_project)}


@contextmanager
def _own_connection(store: RecordStore, as_of: dt.date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose temporary tables no other reader of the store sees."""
    if store.settled_at == as_of:
        yield store.connection
        return
    with store.cursor() as cursor:
        yield cursor


class _Threshold:
    """Legal threshold of one rule, by region."""

    def __init__(self, law: Law, rule: Rule, as_of: dt.date) -> None:
        self.law, self.rule, self.day = law, rule, last_day_known(as_of)
        self.known: dict[str, Value | None] = {}

    def of(self, region: str) -> Value | None:
        if self.rule.threshold is None:
            return None
        if region not in self.known:
            self.known[region] = self.law.value(
                self.rule.code, self.rule.threshold, self.day, region
            )
        return self.known[region]


def _rows(cursor: duckdb.DuckDBPyConnection, rule: Rule) -> list[tuple[Any, ...]]:
    return cursor.execute(_ordered(rule_sql(rule))).fetchall()


def _ordered(sql: str) -> str:
    return f"SELECT * FROM ({sql}) found ORDER BY project_id"


class _Flags:
    """Flags of one rule from its rows."""

    def __init__(self, law: Law, rule: Rule, as_of: dt.date, must_visit: Collection[str]) -> None:
        self.rule, self.threshold = rule, _Threshold(law, rule, as_of)
        self.duties: Mapping[str, Duty] = {duty.code: duty for duty in law.duties}
        self.must_visit = rule.code in must_visit

    def flag(self, row: tuple[Any, ...]) -> RedFlag:
        """The flag of a row of :func:`rule_sql`."""
        project_id, region, since, evidence, *measured = row
        value, duty = self.threshold.of(region), self.duties[self.rule.code]
        return RedFlag(
            code=self.rule.code,
            article=duty.article,
            project_id=project_id,
            since=since,
            values=_values(_names(self.rule), measured),
            threshold=value.number if value else None,
            basis=duty.basis or (value.instrument if value else None),
            evidence=tuple(
                Evidence(item["table"], item["record_id"], item["known_at"]) for item in evidence
            ),
            must_visit=self.must_visit,
        )


def _names(rule: Rule) -> list[str]:
    """Names of the values of a flag of ``rule``, in the order of its rows."""
    return [*rule.measures, *([REPORTED_MONTH] if _monthly_feeds(rule) else [])]


def _values(names: Sequence[str], measured: list[Any]) -> dict[str, int | float]:
    return {
        name: float(value) if name.endswith("_share") else int(value)
        for name, value in zip(names, measured, strict=True)
        if value is not None
    }


def rule_sql(rule: Rule) -> str:
    """Complete SQL of ``rule``, which DuckDB and Spark share; its rows are in no order."""
    measured = "".join(f", {sql} AS {name}" for name, sql in rule.measures.items())
    names = "".join(f", f.{name}" for name in rule.measures)
    return f"""
    WITH obliged AS ({_obliged(rule)}),
    facts AS ({rule.facts}),
    placed AS (
      SELECT *, row_number() OVER (
                  PARTITION BY project_id ORDER BY weight DESC, source_table, record_id) AS place
      FROM facts
    ),
    found AS (
      SELECT project_id, min(since) AS since,
             array_sort(array_agg(evidence_item(place, source_table, record_id, known_at))
                        FILTER (WHERE place <= {EVIDENCE_LIMIT})) AS evidence
             {measured}
      FROM placed
      GROUP BY project_id
    )
    SELECT f.project_id, r.law_region, f.since, f.evidence{names}{_reported(rule)}
    FROM found f JOIN running r USING (project_id){_joins(rule)}
    """


def _obliged(rule: Rule) -> str:
    """SQL for the running projects bound by the duty, with its values and the span of its feeds."""
    feeds = "".join(
        f", {feed}.since AS {feed}_since, {feed}.until AS {feed}_until" for feed in rule.feeds
    )
    values = ", ".join(f"b.{name}" for name in BOUND_NAMES)
    return (
        f"SELECT r.*, {values}{feeds} FROM running r"
        f" JOIN bound b ON b.code = '{rule.code}' AND b.law_region = r.law_region{_joins(rule)}"
    )


def _joins(rule: Rule) -> str:
    """SQL that joins the feeds of the county of ``r``."""
    return "".join(
        f" JOIN feeds {feed} ON {feed}.feed = '{feed}' AND {feed}.county = r.county"
        for feed in rule.feeds
    )


def _monthly_feeds(rule: Rule) -> list[str]:
    return [feed for feed in rule.feeds if feed in _MONTHLY]


def _reported(rule: Rule) -> str:
    """SQL of :data:`REPORTED_MONTH`, for rules with monthly feeds."""
    feeds = _monthly_feeds(rule)
    if not feeds:
        return ""
    untils = [f"{feed}.until" for feed in feeds]
    # Spark's least() takes no single value.
    until = untils[0] if len(untils) == 1 else f"least({', '.join(untils)})"
    return (
        f", CASE WHEN {until} < r.as_of - {STALE_DAYS}"
        f" THEN 100 * year({until}) + month({until}) END AS {REPORTED_MONTH}"
    )
