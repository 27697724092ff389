"""Makes a notice from what is kept with a published list, and keeps it as sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.db.database import Database
from serving.notices.payload import package_of, sealed
from serving.notices.repository import Notice, already_sent, keep_notice, next_number
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import dossier


@dataclass(frozen=True)
class Wish:
    """A notice wanted: about which project, to whom, of which list (None: the newest)."""

    project_id: str
    department: str
    as_of: dt.date | None = None


@dataclass(frozen=True)
class Sender:
    """Who sends, the office in whose name, and when."""

    who: Principal
    by: str
    office: str
    at: dt.datetime


def send(connection: Connection, database: Database, wish: Wish, sender: Sender) -> Notice:
    """The notice as kept; one of the same list sent before is not sent again but given back.

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: there is no such risk in the region.
        NothingToNotify: nothing the records show concerns the department.
    """
    risk = (
        WatchlistRepository(database)
        .project_risk(wish.project_id, wish.as_of, sender.who)
        .document()
    )
    as_of = dt.date.fromisoformat(risk["as_of"])
    digest = next(
        one.digest
        for one in WatchlistRepository(database).summaries()
        if one.as_of == as_of and one.region == risk["region"]
    )
    before = already_sent(connection, wish.department, wish.project_id, digest)
    if before is not None:
        return before
    found = dossier(database.engine, wish.project_id, as_of, sender.who)
    sent_on = sender.at.astimezone().date()
    package = package_of(wish.department, risk, found, digest, sent_on)
    package["number"] = number = next_number(connection)
    package["sender"] = sender.office
    body, own_digest = sealed(package)
    answer_by = dt.date.fromisoformat(package["answer_by"])
    notice = Notice(
        number,
        wish.department,
        wish.project_id,
        risk["region_code"],
        as_of,
        digest,
        answer_by,
        own_digest,
        body,
        sender.by,
        sender.at,
    )
    keep_notice(connection, notice)
    return notice
