"""Kinds of unit (construction projects, other employers) and the SQL views of each kind.

Employers outside construction (a rented factory, a workshop, a tea plantation) are queried through
the same tables as projects, redefined as views: ``projects`` holds the organisations of kind
``employer`` with the credit code as key, and cases, inspections and complaints belong to the
employer they name. Tables that only sites have, from contracts to payrolls, are empty;
organisations, operations and listings are unchanged.

A record appears in these views on the day both it and its employer are known, so records that
arrive later never change an earlier date.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from risk.contract import KNOWN_AT, STORED_TABLES
from risk.effective_rows import effective_rows_sql

Kind = Literal["project", "employer"]
KINDS: tuple[Kind, ...] = ("project", "employer")

EMPLOYERS_SCHEMA = "employers"

_FIRST_KNOWN = """
  SELECT org_id, min(known_at) AS first_known FROM {prefix}organizations
  WHERE org_kind = 'employer' GROUP BY org_id
"""
_REGISTERED = "substr({org}, 3, 6)"
"""Digits 3 to 8 of a credit code (GB 32100-2015) are the region of registration."""

_PROJECT_OF_ORG = f"""
  o.org_id AS project_id, o.org_name AS project_name,
  coalesce(o.region_code, {_REGISTERED.format(org="o.org_id")}) AS region_code,
  CAST(NULL AS STRING) AS sector, CAST(NULL AS STRING) AS funding,
  CAST(NULL AS STRING) AS owner_id, o.org_id AS contractor_id,
  CAST(NULL AS BIGINT) AS contract_amount, CAST(NULL AS DOUBLE) AS labour_cost_share,
  coalesce(o.founded_on, o.known_at - 1) AS started_on, CAST(NULL AS DATE) AS planned_end_on,
  CAST(NULL AS DATE) AS completed_on, CAST(NULL AS BOOLEAN) AS advance_funded,
  CAST(NULL AS STRING) AS settlement, CAST(NULL AS BOOLEAN) AS notice_board,
  CAST(NULL AS DOUBLE) AS latitude, CAST(NULL AS DOUBLE) AS longitude,
  CAST(NULL AS DATE) AS permit_on, CAST(NULL AS BOOLEAN) AS payment_guarantee
"""


def _columns(table: str, alias: str, instead: Mapping[str, str], *more: str) -> str:
    """Select list of the stored columns of ``table`` and ``more``; ``instead`` replaces some."""
    names = [field.name for field in STORED_TABLES[table].fields]
    return ", ".join(
        f"{instead[name]} AS {name}" if name in instead else f"{alias}.{name} AS {name}"
        for name in (*names, KNOWN_AT.name, "arrival", "dated_by", "withdrawn", *more)
    )


def _entered(table: str, alias: str, key: str, **instead: str) -> str:
    """Columns of a record known as soon as both it and its employer are known.

    Several versions may then share a day; renumbered arrivals preserve their order.
    """
    order = f"PARTITION BY {alias}.{key} ORDER BY {alias}.known_at, {alias}.arrival"
    entered = {
        "known_at": f"greatest({alias}.known_at, f.first_known)",
        "arrival": f"row_number() OVER ({order})",
    }
    return _columns(table, alias, {**entered, **instead})


_LINKED_EMPLOYER = _columns(
    "complaints",
    "c",
    {"project_id": "CASE WHEN c.project_id IS NULL THEN c.linked_org_id END"},
    *("linked_org_id", "linked", "superseded_at"),
)

_SELECTS: Mapping[str, str] = {
    "projects": f"""
      SELECT {_PROJECT_OF_ORG}, o.known_at, o.arrival, o.dated_by, o.withdrawn
      FROM {{prefix}}organizations o WHERE o.org_kind = 'employer'
    """,
    "projects_versions": f"""
      SELECT {_PROJECT_OF_ORG}, o.known_at, o.arrival, o.dated_by, o.withdrawn,
        o.superseded_at
      FROM {{prefix}}organizations_versions o WHERE o.org_kind = 'employer'
    """,
    "cases": f"""
      SELECT {_entered("cases", "c", "case_id", project_id="c.org_id")}
      FROM ({effective_rows_sql(STORED_TABLES["cases"], "{prefix}cases")}) c
      JOIN ({_FIRST_KNOWN}) f ON f.org_id = c.org_id
      WHERE c.project_id IS NULL
    """,
    "inspections": f"""
      SELECT {_entered("inspections", "i", "inspection_id")}
      FROM ({effective_rows_sql(STORED_TABLES["inspections"], "{prefix}inspections")}) i
      JOIN ({_FIRST_KNOWN}) f ON f.org_id = i.project_id
    """,
    "complaints": "SELECT * FROM {prefix}complaints",
    **{
        name: f"SELECT * FROM {{prefix}}{name} WHERE false"
        for name in (
            *("contracts", "payrolls", "payments", "accounts", "transfers", "deposits"),
            *("attendance", "disputes"),
        )
    },
    "complaints_versions": f"""
      SELECT {_LINKED_EMPLOYER}
      FROM {{prefix}}complaints_versions c
    """,
}


def base_views(kind: Kind, prefix: str) -> Mapping[str, str]:
    """SQL of the tables and views that ``kind`` redefines; ``prefix`` precedes stored names.

    The versions of a table without a ``_versions`` entry are derived from its rows.
    """
    if kind == "project":
        return {}
    return {name: sql.format(prefix=prefix) for name, sql in _SELECTS.items()}
