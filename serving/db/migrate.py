"""Migrates a service database to the schema of this version."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from serving.db.engine import DatabaseUnreachable, redacted_url, writing
from serving.db.failures import write_failure
from serving.errors import CommandError

HEAD = "0029"
"""The newest migration, as a constant: reading the files would import Alembic in every command."""


_LOCK = 7_246_170_017
"""Advisory lock of PostgreSQL, held while migrations run."""


class RevisionUnknown(CommandError):
    """This program does not know the revision."""

    code = "revision_unknown"


class DatabaseTooNew(CommandError):
    """The database was migrated by a later version of this program."""

    code = "database_too_new"


def migrate(engine: Engine) -> None:
    """Run all missing migrations in one transaction.

    Raises:
        DatabaseUnreachable: it cannot be opened or is not a service database.
        DBAPIError: it cannot be written, see :func:`serving.db.failures.write_failure`.
        DatabaseTooNew: it has migrations this program does not know.
    """
    url = redacted_url(str(engine.url.render_as_string(hide_password=False)))
    try:
        with engine.connect() as connection:
            if revision(connection) == HEAD:
                return
        with writing(engine).begin() as connection:
            _upgrade(connection, url)
    except DBAPIError as error:
        if write_failure(error) is not None:
            # It is there; the disk is full, or somebody else is writing.
            raise
        raise DatabaseUnreachable(url=url, detail=str(error.orig).partition("\n")[0]) from error


def revision(connection: Connection) -> str | None:
    """Return the revision of the database; None if it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found


def migrate_to(connection: Connection, target: str) -> None:
    """Run the migrations, up or down, to the revision ``target``.

    Raises:
        RevisionUnknown: this program does not know it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "serving.db:migrations")
    config.attributes["connection"] = connection
    is_later = (revision(connection) or "") < target
    try:
        (command.upgrade if is_later else command.downgrade)(config, target)
    except CommandError as error:
        raise RevisionUnknown(revision=target) from error


def _upgrade(connection: Connection, url: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Another process may have migrated while this one waited for the lock.
    found = revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise DatabaseTooNew(url=url)
    migrate_to(connection, HEAD)
