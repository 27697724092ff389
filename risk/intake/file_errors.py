"""Why a whole file could not be taken in; nothing of such a file is stored.

Every failure names the file as the person knows it (its name, not its path) and says what was
found and what is allowed. A row that fails is no failure of its file: see ``problems``.
"""

from __future__ import annotations

from risk.errors import WagewatchError


class IntakeFailure(WagewatchError):
    """One file could not be taken in. Always carries ``file``."""

    code = "intake_failure"


class FileMissing(IntakeFailure):
    """There is no such file or folder."""

    code = "file_missing"


class FileUnreadable(IntakeFailure):
    """The system refuses to hand the file out. Carries ``reason``, the system's words."""

    code = "file_unreadable"


class FormatUnsupported(IntakeFailure):
    """The suffix is none of the formats. Carries ``found`` and ``allowed``."""

    code = "format_unsupported"


class OldWorkbook(IntakeFailure):
    """An .xls or .et book, or an encrypted one; it has to be saved as .xlsx first."""

    code = "old_workbook"


class TableUnknown(IntakeFailure):
    """The name of the file says none of the tables. Carries ``allowed``."""

    code = "table_unknown"


class TableAmbiguous(IntakeFailure):
    """The name of the file says several tables at once. Carries ``found`` and ``allowed``."""

    code = "table_ambiguous"


class FileEmpty(IntakeFailure):
    """Not one byte, or not one filled cell."""

    code = "file_empty"


class NotText(IntakeFailure):
    """A CSV file that holds binary data (a PDF, a workbook, UTF-16)."""

    code = "not_text"


class EncodingUnknown(IntakeFailure):
    """Text in none of the allowed encodings. Carries ``allowed``."""

    code = "encoding_unknown"


class QuotesBroken(IntakeFailure):
    """A CSV quotation mark is never closed or closes in mid-cell. Carries ``row``."""

    code = "quotes_broken"


class HeaderMissing(IntakeFailure):
    """No row near the top is the table's header. Carries ``table`` and ``allowed``."""

    code = "header_missing"


class ColumnsMissing(IntakeFailure):
    """Required columns are missing. Carries ``columns`` and ``found``."""

    code = "columns_missing"


class ColumnsTwice(IntakeFailure):
    """Two columns carry the same field. Carries ``columns``."""

    code = "columns_twice"


class UnitUnknown(IntakeFailure):
    """A header names a unit the field has not. Carries ``column``, ``found`` and ``allowed``."""

    code = "unit_unknown"


class WorkbookBroken(IntakeFailure):
    """An .xlsx file that is no workbook or is damaged."""

    code = "workbook_broken"


class WorkbookTooLarge(IntakeFailure):
    """Unpacked, the workbook passes the bound. Carries ``found`` and ``allowed`` in MiB."""

    code = "workbook_too_large"


class ParquetBroken(IntakeFailure):
    """A .parquet file that is none or is damaged."""

    code = "parquet_broken"
