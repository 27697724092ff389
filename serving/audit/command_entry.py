"""Audit entries of commands, in the transactions of what they write."""

from __future__ import annotations

import secrets

from serving.audit.repository import AuditEntry
from serving.audit.request_entry import storable_subject
from serving.auth.principal import OFFICE
from serving.auth.roles import Permission
from serving.clock import now
from serving.terminal.context import os_user_name


def command_entry(action: Permission, subject: str) -> AuditEntry:
    """Return the audit entry of a command that does ``subject``, by the user of the machine."""
    return AuditEntry(
        at=now(),
        request_id=secrets.token_hex(8),
        who=os_user_name()[:200],
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
