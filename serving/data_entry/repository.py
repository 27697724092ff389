"""Uploads, the overview of the records and the accounts of imports in the service database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from serving.data_entry.errors import UploadUnknown
from serving.data_entry.files import StoredFile
from serving.db.engine import utc, writing
from serving.db.pagination import Page, PageRequest, page
from serving.db.tables import DATA_OVERVIEWS, IMPORT_ACCOUNTS, UPLOADED_FILES, UPLOADS

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """Files sent together, and what was done with them."""

    upload_id: str
    created_at: dt.datetime
    created_by: str
    job_id: str | None
    proposal: Sequence[Document] | None
    trial: Document | None
    account: Document | None
    imported_at: dt.datetime | None
    files_deleted_at: dt.datetime | None
    files: tuple[StoredFile, ...]

    @property
    def closed(self) -> bool:
        """Whether the files are gone."""
        return self.files_deleted_at is not None


@dataclass(frozen=True)
class Account:
    """Closing account of an import."""

    import_id: str
    imported_at: dt.datetime
    imported_by: str
    files: Sequence[str]
    account: Document


def add_upload(connection: Connection, upload_id: str, by: str, at: dt.datetime) -> None:
    """Insert an upload without files."""
    values = {"upload_id": upload_id, "created_by": by, "created_at": at}
    connection.execute(insert(UPLOADS).values(values))


def add_file(connection: Connection, upload_id: str, file: StoredFile) -> None:
    """Insert a file of an upload."""
    connection.execute(
        insert(UPLOADED_FILES).values(
            upload_id=upload_id, stored_name=file.stored_name, name=file.name, bytes=file.bytes
        )
    )


def find_upload(connection: Connection, upload_id: str) -> Upload:
    """Return an upload with its files in order of arrival.

    Raises:
        UploadUnknown: there is none.
    """
    row = connection.execute(select(UPLOADS).where(UPLOADS.c.upload_id == upload_id)).first()
    if row is None:
        raise UploadUnknown(upload=upload_id)
    query = select(UPLOADED_FILES).where(UPLOADED_FILES.c.upload_id == upload_id)
    found = connection.execute(query.order_by(UPLOADED_FILES.c.id)).all()
    files = tuple(StoredFile(one.stored_name, one.name, one.bytes) for one in found)
    return _upload(row, files)


def load_upload(engine: Engine, upload_id: str) -> Upload:
    """Return an upload as :func:`find_upload`, in a transaction of its own."""
    with engine.connect() as connection:
        return find_upload(connection, upload_id)


def open_uploads(engine: Engine, most: int = 20) -> list[Upload]:
    """Return the newest uploads that still have files, without their files."""
    query = select(UPLOADS).where(UPLOADS.c.files_deleted_at.is_(None))
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(UPLOADS.c.id.desc()).limit(most)).all()
    return [_upload(row, ()) for row in rows]


def expired_uploads(connection: Connection, before: dt.datetime) -> list[str]:
    """Return the ids of uploads made before a moment that still have files."""
    query = select(UPLOADS.c.upload_id).where(
        UPLOADS.c.files_deleted_at.is_(None), UPLOADS.c.created_at < before
    )
    return list(connection.execute(query).scalars())


def set_upload(connection: Connection, upload_id: str, **values: object) -> None:
    """Set columns of an upload."""
    changed = update(UPLOADS).where(UPLOADS.c.upload_id == upload_id)
    connection.execute(changed.values(**values))


def save_upload(engine: Engine, upload_id: str, **values: object) -> None:
    """Set columns of an upload in a transaction of its own."""
    with writing(engine).begin() as connection:
        set_upload(connection, upload_id, **values)


def newest_overview(engine: Engine) -> Document | None:
    """Return the overview of the records with ``made_at``; None before the first import."""
    query = select(DATA_OVERVIEWS).order_by(DATA_OVERVIEWS.c.id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else {**row.body, "made_at": utc(row.made_at)}


def overview_stamp(engine: Engine) -> str | None:
    """Return the state of the record store that the newest overview shows."""
    query = select(DATA_OVERVIEWS.c.stamp).order_by(DATA_OVERVIEWS.c.id.desc()).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def save_overview(
    engine: Engine, body: Document, stamp: str, accounts: Sequence[Account], at: dt.datetime
) -> None:
    """Replace the overview and add the accounts that are not stored yet."""
    with writing(engine).begin() as connection:
        connection.execute(delete(DATA_OVERVIEWS))
        connection.execute(insert(DATA_OVERVIEWS).values(made_at=at, stamp=stamp, body=dict(body)))
        known = set(connection.execute(select(IMPORT_ACCOUNTS.c.import_id)).scalars())
        for one in accounts:
            if one.import_id not in known:
                connection.execute(insert(IMPORT_ACCOUNTS).values(_columns(one)))


def list_accounts(engine: Engine, request: PageRequest) -> Page[Account]:
    """Return a page of the accounts of imports, newest first."""
    with engine.connect() as connection:
        number = IMPORT_ACCOUNTS.c.id
        rows, after = page(connection, select(IMPORT_ACCOUNTS), number, request, newest_first=True)
    return Page([_account(row) for row in rows], after)


def find_account(engine: Engine, import_id: str) -> Account:
    """Return the account of one import.

    Raises:
        UploadUnknown: there is none.
    """
    query = select(IMPORT_ACCOUNTS).where(IMPORT_ACCOUNTS.c.import_id == import_id)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise UploadUnknown(upload=import_id)
    return _account(row)


def _columns(one: Account) -> dict[str, Any]:
    return {
        "import_id": one.import_id,
        "imported_at": one.imported_at,
        "imported_by": one.imported_by,
        "files": list(one.files),
        "account": dict(one.account),
    }


def _account(row: Row[Any]) -> Account:
    at = utc(row.imported_at)
    return Account(row.import_id, at, row.imported_by, row.files, row.account)


def _upload(row: Row[Any], files: tuple[StoredFile, ...]) -> Upload:
    return Upload(
        upload_id=row.upload_id,
        created_at=utc(row.created_at),
        created_by=row.created_by,
        job_id=row.job_id,
        proposal=row.proposal,
        trial=row.trial,
        account=row.account,
        imported_at=row.imported_at and utc(row.imported_at),
        files_deleted_at=row.files_deleted_at and utc(row.files_deleted_at),
        files=files,
    )
