"""The base of every failure Wagewatch reports.

Each failure is one small exception class that carries its fields. The wording stands in the
locale catalogue under ``errors.<code>``, in Chinese and English: what was found, what is
allowed, and a hint. A program reads the fields; a person reads :meth:`WagewatchError.message`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from risk.locale import Language, text


class WagewatchError(Exception):
    """A failure with a stable code, named fields and a wording per language.

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
        """The failure in one sentence of ``language``."""
        return text(f"errors.{self.code}", language, **self.fields)

    def __str__(self) -> str:
        return self.message("en")
