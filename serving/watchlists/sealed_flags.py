"""Red flags as parts of documents, with texts in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.watchlists.document import EvidenceRef, LocalizedText, SealedFlag

if TYPE_CHECKING:
    from risk.flags import RedFlag


def seal_flag(flag: RedFlag) -> SealedFlag:
    """Return a red flag with its texts in both languages."""
    from risk.flags import describe, grade_of

    zh, en = describe(flag, "zh"), describe(flag, "en")
    return SealedFlag(
        code=flag.code,
        article=flag.article,
        article_label=LocalizedText(zh.article_label, en.article_label),
        title=LocalizedText(zh.title, en.title),
        finding=LocalizedText(zh.finding, en.finding),
        check=LocalizedText(zh.check, en.check),
        evidence=tuple(EvidenceRef(e.table, e.record_id, e.known_at) for e in flag.evidence),
        grade=grade_of(flag.code).value,
    )
