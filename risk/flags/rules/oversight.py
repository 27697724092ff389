"""Group complaints, orders not obeyed, notice boards (Arts. 10, 42, 34)."""

from risk.flags.rule import Rule
from risk.unit_kinds import KINDS

_GROUP_COMPLAINT_OPEN = Rule(
    code="group_complaint_open",
    feeds=("cases",),
    threshold="days",
    kinds=KINDS,
    # Handled means: the case is closed, unfounded or transferred to the police, or a later
    # inspection found no arrears.
    facts="""
    SELECT o.project_id, days_after(c.received_on, o.days + 1) AS since,
           'complaints' AS source_table, c.complaint_id AS record_id, c.known_at,
           c.workers AS weight, c.workers, o.as_of - c.received_on AS open_days
    FROM obliged o
    JOIN known_complaints c USING (project_id)
    WHERE c.workers >= o.people
      AND c.received_on >= greatest(o.in_force_from, months_after(o.as_of, -o.look_back_months))
      AND days_after(c.received_on, o.days) < o.as_of
      AND NOT EXISTS (
        FROM known_cases k
        WHERE k.status IN ('closed', 'unfounded', 'transferred')
          AND (k.complaint_id = c.complaint_id
               OR k.project_id = c.project_id AND k.opened_on >= c.received_on))
      AND NOT EXISTS (
        FROM known_inspections i
        WHERE i.project_id = c.project_id AND i.inspected_on >= c.received_on
          AND NOT i.arrears_found)
    """,
    measures={
        "complaints": "count(*)",
        "people": "max(workers)",
        "open_days": "max(open_days)",
    },
)

_CORRECTION_OVERDUE = Rule(
    code="correction_overdue",
    kinds=KINDS,
    # A county that never reports corrections is left out: a missing report means nothing there.
    facts="""
    SELECT o.project_id, days_after(i.rectify_by, 1) AS since, 'inspections' AS source_table,
           i.inspection_id AS record_id, i.known_at, coalesce(i.amount_owed, 0) AS weight,
           o.as_of - i.rectify_by AS late_days, i.amount_owed, i.workers_owed
    FROM obliged o
    JOIN known_inspections i USING (project_id)
    WHERE i.arrears_found AND i.rectified_on IS NULL AND i.rectify_by < o.as_of
      AND i.inspected_on >= greatest(o.in_force_from, months_after(o.as_of, -o.look_back_months))
      AND o.county IN (
        SELECT left(p.region_code, 6) FROM known_inspections x
        JOIN known_projects p USING (project_id) WHERE x.rectified_on IS NOT NULL)
      AND NOT EXISTS (
        FROM known_inspections later
        WHERE later.project_id = i.project_id AND later.inspected_on > i.inspected_on
          AND NOT later.arrears_found)
    """,
    measures={"orders": "count(*)", "late_days": "max(late_days)"},
)

_NOTICE_BOARD_MISSING = Rule(
    code="notice_board_missing",
    facts="""
    SELECT project_id, NULL::DATE AS since, 'projects' AS source_table, project_id AS record_id,
           known_at, 1 AS weight
    FROM obliged
    WHERE under_way AND NOT notice_board
    """,
    measures={},
)

OVERSIGHT = (_GROUP_COMPLAINT_OPEN, _CORRECTION_OVERDUE, _NOTICE_BOARD_MISSING)
