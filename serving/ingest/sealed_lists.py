"""The sealed lists an import must not change, and what it says of undated records after them."""

from __future__ import annotations

from collections.abc import Callable

from risk.contract import TABLES
from risk.intake.report import ImportReport
from risk.locale import Language, text
from risk.store.store import RecordStore
from serving.auth.roles import Permission
from serving.terminal.context import CliContext
from serving.terminal.resources import open_database, open_settings


def seal_recorder(cli: CliContext) -> Callable[[RecordStore], None] | None:
    """A function that records in the open store which lists were sealed.

    None if the office has no service database yet, and so no list.
    """
    settings = open_settings(cli)
    if not settings.database.url and not cli.workspace.service_database.is_file():
        return None

    def record(store: RecordStore) -> None:
        # Imported here: a first import of records needs no database.
        from serving.ingest.seals import record_seals

        with open_database(cli, settings) as database:
            record_seals(store, database)

    return record


def record_import(cli: CliContext, report: ImportReport) -> None:
    """Store the audit entry of an import, unless the office has no service database yet."""
    settings = open_settings(cli)
    if not settings.database.url and not cli.workspace.service_database.is_file():
        return
    from serving.audit.command_entry import record_command

    said = f"import {len(report.files)} files {len(report.failed)} failed"
    with open_database(cli, settings) as database:
        record_command(database.engine, Permission.IMPORT_FILES, said)


def sealed_lines(report: ImportReport, language: Language) -> list[str]:
    """Say which undated records count only after the lists, and which feeds are new to a county."""
    moved = dict.fromkeys(report.tables, 0)
    counties: dict[str, set[str]] = {table: set() for table in report.tables}
    for file in report.files:
        moved[file.table] += file.moved_behind_lists
        counties[file.table] |= set(file.new_feed_in)
    names = {name: table.zh if language == "zh" else name for name, table in TABLES.items()}
    lines = [
        text("cli.import.moved_behind_lists", language, table=names[table], rows=rows)
        for table, rows in moved.items()
        if rows
    ]
    return lines + [
        text(
            "cli.import.new_feed", language, table=names[table], counties=", ".join(sorted(places))
        )
        for table, places in counties.items()
        if places
    ]
