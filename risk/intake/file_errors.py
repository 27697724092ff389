"""Errors that prevent the import of a whole file; nothing of such a file is stored.

Every error carries the file's name (not its path), what was found and what is allowed. Errors of
single rows are in ``row_errors``.
"""

from __future__ import annotations

from risk.errors import WagewatchError
from risk.locale import Language, text


class IntakeFailure(WagewatchError):
    """A file could not be imported. Always carries ``file``."""

    code = "intake_failure"


def with_label(failure: IntakeFailure, file: str, label: str) -> IntakeFailure:
    """``failure`` with ``label`` instead of ``file`` as the name of the file."""
    if failure.fields["file"] != file or file == label:
        return failure
    return type(failure)(**{**failure.fields, "file": label})


class FileMissing(IntakeFailure):
    """The file or folder does not exist."""

    code = "file_missing"


class FileUnreadable(IntakeFailure):
    """The file cannot be read. Carries ``reason``, the system's message."""

    code = "file_unreadable"


class FormatUnsupported(IntakeFailure):
    """The suffix is not that of a supported format. Carries ``found`` and ``allowed``."""

    code = "format_unsupported"


class DocumentUnsupported(IntakeFailure):
    """A text document; its tables belong into a workbook. Carries ``found``, the suffix."""

    code = "document_unsupported"


class OldWorkbook(IntakeFailure):
    """An old workbook that cannot be read (.xls, .et); save it as .xlsx first."""

    code = "old_workbook"


class WorkbookEncrypted(IntakeFailure):
    """The workbook needs a password."""

    code = "workbook_encrypted"


class TableUnknown(IntakeFailure):
    """The file's name contains no table name. Carries ``allowed``."""

    code = "table_unknown"


class TableAmbiguous(IntakeFailure):
    """The file's name contains several table names. Carries ``found`` and ``allowed``."""

    code = "table_ambiguous"


class TableNotRecognised(IntakeFailure):
    """Neither the file's name nor its headers say which table it holds.

    Carries ``found``: the headings of the likely header.
    """

    code = "table_not_recognised"


class TableIncomplete(TableNotRecognised):
    """The file's name says no table, and its headers lack columns of the nearest one.

    Carries ``table``, and which of its columns were ``found`` and are ``missing``.
    """

    code = "table_incomplete"


class SeveralTablesFit(TableNotRecognised):
    """The file's name says no table, and its headers fit several. Carries ``tables``."""

    code = "several_tables_fit"


class SheetsHidden(IntakeFailure):
    """Only hidden sheets hold the table. Carries ``sheets``."""

    code = "sheets_hidden"


class FileEmpty(IntakeFailure):
    """The file has no bytes or no filled cell."""

    code = "file_empty"


class NotText(IntakeFailure):
    """A CSV file contains binary data (a PDF, a workbook, UTF-16)."""

    code = "not_text"


class EncodingUnknown(IntakeFailure):
    """The text is in none of the allowed encodings. Carries ``allowed``."""

    code = "encoding_unknown"


class QuotesBroken(IntakeFailure):
    """A CSV quote is never closed or closes inside a cell. Carries ``row``."""

    code = "quotes_broken"


class HeaderMissing(IntakeFailure):
    """None of the first rows is the table's header.

    Carries ``table``, ``allowed`` and ``found``, the headings of the likely header.
    """

    code = "header_missing"


class ColumnsMissing(IntakeFailure):
    """Required columns are missing. Carries ``columns`` and ``found``."""

    code = "columns_missing"


class OnlyPlanned(ColumnsMissing):
    """A required date is missing, and there is only a planned one.

    Carries ``column``, the heading of the planned date, and ``columns``, the missing field.
    """

    code = "only_planned"


class ColumnsTwice(IntakeFailure):
    """Two columns have the same field. Carries ``columns``."""

    code = "columns_twice"


class UnitUnknown(IntakeFailure):
    """A header has a unit its field does not allow. Carries ``column``, ``found``, ``allowed``."""

    code = "unit_unknown"


class WorkbookBroken(IntakeFailure):
    """An .xlsx file is not a workbook or is damaged."""

    code = "workbook_broken"


class WorkbookTooLarge(IntakeFailure):
    """The unpacked workbook exceeds the limit. Carries ``found`` and ``allowed`` in MiB."""

    code = "workbook_too_large"


class ParquetBroken(IntakeFailure):
    """A .parquet file is not Parquet or is damaged."""

    code = "parquet_broken"


class NoRecordFiles(IntakeFailure):
    """A folder or an archive contains no file that could be read."""

    code = "no_record_files"


class FolderTooLarge(IntakeFailure):
    """A folder has more files than are searched. Carries ``allowed``."""

    code = "folder_too_large"


class ArchiveBroken(IntakeFailure):
    """A .zip file is not an archive or is damaged."""

    code = "archive_broken"


class ArchiveEncrypted(IntakeFailure):
    """A .zip archive needs a password."""

    code = "archive_encrypted"


class ArchiveTooLarge(IntakeFailure):
    """A .zip archive has too many files or bytes. Carries ``found`` and ``allowed``."""

    code = "archive_too_large"


class FileTooHeavy(IntakeFailure):
    """Reading the file needs more memory than allowed. Carries ``allowed`` in MiB."""

    code = "file_too_heavy"


class FileTooSlow(IntakeFailure):
    """Reading the file takes more time than allowed. Carries ``allowed`` in seconds."""

    code = "file_too_slow"


class SheetTooLarge(IntakeFailure):
    """A sheet has too many rows or columns. Carries ``found`` and ``allowed``."""

    code = "sheet_too_large"


class MostRowsRejected(IntakeFailure):
    """Most of the many rows read could not be used.

    Carries ``rejected`` and ``read``; ``alike`` rows have ``problem``, a text per language.
    """

    code = "most_rows_rejected"

    def message(self, language: Language = "en") -> str:
        """Text of the error in ``language``."""
        fields = {**self.fields, "problem": self.fields["problem"][language]}
        return text(f"errors.{self.code}", language, **fields)


class LineTooLong(IntakeFailure):
    """A line of a text file is too long. Carries ``allowed`` in MiB."""

    code = "line_too_long"
