"""What each role may do. This table is the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the service."""

    INSPECTOR = "inspector"
    BRIEFER = "briefer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    SYSTEM = "system"


class Action(StrEnum):
    """What can be done; every endpoint stands for one."""

    READ_LISTS = "read_lists"
    READ_DRAWS = "read_draws"
    READ_PROJECTS = "read_projects"
    WHAT_IF = "what_if"
    READ_OUTCOMES = "read_outcomes"
    WRITE_OUTCOMES = "write_outcomes"
    READ_FEEDBACK = "read_feedback"
    WRITE_FEEDBACK = "write_feedback"
    READ_NOTES = "read_notes"
    WRITE_NOTES = "write_notes"
    READ_LINKS = "read_links"
    WRITE_LINKS = "write_links"
    WRITE_RECORDS = "write_records"
    READ_BRIEFINGS = "read_briefings"
    READ_INDICATORS = "read_indicators"
    READ_MODELS = "read_models"
    READ_JOBS = "read_jobs"
    RUN_JOBS = "run_jobs"
    READ_NOTICES = "read_notices"
    SEND_NOTICES = "send_notices"
    MANAGE_SUBSCRIPTIONS = "manage_subscriptions"
    READ_AUDIT = "read_audit"
    READ_METRICS = "read_metrics"
    MANAGE_PEOPLE = "manage_people"


_READING = frozenset(
    {
        Action.READ_LISTS,
        Action.READ_PROJECTS,
        Action.READ_OUTCOMES,
        Action.READ_FEEDBACK,
        Action.READ_NOTES,
        Action.READ_LINKS,
        Action.READ_INDICATORS,
        Action.READ_MODELS,
        Action.READ_NOTICES,
    }
)
_ON_SITE = frozenset(
    {Action.WRITE_OUTCOMES, Action.WRITE_FEEDBACK, Action.WRITE_NOTES, Action.WRITE_LINKS}
)

MAY: Mapping[Role, frozenset[Action]] = {
    Role.INSPECTOR: _READING | _ON_SITE,
    Role.BRIEFER: _READING
    | {
        Action.READ_BRIEFINGS,
        Action.WRITE_FEEDBACK,
        Action.WRITE_NOTES,
        Action.SEND_NOTICES,
    },
    Role.SUPERVISOR: frozenset(Action)
    - {
        Action.MANAGE_SUBSCRIPTIONS,
        Action.READ_METRICS,
        Action.WRITE_RECORDS,
        Action.MANAGE_PEOPLE,
    },
    Role.ADMIN: frozenset(Action),
    Role.SYSTEM: _READING
    | _ON_SITE
    | {
        Action.WHAT_IF,
        Action.WRITE_RECORDS,
        Action.READ_BRIEFINGS,
        Action.READ_JOBS,
        Action.READ_METRICS,
    },
}
"""Inspectors must not know which entries were drawn at random, or the draw would tell nothing;
systems pass lists on to inspectors, so they do not learn it either."""
