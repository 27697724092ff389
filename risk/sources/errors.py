"""Errors of sources. Every error carries ``source``, its name, and never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from risk.errors import WagewatchError
from risk.locale import Language, text


class SourceError(WagewatchError):
    """A source cannot be pulled from; a pull stops, and whole units that came before count."""

    code = "source_error"


class UnitRefused(SourceError):
    """The source refuses one unit, for example a method it does not offer; the others go on.

    Carries ``detail``, the source's own message, without secrets.
    """

    code = "unit_refused"


class SourceUnknown(SourceError):
    """No source of this name is configured. Carries ``allowed``."""

    code = "source_unknown"


@dataclass(frozen=True)
class SettingProblem:
    """Setting of a source that is not allowed; ``allowed`` is a key below ``sources.allowed``."""

    setting: str
    found: str
    allowed: str

    def message(self, language: Language) -> str:
        """Return the problem in ``language``."""
        allowed = text(f"sources.allowed.{self.allowed}", language)
        if not self.found:
            return text("sources.setting_missing", language, setting=self.setting, allowed=allowed)
        return text(
            "sources.setting_problem",
            language,
            setting=self.setting,
            found=self.found,
            allowed=allowed,
        )


class SourceInvalid(SourceError):
    """Settings of sources are not valid. Carries ``problems``, all of them."""

    code = "source_invalid"

    def __init__(self, problems: Sequence[SettingProblem]) -> None:
        super().__init__(problems=tuple(problems))

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``, one line per problem."""
        lines = "\n".join(problem.message(language) for problem in self.fields["problems"])
        return text(f"errors.{self.code}", language, problems=lines)


class SecretMissing(SourceError):
    """The secret cannot be read. Carries ``place``: the file or environment variable."""

    code = "source_secret_missing"


class SourceUnavailable(SourceError):
    """The source does not answer, also not after retries. Carries ``reason``."""

    code = "source_unavailable"


class SourceRefused(SourceError):
    """The source refuses all requests, for example for a wrong secret. Carries ``detail``."""

    code = "source_refused"


class PullRunning(SourceError):
    """Another process is pulling from the same source."""

    code = "pull_running"
