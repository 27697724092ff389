"""Roles and their permissions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """Role of a user or token."""

    INSPECTOR = "inspector"
    BRIEFER = "briefer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"
    SYSTEM = "system"


class Permission(StrEnum):
    """Permissions; every endpoint requires one. The values are stored and public."""

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
    IMPORT_FILES = "import_files"
    READ_BRIEFINGS = "read_briefings"
    WRITE_BRIEFINGS = "write_briefings"
    READ_INDICATORS = "read_indicators"
    READ_MODELS = "read_models"
    CHANGE_MODELS = "change_models"
    READ_JOBS = "read_jobs"
    RUN_JOBS = "run_jobs"
    READ_NOTICES = "read_notices"
    SEND_NOTICES = "send_notices"
    MANAGE_SUBSCRIPTIONS = "manage_subscriptions"
    READ_AUDIT = "read_audit"
    READ_METRICS = "read_metrics"
    READ_PEOPLE = "read_people"
    MANAGE_PEOPLE = "manage_people"


_READING = frozenset(
    {
        Permission.READ_LISTS,
        Permission.READ_PROJECTS,
        Permission.READ_OUTCOMES,
        Permission.READ_FEEDBACK,
        Permission.READ_NOTES,
        Permission.READ_LINKS,
        Permission.READ_INDICATORS,
        Permission.READ_MODELS,
        Permission.READ_NOTICES,
    }
)
_ON_SITE = frozenset(
    {
        Permission.WRITE_OUTCOMES,
        Permission.WRITE_FEEDBACK,
        Permission.WRITE_NOTES,
        Permission.WRITE_LINKS,
    }
)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.INSPECTOR: _READING | _ON_SITE,
    Role.BRIEFER: _READING
    | {
        Permission.READ_BRIEFINGS,
        Permission.WRITE_BRIEFINGS,
        Permission.IMPORT_FILES,
        Permission.READ_JOBS,
        Permission.WRITE_FEEDBACK,
        Permission.WRITE_NOTES,
        Permission.SEND_NOTICES,
    },
    Role.SUPERVISOR: frozenset(Permission)
    - {
        Permission.MANAGE_SUBSCRIPTIONS,
        Permission.READ_METRICS,
        Permission.WRITE_RECORDS,
        Permission.MANAGE_PEOPLE,
    },
    Role.ADMIN: frozenset(Permission),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT, Permission.READ_PEOPLE}),
    Role.SYSTEM: _READING
    | _ON_SITE
    | {
        Permission.WHAT_IF,
        Permission.WRITE_RECORDS,
        Permission.READ_BRIEFINGS,
        Permission.READ_JOBS,
        Permission.READ_METRICS,
    },
}
"""Permissions of each role. Inspectors must not know which entries were drawn at random, or the
random visits would be biased; systems forward lists to inspectors, so they lack it too."""

SEPARATED: Mapping[Role, frozenset[Permission]] = {
    **PERMISSIONS,
    Role.ADMIN: frozenset(
        {
            Permission.READ_PEOPLE,
            Permission.MANAGE_PEOPLE,
            Permission.MANAGE_SUBSCRIPTIONS,
            Permission.READ_METRICS,
        }
    ),
    Role.SUPERVISOR: PERMISSIONS[Role.SUPERVISOR] - {Permission.READ_AUDIT, Permission.READ_PEOPLE},
}
"""Permissions where administration, audit and work are separated (三权分立, ``[roles] separated``):
administrators neither work with records nor read the audit log; those who work do not read it."""
