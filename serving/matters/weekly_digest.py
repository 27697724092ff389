"""Weekly digest for webhook subscribers: one event per region and week."""

from __future__ import annotations

import datetime as dt

from serving.audit.repository import add_audit_entries
from serving.auth.principal import OFFICE
from serving.db.database import Database
from serving.db.engine import writing
from serving.events.outbox import list_subscriptions
from serving.events.types import DIGEST
from serving.matters.digest import Audience, build_digest
from serving.matters.events import digest_recorded, record_digest
from serving.matters.sync import rule_audit_entry
from serving.settings import Settings


def queue_weekly_digests(
    database: Database, settings: Settings, on: dt.date, now: dt.datetime
) -> int:
    """Put the digests of this week into the outbox and return their number. Idempotent."""
    wanted = {
        subscription.region
        for subscription, _ in list_subscriptions(database.engine, OFFICE)
        if DIGEST in subscription.types
    }
    week = on - dt.timedelta(days=on.weekday())
    sent = 0
    for region in sorted(wanted):
        with database.engine.connect() as connection:
            if digest_recorded(connection, region, week):
                continue
        digest = build_digest(database, settings, Audience(region), on, now)
        with writing(database.engine).begin() as connection:
            if record_digest(connection, region, week, digest.document(), now):
                entry = rule_audit_entry("send_digest", f"digest?week={week}", region, now)
                add_audit_entries(connection, [entry])
                sent += 1
    return sent
