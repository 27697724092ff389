"""Audit entries of commands, in the transactions of what they write."""

from __future__ import annotations

import secrets

from sqlalchemy import Engine

from serving.audit.repository import AuditEntry, write_audit_entries
from serving.audit.request_entry import storable_subject
from serving.auth.principal import OFFICE
from serving.auth.roles import Permission
from serving.clock import now
from serving.terminal.context import os_user_name


def record_command(engine: Engine, action: Permission, subject: str) -> None:
    """Store the audit entry of a command whose writes are not in the service database."""
    write_audit_entries(engine, [command_entry(action, subject)])


def command_entry(action: Permission, subject: str, who: str = "") -> AuditEntry:
    """Return the audit entry of a command that does ``subject``.

    Args:
        who: who asked for it; by default, the user of the machine.
    """
    return AuditEntry(
        at=now(),
        request_id=secrets.token_hex(8),
        who=(who or os_user_name())[:200],
        role=OFFICE.name,
        action=action.value,
        method="CLI",
        subject=storable_subject(subject),
        region=OFFICE.region,
        as_of=None,
        list_digest=None,
        model_version=None,
        status=0,
    )
