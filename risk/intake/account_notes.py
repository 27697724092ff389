"""Notes of the closing account: what an import did by rule, and what it needs a person for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from risk.locale import Language, text


@dataclass(frozen=True)
class Note:
    """One line about a file. Its text is ``intake.note.<code>``, filled in with ``fields``.

    ``needs_answer`` is set if a value was lost or a person has to decide: the import then ends
    with exit code 3.
    """

    code: str
    fields: Mapping[str, str | int] = field(default_factory=dict)
    needs_answer: bool = False

    def message(self, language: Language = "zh") -> str:
        """Text of the note."""
        return text(f"intake.note.{self.code}", language, **self.fields)

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        """JSON-serialisable form, with the text in ``language``."""
        return {
            "code": self.code,
            "fields": dict(self.fields),
            "needs_answer": self.needs_answer,
            "message": self.message(language),
        }
