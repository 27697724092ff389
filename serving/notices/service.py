"""Creates and stores notices from published lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from serving.auth.principal import Principal
from serving.clock import office_date
from serving.db.database import Database
from serving.notices.payload import build_payload, seal
from serving.notices.repository import Notice, find_sent, insert_notice, lock_next_number
from serving.watchlists.project_document import kind_of, project_document
from serving.watchlists.repository import WatchlistRepository
from serving.watchlists.snapshot_repository import load_dossier


@dataclass(frozen=True)
class NoticeRequest:
    """A requested notice; ``as_of`` None is the newest list."""

    project_id: str
    department: str
    as_of: dt.date | None = None


@dataclass(frozen=True)
class Author:
    """Author of a notice: principal, recorded name, office, and time."""

    principal: Principal
    name: str
    office: str
    sent_at: dt.datetime


def store_notice(
    connection: Connection, database: Database, request: NoticeRequest, author: Author
) -> Notice:
    """Store a notice and return it; a notice already sent for the same list is returned instead.

    Raises:
        NothingPublished, NotPublished, ProjectNotScored: the region has neither its risk nor a
            case file.
        NothingToNotify: the records show nothing that concerns the department.
    """
    risk = project_document(database, request.project_id, request.as_of, author.principal)
    as_of = dt.date.fromisoformat(risk["as_of"])
    digest = next(
        summary.digest
        for summary in WatchlistRepository(database, kind_of(risk)).summaries()
        if summary.as_of == as_of and summary.region == risk["region"]
    )
    before = find_sent(connection, request.department, request.project_id, digest)
    if before is not None:
        return before
    found = load_dossier(database.engine, request.project_id, as_of, author.principal)
    sent_on = office_date(author.sent_at)
    package = build_payload(request.department, risk, found, digest, sent_on)
    package["number"] = number = lock_next_number(connection)
    package["sender"] = author.office
    body, own_digest = seal(package)
    answer_by = dt.date.fromisoformat(package["answer_by"])
    notice = Notice(
        number,
        request.department,
        request.project_id,
        risk["region_code"],
        as_of,
        digest,
        answer_by,
        own_digest,
        body,
        author.name,
        author.sent_at,
    )
    insert_notice(connection, notice)
    return notice
