"""Base classes of the errors raised in ``serving``.

Every error class of this package derives from one of the two, so that its HTTP status is a
decision of the class and not of a central table.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from risk.errors import WagewatchError
from risk.locale import Language, catalogue, text


class ApiError(WagewatchError):
    """Base class of errors a client of the HTTP service can receive.

    Attributes:
        status: HTTP status of the response; every subclass sets its own.
    """

    status: ClassVar[HTTPStatus]

    def retry_after(self) -> int | None:
        """Return the seconds after which a retry makes sense; None sends no ``Retry-After``."""
        return None


class ReasonedError(ApiError):
    """Base class of errors whose reasons are texts in both languages.

    The fields are ``reasons_zh`` and ``reasons_en``.
    """

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``."""
        return text(f"errors.{self.code}", language, reasons=self.fields[f"reasons_{language}"])


class CommandError(WagewatchError):
    """Base class of errors of commands and start-up, and of those that a page handles itself.

    If one does reach a client, the response has status 500 and the error is logged.
    """


def page_message(error: WagewatchError, language: Language) -> str:
    """Return the text of ``error`` for people in front of a page.

    Some errors have a text of their own there: the usual one names a command, or is for programs.
    """
    key = f"pages.failures.{error.code}"
    if key not in catalogue(language):
        return error.message(language)
    return text(key, language, **error.fields)
