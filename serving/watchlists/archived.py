"""Lists whose projects were moved to a file, see :mod:`serving.archives`."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from pathlib import PurePath

from sqlalchemy import ColumnElement, Connection, case, select

from serving.db.tables import LIST_ARCHIVES, WATCHLISTS
from serving.errors import ApiError

RESTORED = "restored"


class ListArchived(ApiError):
    """What is asked of a list was moved to ``file``."""

    code = "list_archived"
    status = HTTPStatus.NOT_FOUND


def archive_of(watchlist_id: ColumnElement[int]) -> ColumnElement[str | None]:
    """The path of the file that a list was moved to, as a column; None if it was not."""
    path = case((LIST_ARCHIVES.c.step == RESTORED, None), else_=LIST_ARCHIVES.c.path)
    return (
        select(path)
        .where(LIST_ARCHIVES.c.watchlist_id == watchlist_id)
        .order_by(LIST_ARCHIVES.c.id.desc())
        .limit(1)
        .correlate_except(LIST_ARCHIVES)
        .scalar_subquery()
    )


def file_name(path: str | None) -> str | None:
    """Return the name of the file at ``path``: the server's folders are nobody's business."""
    return None if path is None else PurePath(path).name


def refuse_archived(as_of: dt.date, archive: str | None) -> None:
    """Check that a list is in the database, not in the file ``archive``.

    Raises:
        ListArchived: it is not.
    """
    if archive is not None:
        raise ListArchived(as_of=as_of, file=file_name(archive))


def require_stored(connection: Connection, as_of: dt.date, *where: ColumnElement[bool]) -> None:
    """Check that no list of ``as_of``, or none that meets the conditions, was archived.

    Raises:
        ListArchived: one was.
    """
    query = select(archive_of(WATCHLISTS.c.id)).where(WATCHLISTS.c.as_of == as_of, *where)
    for path in connection.execute(query.order_by(WATCHLISTS.c.id.desc())).scalars():
        refuse_archived(as_of, path)
