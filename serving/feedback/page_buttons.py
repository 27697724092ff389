"""Verdicts on a score or a reason, as buttons."""

from __future__ import annotations

from risk.locale import Language, text

VERDICTS = ("useful", "wrong", "already_known")


def verdict_labels(language: Language) -> list[tuple[str, str]]:
    """Return the verdicts with the words of their buttons."""
    return [(code, text(f"pages.verdicts.{code}", language)) for code in VERDICTS]
