"""Errors of the construction-worker platform's interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from risk.locale import Language, text
from risk.sources.errors import SourceError, UnitRefused

_EQUAL_SECONDS = 30
"""Clocks that differ by less are equal."""


@dataclass(frozen=True)
class DialectProblem:
    """Value of a dialect file that is not allowed.

    ``allowed`` is a key below ``sources.dialect`` of the catalogue; ``names`` is filled in there.
    """

    place: str
    found: str
    allowed: str
    names: str = ""

    def message(self, language: Language) -> str:
        """Return the problem in ``language``."""
        allowed = text(f"sources.dialect.{self.allowed}", language, names=self.names)
        if not self.place:
            return allowed
        return text(
            "sources.dialect.problem",
            language,
            place=self.place,
            found=self.found,
            allowed=allowed,
        )


class DialectInvalid(SourceError):
    """A dialect file cannot be used. Carries ``file`` and ``problems``, all of them."""

    code = "dialect_invalid"

    def __init__(self, file: str, problems: Sequence[DialectProblem]) -> None:
        super().__init__(file=file, problems=tuple(problems))

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``, one line per problem."""
        lines = "\n".join(problem.message(language) for problem in self.fields["problems"])
        return text(f"errors.{self.code}", language, file=self.fields["file"], problems=lines)


class SecretRefused(SourceError):
    """The platform refuses the signature or the appid. Carries ``source`` and ``reason``."""

    code = "realname_secret_refused"


class ClockSkewed(SourceError):
    """The platform refuses the time of the request.

    Carries ``source``, ``reason`` and ``seconds``, how far this clock is ahead of the platform's;
    negative if it is behind.
    """

    code = "realname_clock_skewed"

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``."""
        seconds = self.fields["seconds"]
        whole = abs(round(seconds or 0))
        side = "ahead" if (seconds or 0) > 0 else "behind"
        if seconds is None or whole < _EQUAL_SECONDS:
            side = "unknown" if seconds is None else "equal"
        difference = text(f"sources.clock.{side}", language, seconds=whole)
        return text(f"errors.{self.code}", language, **{**self.fields, "difference": difference})


class MethodRefused(UnitRefused):
    """The platform refuses a method for a project. Carries ``method`` and ``reason``."""

    code = "realname_method_refused"


class AnswerUnreadable(UnitRefused):
    """An answer is not of the form of the interface. Carries ``method`` and ``reason``, a code."""

    code = "realname_answer_unreadable"

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``."""
        reason = text(f"sources.answer.{self.fields['reason']}", language)
        return text(f"errors.{self.code}", language, **{**self.fields, "reason": reason})


class AnswerIncomplete(UnitRefused):
    """A query gave another number of rows than it stated. Carries ``method``, ``stated``, ``got``.

    Nothing of the unit is stored.
    """

    code = "realname_answer_incomplete"
