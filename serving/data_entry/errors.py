"""Refusals of the data page."""

from __future__ import annotations

from http import HTTPStatus

from serving.errors import ApiError


class UploadsUnavailable(ApiError):
    """The service was started without a workspace, so it cannot take files."""

    code = "uploads_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class ImportOfficeWide(ApiError):
    """Only people who may see all regions may import files. Carries ``region``."""

    code = "import_office_wide"
    status = HTTPStatus.FORBIDDEN


class UploadUnknown(ApiError):
    """There is no such upload."""

    code = "upload_unknown"
    status = HTTPStatus.NOT_FOUND


class UploadClosed(ApiError):
    """The files of the upload were imported or deleted."""

    code = "upload_closed"
    status = HTTPStatus.CONFLICT


class UploadBusy(ApiError):
    """A job about the upload has not ended yet."""

    code = "upload_busy"
    status = HTTPStatus.CONFLICT


class UploadEmpty(ApiError):
    """The upload has no files."""

    code = "upload_empty"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class FileNotAccepted(ApiError):
    """The suffix is not that of a record file. Carries ``found`` and ``allowed``."""

    code = "file_not_accepted"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyFiles(ApiError):
    """The upload has as many files as it may have. Carries ``most``."""

    code = "too_many_files"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class UploadTooLarge(ApiError):
    """The files of the upload are too large together. Carries ``most`` in megabytes."""

    code = "upload_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UploadsFull(ApiError):
    """The folder of uploads is full. Carries ``most`` in megabytes."""

    code = "uploads_full"
    status = HTTPStatus.INSUFFICIENT_STORAGE


class RowNotQuarantined(ApiError):
    """The row is not among those shown as quarantined any more."""

    code = "row_not_quarantined"
    status = HTTPStatus.CONFLICT


class CellNotListed(ApiError):
    """The cell is not among those shown as unreadable any more."""

    code = "cell_not_listed"
    status = HTTPStatus.CONFLICT


class MonthInvalid(ApiError):
    """The date of the list is no date, or is too far ahead. Carries ``found``."""

    code = "month_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
