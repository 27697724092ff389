"""Group complaints, orders to correct, notice boards (Arts. 10, 16, 34)."""

from risk.flags.rule import Rule
from risk.unit_kinds import KINDS

_GROUP_COMPLAINT_OPEN = Rule(
    code="group_complaint_open",
    feeds=("cases",),
    threshold="filing_days",
    shown_by=("complaints", "cases"),
    kinds=KINDS,
    # Only the complaint's own case ends it (closed, unfounded or transferred to the police), or
    # guidance to another way, such as arbitration. In a county that never records which complaint
    # a case is of, any later case of the project may be its own. Approved extensions are not in the
    # records; the text names them.
    facts="""
    WITH groups AS (
      SELECT o.project_id, o.as_of, o.county, o.filing_days, o.handling_days, o.extension_days,
             c.complaint_id, c.received_on, c.workers, c.known_at
      FROM obliged o
      JOIN known_complaints c USING (project_id)
      WHERE c.workers >= o.people AND c.received_on >= o.in_force_from
        AND (c.guided_on IS NULL OR c.guided_on >= o.as_of)
    ), linking AS (
      SELECT DISTINCT left(p.region_code, 6) AS county
      FROM known_cases k JOIN known_projects p USING (project_id)
      WHERE k.complaint_id IS NOT NULL
    ), related AS (
      SELECT g.complaint_id, k.opened_on, k.status
      FROM groups g
      JOIN known_cases k ON k.complaint_id = g.complaint_id
      WHERE k.opened_on < g.as_of
      UNION ALL
      SELECT g.complaint_id, k.opened_on, k.status
      FROM groups g
      JOIN known_cases k ON k.project_id = g.project_id AND k.opened_on >= g.received_on
      WHERE k.opened_on < g.as_of
        AND NOT EXISTS (SELECT 1 FROM linking l WHERE l.county = g.county)
    ), own AS (
      SELECT complaint_id, max(opened_on) AS opened_on,
             bool_and(status IN ('closed', 'unfounded', 'transferred')) AS is_handled
      FROM related
      GROUP BY complaint_id
    ), timed AS (
      SELECT g.*, own.opened_on,
             CASE WHEN own.opened_on IS NULL THEN working_days_after(g.received_on, g.filing_days)
                  ELSE working_days_after(own.opened_on, g.handling_days) END AS due_by
      FROM groups g
      LEFT JOIN own USING (complaint_id)
      WHERE own.is_handled IS NOT TRUE
    )
    SELECT project_id, days_after(due_by, 1) AS since, 'complaints' AS source_table,
           complaint_id AS record_id, known_at, workers AS weight, workers,
           days_between(received_on, as_of) AS open_days, opened_on, handling_days, extension_days
    FROM timed
    WHERE due_by < as_of
    """,
    measures={
        "complaints": "count(*)",
        "people": "max(workers)",
        "open_days": "max(open_days)",
        "unfiled": "count(*) FILTER (WHERE opened_on IS NULL)",
        "over_term": "count(opened_on)",
        "handling_days": "max(handling_days)",
        "extended_days": "max(handling_days + extension_days)",
    },
)

_CORRECTION_OVERDUE = Rule(
    code="correction_overdue",
    kinds=KINDS,
    # An order never lapses. A county that never reports corrections is left out: a missing report
    # means nothing there.
    facts="""
    SELECT o.project_id, days_after(i.rectify_by, 1) AS since, 'inspections' AS source_table,
           i.inspection_id AS record_id, i.known_at, coalesce(i.amount_owed, 0) AS weight,
           days_between(i.rectify_by, o.as_of) AS late_days, i.amount_owed, i.workers_owed
    FROM obliged o
    JOIN known_inspections i USING (project_id)
    WHERE i.arrears_found AND i.rectified_on IS NULL AND i.rectify_by < o.as_of
      AND i.inspected_on >= o.in_force_from
      AND o.county IN (
        SELECT left(p.region_code, 6) FROM known_inspections x
        JOIN known_projects p USING (project_id) WHERE x.rectified_on IS NOT NULL)
      AND NOT EXISTS (
        SELECT 1 FROM known_inspections later
        WHERE later.project_id = i.project_id AND later.inspected_on > i.inspected_on
          AND NOT later.arrears_found)
    """,
    measures={"orders": "count(*)", "late_days": "max(late_days)"},
)

_NOTICE_BOARD_MISSING = Rule(
    code="notice_board_missing",
    facts="""
    SELECT project_id, CAST(NULL AS DATE) AS since, 'projects' AS source_table,
           project_id AS record_id, known_at, 1 AS weight
    FROM obliged
    WHERE under_way AND NOT notice_board
    """,
    measures={},
)

OVERSIGHT = (_GROUP_COMPLAINT_OPEN, _CORRECTION_OVERDUE, _NOTICE_BOARD_MISSING)
