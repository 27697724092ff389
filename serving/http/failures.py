"""Failures of single resources, apart so that they can be told of in one place."""

from __future__ import annotations

from risk.errors import WagewatchError
from risk.locale import Language, text


class _Reasoned(WagewatchError):
    """A failure whose reasons are worded elsewhere, in both languages."""

    def message(self, language: Language = "en") -> str:
        """The failure in one sentence of ``language``."""
        reasons = self.fields[f"reasons_{language}"]
        return text(f"errors.{self.code}", language, reasons=reasons)


class OutcomeInvalid(_Reasoned):
    """Intake would not take the outcome as an inspections record."""

    code = "outcome_invalid"


class RowsUnreadable(_Reasoned):
    """Intake cannot make sense of the rows at all."""

    code = "rows_unreadable"


class SubmissionUnknown(WagewatchError):
    """Whoever asks has sent nothing under this number."""

    code = "submission_unknown"


class SignInFailed(WagewatchError):
    """Name and password do not belong together; which of them is wrong is not said."""

    code = "sign_in_failed"
