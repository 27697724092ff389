"""Base class of all errors that Wagewatch reports to people and programs.

Each error is one small exception class with named fields. Its text is in the locale catalogue
under ``errors.<code>``, in Chinese and English: what was found, what is allowed, and a hint.
Programs read ``code`` and ``fields``; people read :meth:`WagewatchError.message`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from risk.locale import Language, text


class WagewatchError(Exception):
    """Error with a stable code, named fields and a text per language.

    Subclasses set ``code`` and pass their fields by keyword::

        class UnknownTable(WagewatchError):
            code = "unknown_table"

        raise UnknownTable(file="x.csv", allowed="projects, payments")
    """

    code: ClassVar[str] = "error"

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields)
        self.fields: Mapping[str, Any] = fields

    def message(self, language: Language = "en") -> str:
        """Text of the error in ``language``."""
        return text(f"errors.{self.code}", language, **self.fields)

    def __str__(self) -> str:
        return self.message("en")
