"""Findings of a visit: codes of the form and of red flags, and what was written, in one text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from risk.locale import Language, catalogue

FORM_FINDINGS: Mapping[str, frozenset[str]] = {
    "no_contract": frozenset({"workers_without_contract"}),
    "no_attendance": frozenset(),
    "no_roster": frozenset({"payroll_missing"}),
    "paid_in_cash": frozenset({"paid_in_cash"}),
    "no_account": frozenset({"account_missing", "account_not_recorded"}),
    "no_board": frozenset({"notice_board_missing"}),
}
"""Findings of the visit form, and the red flags about the same that are offered in their place."""

_SEPARATOR = ";"


def finding_label(code: str, language: Language) -> str:
    """Return a finding in words; what is no code was written by a person and stays.

    >>> finding_label("no_board", "zh"), finding_label("工人已撤场", "zh")
    ('未见维权信息告示牌', '工人已撤场')
    """
    texts = catalogue(language)
    return texts.get(f"pages.findings.{code}") or texts.get(f"flags.{code}.title", code)


def finding_labels(findings: str | None, language: Language) -> list[str]:
    """Return the findings of a visit in words."""
    return [finding_label(code, language) for code in _codes(findings)]


def offered_findings(
    flagged: Collection[str], recorded: str | None, language: Language
) -> Sequence[tuple[str, str]]:
    """Return the codes and words of the findings that the form offers besides the red flags.

    Those ``recorded`` before are among them, also where their red flag is gone.
    """
    usual = [code for code, flags in FORM_FINDINGS.items() if not flags & set(flagged)]
    gone = [code for code in _codes(recorded) if code not in flagged and code not in usual]
    labelled = [(code, finding_label(code, language)) for code in [*usual, *gone]]
    return [(code, label) for code, label in labelled if label != code]


def _codes(findings: str | None) -> list[str]:
    return [code for part in (findings or "").split(_SEPARATOR) if (code := part.strip())]
